/** Tries to start a service on a directory that another process serves; prints the name of what it gets. */

import { startService } from '../../service/host/node.ts';

try {
  await (await startService({ directory: process.argv[2] as string })).close();
  console.log('started');
} catch (error) {
  console.log((error as Error).name);
}
