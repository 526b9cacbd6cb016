/** Threads whose program is TypeScript: what translates it in the main thread has to be started in each. */
import process from 'node:process';
import { Worker, type WorkerOptions } from 'node:worker_threads';

const TRANSLATOR = import.meta.resolve('tsx/esm/api');

/** Starts a thread with a module of this repository. */
export function typescriptWorker(url: URL, options: WorkerOptions = {}): Worker {
  // Bun runs TypeScript as it is.
  if (process.versions.bun !== undefined) return new Worker(url, options);
  const program = `
    import(${JSON.stringify(TRANSLATOR)}).then(({ register }) => {
      register();
      return import(${JSON.stringify(url.href)});
    });`;
  return new Worker(program, { ...options, eval: true });
}
