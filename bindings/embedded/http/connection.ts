/** One connection of the host's as promises: bytes are sent and received one call at a time. */
import type { EmbeddedHost } from '../host.ts';

/** Receives: bytes, or undefined at the end of the connection. */
interface Waiting<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export class Connection {
  readonly #host: EmbeddedHost;
  readonly #number: number;
  #isWritable = false;
  #sending: Waiting<void> | undefined;
  #receiving: Waiting<Uint8Array | undefined> | undefined;
  #isOver = false;
  /** Why it is over; undefined after an end in peace. */
  #failure: unknown;

  constructor(host: EmbeddedHost, hostname: string, port: number, isSecure: boolean) {
    this.#host = host;
    this.#number = host.connect(
      hostname,
      port,
      isSecure,
      () => this.#onWritable(),
      (bytes) => this.#onBytes(bytes),
      (failure) => this.#onClosed(failure),
    );
  }

  /** Resolves when the connection takes more. Rejects with why it is over. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writable();
    this.#isWritable = false;
    this.#host.send(this.#number, wholeBuffer(bytes));
    await this.#writable();
  }

  /** The next bytes; undefined when the other side has ended the connection. Rejects with why it is over. */
  receive(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#isOver) resolve(undefined);
      else {
        this.#receiving = { resolve, reject };
        this.#host.receive(this.#number);
      }
    });
  }

  /** Ends it from this side; who waits is rejected with the reason. */
  close(reason: unknown): void {
    if (this.#isOver) return;
    this.#end(reason);
    try {
      this.#host.close(this.#number);
    } catch {
      // Who waited knows why it is over, and there is nobody else to tell.
    }
  }

  #writable(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) reject(this.#failure ?? new Error('The connection was closed by the other side'));
      else if (this.#isWritable) resolve();
      else this.#sending = { resolve, reject };
    });
  }

  #onWritable(): void {
    this.#isWritable = true;
    const sending = this.#sending;
    this.#sending = undefined;
    sending?.resolve();
  }

  #onBytes(bytes: ArrayBuffer): void {
    if (this.#isOver) return;
    const receiving = this.#receiving;
    this.#receiving = undefined;
    // To drop them would be to read on in the middle of something; to keep them, a buffer without a limit.
    if (receiving === undefined) this.close(new Error('The host gave bytes that were not asked for'));
    else receiving.resolve(new Uint8Array(bytes));
  }

  #onClosed(failure: string): void {
    if (!this.#isOver) this.#end(failure === '' || failure === undefined ? undefined : new Error(failure));
  }

  #end(failure: unknown): void {
    this.#isOver = true;
    this.#failure = failure;
    this.#sending?.reject(failure ?? new Error('The connection was closed by the other side'));
    if (failure === undefined) this.#receiving?.resolve(undefined);
    else this.#receiving?.reject(failure);
    this.#sending = undefined;
    this.#receiving = undefined;
  }
}

/** A buffer with these bytes and nothing else. */
export function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  return buffer.byteLength === byteLength ? (buffer as ArrayBuffer) : bytes.slice().buffer;
}
