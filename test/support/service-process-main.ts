/** Runs a service on the directory given, on a free port, and prints its address. Ends with its parent. */
import { startService } from '../../service/host/node.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Name the directory to serve');
const service = await startService({ directory, limits: { readerIdleTimeoutMs: 400 } });
console.log(service.url);
// A test that dies must not leave a service behind.
setInterval(() => process.ppid === 1 && process.exit(1), 1000).unref();
