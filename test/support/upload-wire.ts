/** An upload session over a stream of plain bytes, with the service's side of its connection. */
import type { FragmentAck } from '../../sdk/producer/acks.ts';
import { type SessionEnd, type SessionSource, UploadSession } from '../../sdk/producer/upload-session.ts';
import { ScriptedPlatform } from './scripted-platform.ts';

export const REQUEST = { method: 'POST' as const, url: 'http://127.0.0.1:1/putMedia', headers: {} };
/** After so long without progress a connection is given up. */
export const STALL_MS = 1_000;

/** A stream of plain bytes. */
export class Source implements SessionSource {
  readonly expectsAcks = true;
  pending = new Uint8Array(0);
  complete = false;
  ackOwed = false;
  handingOver = false;
  connected = 0;
  readonly acks: FragmentAck[] = [];
  readonly badAcks: string[] = [];
  endOnAck: SessionEnd | undefined;

  put(text: string): void {
    this.pending = new Uint8Array([...this.pending, ...new TextEncoder().encode(text)]);
  }
  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.pending.length);
    into.set(this.pending.subarray(0, count));
    this.pending = this.pending.slice(count);
    return count;
  }
  isComplete(): boolean {
    return this.complete;
  }
  isHandingOver(): boolean {
    return this.handingOver;
  }
  unsentBytes(): number {
    return this.pending.length;
  }
  isAckOwed(): boolean {
    return this.ackOwed;
  }
  onConnected(): void {
    this.connected++;
  }
  onAck(ack: FragmentAck): SessionEnd | undefined {
    this.acks.push(ack);
    return this.endOnAck;
  }
  onAckError(error: { readonly code: string }): void {
    this.badAcks.push(error.code);
  }
}

/** The service's side of the connection. */
export class Wire {
  readonly platform = new ScriptedPlatform();
  readonly source = new Source();
  readonly session = new UploadSession(this.platform, this.source, STALL_MS);
  readonly end: Promise<SessionEnd>;
  ended: SessionEnd | undefined;
  received = '';
  bodyEnd: 'open' | 'closed' | 'error' = 'open';
  responder!: ReadableStreamDefaultController<Uint8Array>;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(answer: { readonly status?: number; readonly body?: string } | 'silent' = {}) {
    this.platform.on('/putMedia', (request) => {
      this.#reader = (request.body as ReadableStream<Uint8Array>).getReader();
      if (answer === 'silent') return new Promise<never>(() => undefined);
      if (answer.status !== undefined) return answer;
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.responder = controller) });
      request.signal?.addEventListener('abort', () => {
        try {
          this.responder.error(request.signal?.reason);
        } catch {
          // The response had ended.
        }
      });
      return { body };
    });
    this.end = this.session.run(REQUEST);
    void this.end.then((end) => (this.ended = end));
  }

  /** The network takes pieces until none is ready. */
  async pull(): Promise<void> {
    await this.platform.idle();
    let isReady = true;
    while (isReady && this.bodyEnd === 'open') {
      isReady = false;
      const read = this.#reader?.read();
      void read?.then(
        ({ done, value }) => {
          isReady = !done;
          if (done) this.bodyEnd = 'closed';
          else this.received += new TextDecoder().decode(value);
        },
        () => (this.bodyEnd = 'error'),
      );
      await this.platform.idle();
    }
  }

  /** The network takes one piece. */
  async pullOne(): Promise<void> {
    await this.platform.idle();
    const piece = await this.#reader?.read();
    this.received += new TextDecoder().decode(piece?.value);
  }

  async answer(text: string): Promise<void> {
    this.responder.enqueue(new TextEncoder().encode(text));
    await this.platform.idle();
  }
}
