/**
 * Runs a service on the directory given, on a free port, and prints its address. Ends with its parent.
 *
 * Plain JavaScript over the built package: it starts in a third of a second, and a test starts it many times.
 */

// By its address, since types are checked whether or not the package is built.
const { startService } = await import(new URL('../../dist/service-node.js', import.meta.url).href);
const [directory, publicUrl] = process.argv.slice(2);
if (directory === undefined) throw new Error('Name the directory to serve');
const service = await startService({
  directory,
  limits: { readerIdleTimeoutMs: 400 },
  ...(publicUrl === undefined ? {} : { publicUrl }),
});
console.log(service.url);
// A test that dies must not leave a service behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 1000).unref();
