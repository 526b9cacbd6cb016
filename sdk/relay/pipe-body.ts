/** Bodies that cross a pipe under credit: neither side keeps more of them than a window. */
import { Wakeup } from '../producer/wakeup.ts';
import { BodyPieces } from './body-pieces.ts';
import { PIPE_CLOSE, PIPE_LIMITS, PipeProtocolError } from './pipe-message.ts';

/** The most that credit can add up to; beyond it, more makes no difference. */
const MAX_CREDIT_BYTES = 2 ** 32;

/** What may be sent now. One task waits for it. */
export class SendCredit {
  #leftBytes: number;
  #isClosed = false;
  /** Called when the credit is closed. */
  onClose: (() => void) | undefined;
  readonly #wakeup = new Wakeup();

  constructor(windowBytes: number) {
    this.#leftBytes = windowBytes;
  }

  get leftBytes(): number {
    return this.#leftBytes;
  }

  add(bytes: number): void {
    this.#leftBytes = Math.min(this.#leftBytes + bytes, MAX_CREDIT_BYTES);
    this.#wakeup.notify();
  }

  /** Nothing will be sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#wakeup.notify();
    this.onClose?.();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Waits until something may be sent; false when nothing will. */
  async some(): Promise<boolean> {
    while (!this.#isClosed && this.#leftBytes === 0) await this.#wakeup.wait();
    return !this.#isClosed;
  }

  spend(bytes: number): void {
    this.#leftBytes -= bytes;
  }
}

/**
 * Sends a body in pieces as credit allows, reading none of it before there is some. Resolves to true when all of it was sent, to false when
 * the credit was closed before; the body is then cancelled. Rejects with what the body failed with.
 */
export async function sendBody(
  body: ReadableStream<Uint8Array>,
  credit: SendCredit,
  send: (piece: Uint8Array) => void,
): Promise<boolean> {
  const reader = body.getReader();
  // What a body that is not wanted any more says to that is of no use to anybody.
  credit.onClose = () => void reader.cancel().catch(() => undefined);
  while (await credit.some()) {
    const { done, value } = await reader.read();
    if (credit.isClosed) break;
    if (done) return true;
    if (!(await sendPiece(value, credit, send))) break;
  }
  return false;
}

/** Sends one piece, in several messages where it has to be. False when the credit was closed before its end. */
export async function sendPiece(
  piece: Uint8Array,
  credit: SendCredit,
  send: (piece: Uint8Array) => void,
): Promise<boolean> {
  for (let at = 0; at < piece.length;) {
    if (!(await credit.some())) return false;
    const sizeBytes = Math.min(piece.length - at, credit.leftBytes, PIPE_LIMITS.dataBytes);
    credit.spend(sizeBytes);
    send(piece.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  return true;
}

export interface ReceivedBodyHost {
  /** Lets the other side send as many bytes more. */
  grant(bytes: number): void;
  /** Waits until as many bytes may be handed on. */
  pace?(bytes: number): Promise<void>;
  /** The reader wants no more. */
  onCancel(): void;
}

/** A body that comes in by messages and is read as a stream; what was read is granted anew, in portions of half a window. */
export class ReceivedBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #windowBytes: number;
  readonly #host: ReceivedBodyHost;
  readonly #wakeup = new Wakeup();
  readonly #pieces = new BodyPieces();
  #allowedBytes: number;
  #readBytes = 0;
  #isComplete = false;
  #failure: { readonly error: unknown } | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor(windowBytes: number, host: ReceivedBodyHost) {
    this.#windowBytes = windowBytes;
    this.#allowedBytes = windowBytes;
    this.#host = host;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#onCancel(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Throws `PipeProtocolError` when there was no credit for it, or the body is complete. */
  push(piece: Uint8Array): void {
    if (this.#isComplete) throw new PipeProtocolError('A body goes on after its end');
    this.#allowedBytes -= piece.length;
    if (this.#allowedBytes < 0) throw new PipeProtocolError('More body than there was credit for', PIPE_CLOSE.FLOW);
    if (this.#failure !== undefined || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#wakeup.notify();
  }

  end(): void {
    this.#isComplete = true;
    this.#wakeup.notify();
  }

  /** Fails the stream at once: what waits is not worth reading. */
  fail(error: unknown): void {
    if (this.#failure !== undefined || (this.#isComplete && this.#pieces.count === 0)) return;
    this.#failure = { error };
    this.#pieces.clear();
    // A stream that fails from outside a pull tells its reader at once.
    this.#controller.error(error);
    this.#wakeup.notify();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#pieces.count === 0 && !this.#isComplete && this.#failure === undefined) await this.#wakeup.wait();
    const piece = this.#pieces.shift();
    if (piece === undefined) {
      if (this.#failure === undefined) controller.close();
      return;
    }
    await this.#host.pace?.(piece.length);
    if (this.#failure !== undefined) return;
    controller.enqueue(piece);
    this.#grant(piece.length);
  }

  #grant(bytes: number): void {
    this.#readBytes += bytes;
    if (this.#isComplete || this.#readBytes < this.#windowBytes >> 1) return;
    this.#allowedBytes += this.#readBytes;
    this.#host.grant(this.#readBytes);
    this.#readBytes = 0;
  }

  #onCancel(): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error: undefined };
    this.#pieces.clear();
    this.#wakeup.notify();
    this.#host.onCancel();
  }
}
