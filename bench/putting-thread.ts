/** A thread that puts groups of pictures into a shared stream, as many as it is told. */
import { parentPort } from 'node:worker_threads';
import { attachStream } from '../sdk/threads/attached-stream.ts';
import type { StreamToken } from '../sdk/threads/share-message.ts';

/** How a thread puts: several frames on their way, or blocking until each is answered. */
export type Putting = 'worker' | 'blocking-worker';

export interface PuttingOrder {
  readonly token: StreamToken;
  readonly group: readonly Uint8Array[];
  readonly putting: Putting;
  readonly frameUs: number;
  readonly startUs: number;
}

const WINDOW = 32;

parentPort?.once('message', ({ token, group, putting, frameUs, startUs }: PuttingOrder) => {
  const stream = attachStream(token);
  let nextUs = startUs;
  const frameOf = (data: Uint8Array, index: number) => {
    const frame = { data, timestampUs: nextUs, durationUs: frameUs, isKey: index === 0 };
    nextUs += frameUs;
    return frame;
  };
  const put = async (groups: number): Promise<void> => {
    const onTheirWay: Array<Promise<void>> = [];
    for (let round = 0; round < groups; round++) {
      for (const [index, data] of group.entries()) {
        if (putting === 'blocking-worker') {
          while (stream.tryPutFrame(frameOf(data, index)) !== 'stored') throw new Error('A frame was not stored');
          continue;
        }
        onTheirWay.push(stream.putFrame(frameOf(data, index)));
        if (onTheirWay.length >= WINDOW) await onTheirWay.shift();
      }
    }
    await Promise.all(onTheirWay);
  };
  parentPort?.on('message', (groups: number) => void put(groups).then(() => parentPort?.postMessage(groups)));
  parentPort?.postMessage('attached');
});
