/** The load of two threads in a process of Node or Bun: as `test/deno/threads.ts`. */
import process from 'node:process';
import { createProducer } from '../../bindings/node/index.ts';
import { typescriptWorker } from '../support/typescript-worker.ts';
import { type LoadTask, runLoad } from './load.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as LoadTask;
const result = await runLoad(task, createProducer, () => {
  const worker = typescriptWorker(new URL('load-worker.ts', import.meta.url));
  return {
    onMessage: (listener) => void worker.on('message', listener),
    send: (order, transfer) => worker.postMessage(order, transfer as never),
    end: () => worker.terminate(),
  };
});
console.log(JSON.stringify(result));
