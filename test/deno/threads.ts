/** The load of two threads inside Deno: the task comes as the first argument, the result goes to standard output as JSON. */
import { createProducer } from '../../bindings/deno/mod.ts';
import { type LoadMessage, type LoadTask, runLoad } from '../threads/load.ts';

const task: LoadTask = JSON.parse(Deno.args[0] ?? '{}');
const result = await runLoad(task, createProducer, () => {
  const worker = new Worker(new URL('../threads/load-worker.ts', import.meta.url).href, { type: 'module' });
  return {
    onMessage: (listener) => (worker.onmessage = ({ data }: MessageEvent<LoadMessage>) => listener(data)),
    send: (order, transfer) => worker.postMessage(order, transfer),
    end: () => worker.terminate(),
  };
});
console.log(JSON.stringify(result));
