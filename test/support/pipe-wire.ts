/** A raw socket in pipe mode: messages of the protocol as they are. */
import { WebSocket } from 'undici';
import { decodeMessage } from '../../sdk/relay/pipe-message.ts';

const LIMIT_MS = 15_000;

export class PipeWire {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  readonly #received: Array<{ readonly type: number; readonly payload: Uint8Array }> = [];
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      this.#received.push(decodeMessage(new Uint8Array(data as ArrayBuffer)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      socket.addEventListener('close', ({ code, reason }) => {
        this.#wake();
        resolve({ code, reason });
      }),
    );
  }

  /** Rejects when the relay refuses. */
  static async open(url: string, token: string, resumeKey: string): Promise<PipeWire> {
    const protocols = ['penstock.relay.v1', `bearer.${token}`, `resume.${resumeKey}`];
    const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols);
    const wire = new PipeWire(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      void wire.closed.then(({ code }) => reject(new Error(`The relay took no connection (${code})`)));
    });
    return wire;
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(message);
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** The payload of the next message of a type; what is of other types is passed over. */
  async next(wanted: number): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(LIMIT_MS);
    signal.addEventListener('abort', () => this.#wake());
    for (;;) {
      const message = this.#received.shift();
      if (message?.type === wanted) return message.payload;
      if (message !== undefined) continue;
      if (signal.aborted || this.#socket.readyState !== WebSocket.OPEN)
        throw new Error(`No message of type ${wanted} came`);
      await new Promise<void>((resolve) => void (this.#wake = resolve));
    }
  }
}
