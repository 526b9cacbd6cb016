/** A thread that owns a shared stream, and does nothing more once it has handed it out. */
import { parentPort } from 'node:worker_threads';
import { openShared } from './shared-media.ts';

const { stream } = await openShared();
const { token, transfer } = stream.share();
parentPort?.postMessage(token, transfer as never);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
