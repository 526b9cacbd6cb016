/** Serves the directory given and prints the address, until it is killed or its parent is gone. */

import { startService } from '../../service/host/node.ts';

const service = await startService({
  directory: process.argv[2] as string,
  limits: { readerIdleTimeoutMs: 100 },
  log: () => undefined,
});
console.log(service.url);
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 1000).unref();
