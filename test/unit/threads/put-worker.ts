/** A thread that puts frames into a shared stream as it is told, one call a message; it answers each with what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FrameInput } from '../../../bindings/node/index.ts';
import { type AttachedStream, attachStream } from '../../../sdk/threads/attached-stream.ts';
import { errorToMessage } from '../../../sdk/threads/error-message.ts';
import { PutRing, RING_WORD } from '../../../sdk/threads/put-ring.ts';
import { SharedLock } from '../../../sdk/threads/shared-lock.ts';
import type { StreamToken } from '../../../sdk/threads/share-message.ts';

export type PutCommand =
  | { readonly do: 'attach'; readonly token: StreamToken }
  | { readonly do: 'putFrame'; readonly frames: readonly FrameInput[]; readonly isPipelined?: boolean }
  | { readonly do: 'tryPutFrame'; readonly frame: FrameInput }
  | { readonly do: 'stay-in-copy'; readonly frame: FrameInput; readonly words: SharedArrayBuffer }
  | { readonly do: 'stay-in-lock' }
  | { readonly do: 'attach-again' }
  | { readonly do: 'put-and-close'; readonly frames: readonly FrameInput[] }
  | { readonly do: 'put-abortable'; readonly frames: readonly FrameInput[] }
  | { readonly do: 'put-all'; readonly frames: readonly FrameInput[] }
  | { readonly do: 'put-aborted'; readonly frames: readonly FrameInput[] }
  | { readonly do: 'flush-abortable' }
  | { readonly do: 'abort'; readonly reason: string }
  | { readonly do: 'put-chunk-of'; readonly byteLength: number; readonly timestamp: number }
  | { readonly do: 'put-gone-chunks'; readonly timestamp: number; readonly count: number }
  | { readonly do: 'call'; readonly name: 'endFragment' | 'flush' | 'close' }
  | { readonly do: 'metadata'; readonly name: string; readonly value: string };

let stream: AttachedStream | undefined;
let token: StreamToken | undefined;
let aborting = new AbortController();

/** 'put', or the reason's message. */
async function outcomesOf(puts: ReadonlyArray<Promise<void>>): Promise<string[]> {
  const outcomes = await Promise.allSettled(puts);
  return outcomes.map((put) => (put.status === 'fulfilled' ? 'put' : (put.reason as Error).message));
}

async function obey(command: PutCommand): Promise<unknown> {
  if (command.do === 'attach') {
    token = command.token;
    stream = attachStream(token);
    return stream.name;
  }
  if (stream === undefined) throw new Error('not attached');
  const attached = stream;
  switch (command.do) {
    case 'putFrame':
      if (command.isPipelined === true) await Promise.all(command.frames.map((frame) => attached.putFrame(frame)));
      else for (const frame of command.frames) await attached.putFrame(frame);
      return command.frames.length;
    case 'tryPutFrame':
      return attached.tryPutFrame(command.frame);
    case 'stay-in-copy': {
      // A chunk says itself when its data is copied: this one never comes back.
      const frame = command.frame as Extract<FrameInput, { readonly data: Uint8Array }>;
      const words = new Int32Array(command.words);
      const chunk = {
        type: frame.isKey ? ('key' as const) : ('delta' as const),
        timestamp: frame.timestampUs ?? 0,
        duration: null,
        byteLength: frame.data.length,
        copyTo: (to: Uint8Array) => {
          to.set(frame.data.subarray(0, frame.data.length >> 1));
          Atomics.store(words, 0, 1);
          Atomics.notify(words, 0);
          Atomics.wait(words, 1, 0);
        },
      };
      await attached.putFrame(chunk);
      return undefined;
    }
    case 'attach-again':
      return attachStream(token as StreamToken).name;
    case 'put-and-close': {
      const puts = command.frames.map((frame) => attached.putFrame(frame));
      await attached.close();
      return (await Promise.allSettled(puts)).filter(({ status }) => status === 'fulfilled').length;
    }
    case 'put-all':
      return outcomesOf(command.frames.map((frame) => attached.putFrame(frame)));
    case 'put-abortable':
      aborting = new AbortController();
      return outcomesOf(command.frames.map((frame) => attached.putFrame(frame, { signal: aborting.signal })));
    case 'put-aborted': {
      const signal = AbortSignal.abort(new Error('before'));
      return outcomesOf(command.frames.map((frame) => attached.putFrame(frame, { signal })));
    }
    case 'flush-abortable':
      aborting = new AbortController();
      return (await outcomesOf([attached.flush({ signal: aborting.signal })]))[0];
    case 'abort':
      return aborting.abort(new Error(command.reason));
    case 'put-chunk-of': {
      const { byteLength, timestamp } = command;
      const copyTo = (to: Uint8Array): void => void to.fill(0xff);
      return attached.putFrame({ type: 'key', timestamp, duration: null, byteLength, copyTo });
    }
    case 'call':
      return attached[command.name]();
    case 'metadata':
      return attached.putFragmentMetadata(command.name, command.value);
    case 'put-gone-chunks': {
      const copyTo = (): void => {
        throw new TypeError('The chunk is closed');
      };
      const { timestamp, count } = command;
      const chunk = { type: 'key' as const, timestamp, duration: null, byteLength: 100, copyTo };
      return outcomesOf(Array.from({ length: count }, () => attached.putFrame(chunk)));
    }
    case 'stay-in-lock': {
      // As a call into the core that never returns.
      const { lock: memory, ring, port } = token as StreamToken;
      const lock = new SharedLock(new Int32Array(memory));
      new PutRing(ring).set(RING_WORD.lockId, lock.id);
      lock.lock();
      parentPort?.postMessage('locked');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return port;
    }
  }
}

const obeyed = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', ({ id, command }: { readonly id: number; readonly command: PutCommand }) => {
  obey(command).then(
    (result) => parentPort?.postMessage({ id, result }),
    (error: unknown) => parentPort?.postMessage({ id, error: errorToMessage(error) }),
  );
  Atomics.add(obeyed, 0, 1);
  Atomics.notify(obeyed, 0);
});
