/** A thread that puts frames into a shared stream as it is told, one call a message; it answers each with what came of it. */
import { parentPort } from 'node:worker_threads';
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
  | { readonly do: 'put-gone-chunk'; readonly timestamp: number }
  | { readonly do: 'call'; readonly name: 'endFragment' | 'flush' | 'close' }
  | { readonly do: 'metadata'; readonly name: string; readonly value: string };

let stream: AttachedStream | undefined;
let token: StreamToken | undefined;

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
    case 'call':
      return attached[command.name]();
    case 'metadata':
      return attached.putFragmentMetadata(command.name, command.value);
    case 'put-gone-chunk': {
      const copyTo = (): void => {
        throw new TypeError('The chunk is closed');
      };
      const { timestamp } = command;
      return attached.putFrame({ type: 'key', timestamp, duration: null, byteLength: 100, copyTo });
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

parentPort?.on('message', ({ id, command }: { readonly id: number; readonly command: PutCommand }) => {
  obey(command).then(
    (result) => parentPort?.postMessage({ id, result }),
    (error: unknown) => parentPort?.postMessage({ id, error: errorToMessage(error) }),
  );
});
