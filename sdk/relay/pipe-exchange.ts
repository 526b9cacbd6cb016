/** The client's end of one exchange over a pipe: a request whose body flows while its answer is read. */
import type { PlatformRequest, PlatformResponse } from '../platform.ts';
import { ReceivedBody, SendCredit, sendBody, sendPiece } from './pipe-body.ts';
import {
  decodeCredit,
  decodeJson,
  decodeReset,
  encodeCredit,
  encodeJson,
  encodeReset,
  PIPE_LIMITS,
  PIPE_MESSAGE,
  PIPE_RESET,
  PipeProtocolError,
} from './pipe-message.ts';

export interface ExchangeHost {
  send(type: number, payload?: Uint8Array): void;
  /** The exchange is over, and hears of nothing any more. */
  onOver(): void;
}

/** What the relay sets itself. */
const RELAY_HEADERS: ReadonlySet<string> = new Set(['content-type', 'user-agent', 'host']);

export class ClientExchange {
  /** Resolves with the answer's head; rejects when there will be none. */
  readonly response: Promise<PlatformResponse>;
  readonly #host: ExchangeHost;
  readonly #signal: AbortSignal | undefined;
  readonly #credit = new SendCredit(PIPE_LIMITS.requestWindowBytes);
  readonly #body: ReceivedBody;
  #resolve!: (response: PlatformResponse) => void;
  #reject!: (error: unknown) => void;
  #isOver = false;

  constructor(request: PlatformRequest, host: ExchangeHost) {
    this.#host = host;
    this.#signal = request.signal;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#body = new ReceivedBody(PIPE_LIMITS.responseWindowBytes, {
      grant: (bytes) => host.send(PIPE_MESSAGE.CREDIT, encodeCredit(bytes)),
      onCancel: () => this.#giveUp(new DOMException('The answer was cancelled', 'AbortError')),
    });
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    const headers = Object.entries(request.headers).filter(([name]) => !RELAY_HEADERS.has(name));
    const { method, url } = request;
    const path = new URL(url).pathname;
    host.send(PIPE_MESSAGE.OPEN, encodeJson({ method, path, headers: Object.fromEntries(headers) }));
    void this.#sendBody(request.body);
  }

  /** Throws `PipeProtocolError`. */
  receive(type: number, payload: Uint8Array): void {
    if (type === PIPE_MESSAGE.HEAD) this.#onHead(payload);
    else if (type === PIPE_MESSAGE.DATA) this.#body.push(payload);
    else if (type === PIPE_MESSAGE.CREDIT) this.#credit.add(decodeCredit(payload));
    else if (type === PIPE_MESSAGE.END) {
      this.#body.end();
      this.#over(new Error('The answer ended before its head'));
    } else if (type === PIPE_MESSAGE.RESET) {
      const { code, reason } = decodeReset(payload);
      this.fail(new Error(`The relay gave the request up (${code}): ${reason}`));
    } else throw new PipeProtocolError(`A message of type ${type} for a client`);
  }

  /** The exchange cannot go on. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#body.fail(error);
    this.#over(error);
  }

  #onHead(payload: Uint8Array): void {
    const { status, headers } = decodeJson(payload);
    if (!Number.isInteger(status) || typeof headers !== 'object' || headers === null)
      throw new PipeProtocolError('An answer without status or headers');
    const fields = new Map(Object.entries(headers as Record<string, unknown>));
    this.#resolve({
      status: status as number,
      header: (name) => {
        const value = fields.get(name.toLowerCase());
        return typeof value === 'string' ? value : null;
      },
      body: this.#body.stream,
    });
  }

  async #sendBody(body: PlatformRequest['body']): Promise<void> {
    const send = (piece: Uint8Array): void => this.#host.send(PIPE_MESSAGE.DATA, piece);
    try {
      const isWhole =
        body === undefined ||
        (body instanceof Uint8Array
          ? await sendPiece(body, this.#credit, send)
          : await sendBody(body, this.#credit, send));
      if (isWhole && !this.#isOver) this.#host.send(PIPE_MESSAGE.END);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  readonly #onAbort = (): void => this.#giveUp(this.#signal?.reason);

  #giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.#host.send(PIPE_MESSAGE.RESET, encodeReset(PIPE_RESET.ABORTED, ''));
    this.fail(error);
  }

  /** `error` is what a head that has not come is waited for in vain with. */
  #over(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#credit.close();
    this.#reject(error);
    this.#host.onOver();
  }
}
