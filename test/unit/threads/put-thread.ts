/** A thread that puts frames, as a test commands it. */
import type { Worker } from 'node:worker_threads';
import type { FrameInput, PutResult, StreamShare } from '../../../bindings/node/index.ts';
import { type ErrorMessage, errorFromMessage } from '../../../sdk/threads/error-message.ts';
import { typescriptWorker } from '../../support/typescript-worker.ts';
import type { PutCommand } from './put-worker.ts';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: ErrorMessage;
}

export class PutThread {
  /** Word 0: commands that the thread has begun with. */
  readonly #obeyed = new Int32Array(new SharedArrayBuffer(4));
  readonly worker: Worker = typescriptWorker(new URL('put-worker.ts', import.meta.url), {
    workerData: this.#obeyed.buffer,
  });
  readonly #calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #calledLast = 0;

  constructor() {
    this.worker.on('message', ({ id, result, error }: Answer) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(errorFromMessage(error));
    });
    this.worker.on('error', (error) => this.#calls.forEach(({ reject }) => reject(error)));
  }

  /** A thread that is attached to a stream. */
  static async attach({ token, transfer }: StreamShare): Promise<PutThread> {
    const thread = new PutThread();
    await thread.call({ do: 'attach', token }, transfer);
    return thread;
  }

  call(command: PutCommand, transfer: readonly Transferable[] = []): Promise<unknown> {
    const id = ++this.#calledLast;
    this.worker.postMessage({ id, command }, transfer as never);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  putFrames(frames: readonly FrameInput[], isPipelined = false): Promise<unknown> {
    return this.call({ do: 'putFrame', frames, isPipelined });
  }

  tryPutFrame(frame: FrameInput): Promise<PutResult> {
    return this.call({ do: 'tryPutFrame', frame }) as Promise<PutResult>;
  }

  /** Blocks until the thread has begun with so many commands since it came to be. */
  waitUntilObeyed(commands: number): void {
    for (let seen = 0; seen < commands; seen = Atomics.load(this.#obeyed, 0))
      if (Atomics.wait(this.#obeyed, 0, seen, 10_000) === 'timed-out') throw new Error('The thread does not obey');
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
