/** The JavaScript heap, as far as a row has to rule over it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects everything that can be collected, at once. */
export const collectGarbage = runInNewContext('gc') as () => void;

/** Collects until nothing more is freed: finalizers, and promises that are still to be settled, hold on to garbage for a while. */
export async function settleHeap(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
  }
}

/** Objects, and the buffers that they hold outside of the heap; bytes. The core's memory is not among them. */
export function javaScriptBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
