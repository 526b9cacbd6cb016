/** One WebSocket to a relay, as a client sees it: the exchanges over it, whether it is alive, and its end when nobody needs it. */
import type { Platform, PlatformRequest, PlatformResponse, Timer } from '../platform.ts';
import { ClientExchange } from './pipe-exchange.ts';
import { decodeMessage, encodeMessage, PIPE_CLOSE, PIPE_MESSAGE, PipeProtocolError } from './pipe-message.ts';

/** An open socket. Sending over one that is closed does nothing. */
export interface PipeSocket {
  send(message: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

export interface PipeSocketEvents {
  onMessage(message: Uint8Array): void;
  /** Once, whoever closed it. */
  onClose(code: number, reason: string): void;
}

export type LinkPlatform = Pick<Platform, 'setTimer'>;

/** A socket over which nothing came for as long is asked, and given up after as long again, milliseconds. */
const SILENCE_MS = 10_000;
/** A socket without an exchange is closed after this, milliseconds: the calls of a producer follow each other faster. */
const IDLE_MS = 5_000;

export class PipeLink implements PipeSocketEvents {
  readonly #platform: LinkPlatform;
  readonly #exchanges = new Map<number, ClientExchange>();
  #socket: PipeSocket | undefined;
  #lastExchange = 0;
  #timer: Timer | undefined;
  #hasHeard = false;
  #hasSent = false;
  #isAsked = false;
  #end: { readonly error: Error } | undefined;

  constructor(platform: LinkPlatform) {
    this.#platform = platform;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** The socket is open. */
  attach(socket: PipeSocket): void {
    this.#socket = socket;
    this.#watch();
  }

  fetch(request: PlatformRequest): Promise<PlatformResponse> {
    if (this.#end !== undefined) return Promise.reject(this.#end.error);
    const id = ++this.#lastExchange;
    const isFirst = this.#exchanges.size === 0;
    const exchange = new ClientExchange(request, {
      send: (type, payload) => this.#send(type, id, payload),
      onOver: () => {
        this.#exchanges.delete(id);
        if (this.#exchanges.size === 0) this.#watch();
      },
    });
    this.#exchanges.set(id, exchange);
    if (isFirst) this.#watch();
    return exchange.response;
  }

  onMessage(message: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#hasHeard = true;
    try {
      const { type, exchange, payload } = decodeMessage(message);
      // What comes for an exchange that is over was sent before the relay knew.
      if (type !== PIPE_MESSAGE.PONG) this.#exchanges.get(exchange)?.receive(type, payload);
    } catch (error) {
      if (!(error instanceof PipeProtocolError)) throw error;
      this.#giveUp(error);
    }
  }

  onClose(code: number, reason: string): void {
    this.#over(new Error(`The relay's socket was closed (${code})${reason === '' ? '' : `: ${reason}`}`));
  }

  /** Starts the one timer that there is: for silence while there are exchanges, and for idleness. */
  #watch(): void {
    this.#timer?.cancel();
    if (this.#end !== undefined) return;
    this.#hasHeard = false;
    this.#hasSent = false;
    this.#isAsked = false;
    if (this.#exchanges.size > 0) this.#timer = this.#platform.setTimer(SILENCE_MS, () => this.#onQuiet());
    else this.#timer = this.#platform.setTimer(IDLE_MS, () => this.#giveUp(new Error('The link was idle')));
  }

  /** Asks whoever is silent, and lets a relay hear of a client that only listens. */
  #onQuiet(): void {
    if (this.#hasHeard && this.#hasSent) return this.#watch();
    if (!this.#hasHeard && this.#isAsked)
      return this.#giveUp(new Error(`No sign of life from the relay for ${2 * SILENCE_MS} ms`));
    this.#send(PIPE_MESSAGE.PING, 0);
    this.#hasHeard = false;
    this.#hasSent = false;
    this.#isAsked = true;
    this.#timer = this.#platform.setTimer(SILENCE_MS, () => this.#onQuiet());
  }

  #send(type: number, exchange: number, payload?: Uint8Array): void {
    this.#hasSent = true;
    this.#socket?.send(encodeMessage(type, exchange, payload));
  }

  #giveUp(error: Error): void {
    this.#over(error);
    this.#socket?.close(error instanceof PipeProtocolError ? error.closeCode : PIPE_CLOSE.DONE, error.message);
  }

  #over(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#timer?.cancel();
    for (const exchange of [...this.#exchanges.values()]) exchange.fail(error);
  }
}
