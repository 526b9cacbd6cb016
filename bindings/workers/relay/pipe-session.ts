/** The relay's pipe: a client runs the whole producer, and its exchanges with the service come over one WebSocket, signed here. docs/relay-pipe.md. */
import { delay } from '../../../sdk/aws/backoff.ts';
import type { Timer } from '../../../sdk/platform.ts';
import {
  decodeJson,
  decodeMessage,
  encodeMessage,
  PIPE_CLOSE,
  PIPE_LIMITS,
  PIPE_MESSAGE,
  PipeProtocolError,
} from '../../../sdk/relay/pipe-message.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import type { RelayGrant } from './grant.ts';
import { RelayExchange } from './pipe-exchange.ts';
import { PIPE_REFUSAL, PipeRefusal } from './pipe-requests.ts';
import { CALLS_PER_SECOND, MESSAGES_PER_SECOND, PipeRates } from './pipe-rates.ts';
import { type PipeContext, PipeService } from './pipe-service.ts';
import { wordsForLog } from './service-words.ts';

export type { PipeContext } from './pipe-service.ts';

/** A WebSocket that was accepted: workerd's, or any other. */
export interface ServerSocket {
  binaryType?: string;
  send(message: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close' | 'error', listener: () => void): void;
}

/** A client pings after 10 s of silence; a page in the background may have its timers held back by a minute. */
const SILENCE_MS = 90_000;

/** What outlives a socket of a client. */
export interface PipeClient {
  /** Aborted when the same client has come with another socket. */
  readonly takenOver?: AbortSignal;
  /** @default rates of this socket's own */
  readonly rates?: PipeRates;
}

/**
 * Serves one client until its socket closes, the grant expires, or another socket takes its place. Throws `KvsError` for a region or endpoint that
 * cannot be; never rejects.
 */
export function servePipe(
  socket: ServerSocket,
  grant: RelayGrant,
  context: PipeContext,
  { takenOver, rates = new PipeRates(context.platform, grant.maxBitrateBps) }: PipeClient = {},
): Promise<void> {
  const session = new PipeSession(socket, grant, context, rates);
  takenOver?.addEventListener('abort', () => session.giveWay(), { once: true });
  return session.closed;
}

class PipeSession {
  readonly closed: Promise<void>;
  readonly #socket: ServerSocket;
  readonly #grant: RelayGrant;
  readonly #context: PipeContext;
  readonly #service: PipeService;
  readonly #rates: PipeRates;
  readonly #exchanges = new Map<number, RelayExchange>();
  readonly #expiry: Timer;
  #silence: Timer;
  #hasHeard = false;
  #lastExchange = 0;
  #isClosed = false;
  #resolveClosed!: () => void;

  constructor(socket: ServerSocket, grant: RelayGrant, context: PipeContext, rates: PipeRates) {
    const { platform } = context;
    this.#service = new PipeService(grant, context);
    this.#socket = socket;
    this.#grant = grant;
    this.#context = context;
    this.#rates = rates;
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#expiry = platform.setTimer(Math.max(grant.expiresAtMs - platform.now(), 0), () =>
      this.#close(PIPE_CLOSE.EXPIRED, 'The grant has expired'),
    );
    this.#silence = this.#listenFor();
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#onMessage(data));
    socket.addEventListener('close', () => this.#close(PIPE_CLOSE.DONE, ''));
    socket.addEventListener('error', () => this.#close(PIPE_CLOSE.DONE, ''));
  }

  /** Closes a socket that may be half open: nothing is awaited of its other end. */
  giveWay(): void {
    const { closeCode, closeReason } = new RelayError('session-taken-over', 'the same client has connected again');
    this.#close(closeCode, closeReason);
  }

  #onMessage(data: unknown): void {
    if (this.#isClosed) return;
    this.#hasHeard = true;
    try {
      if (!(data instanceof ArrayBuffer)) throw new PipeProtocolError('A message of text');
      const { type, exchange, payload } = decodeMessage(new Uint8Array(data));
      // Bodies are held by credit and bit rate; what is answered without either is not to fill the memory for a client that does not read.
      if (type !== PIPE_MESSAGE.DATA && !this.#rates.messages.tryTake(1))
        throw new PipeProtocolError(`More than ${MESSAGES_PER_SECOND} messages a second`, PIPE_CLOSE.FLOW);
      if (type === PIPE_MESSAGE.PING) this.#send(PIPE_MESSAGE.PONG, 0);
      else if (type === PIPE_MESSAGE.OPEN) this.#open(exchange, payload);
      else if (exchange > this.#lastExchange) throw new PipeProtocolError(`Exchange ${exchange} was not begun`);
      // What comes for an exchange that is over was sent before the client knew.
      else this.#exchanges.get(exchange)?.receive(type, payload);
    } catch (error) {
      if (!(error instanceof PipeProtocolError)) throw error;
      this.#close(error.closeCode, error.message);
    }
  }

  #open(id: number, head: Uint8Array): void {
    if (id <= this.#lastExchange) throw new PipeProtocolError(`Exchange ${id} after exchange ${this.#lastExchange}`);
    const fields = decodeJson(head);
    this.#lastExchange = id;
    const { platform, createStream = false } = this.#context;
    const isTooMany = this.#exchanges.size >= PIPE_LIMITS.exchanges;
    const exchange = new RelayExchange({
      grant: this.#grant,
      service: this.#service,
      mayCreate: createStream,
      send: (type, payload) => this.#send(type, id, payload),
      pace: async (bytes, signal) => {
        const waitMs = this.#rates.bits.take(bytes * 8);
        if (waitMs > 0) await delay(this.#context.platform, waitMs, signal);
      },
      admit: () => this.#admit(isTooMany),
      onTrouble: (error) => {
        const { streamName: stream } = this.#grant;
        platform.log('warn', 'An exchange of a pipe has failed', { stream, error: wordsForLog(error) });
      },
    });
    this.#exchanges.set(id, exchange);
    void exchange.run(fields).finally(() => this.#exchanges.delete(id));
  }

  #admit(isTooMany: boolean): void {
    if (isTooMany)
      throw new PipeRefusal(PIPE_REFUSAL.EXCHANGES, `The relay carries ${PIPE_LIMITS.exchanges} exchanges at a time`);
    if (!this.#rates.calls.tryTake(1))
      throw new PipeRefusal(PIPE_REFUSAL.CALLS, `More than ${CALLS_PER_SECOND} calls a second`);
  }

  #listenFor(): Timer {
    return this.#context.platform.setTimer(SILENCE_MS, () => {
      if (!this.#hasHeard) return this.#close(PIPE_CLOSE.SILENT, `Nothing was heard for ${SILENCE_MS} ms`);
      this.#hasHeard = false;
      this.#silence = this.#listenFor();
    });
  }

  #send(type: number, exchange: number, payload?: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#socket.send(encodeMessage(type, exchange, payload));
    } catch {
      // A socket that is closing already: its event comes.
    }
  }

  #close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#expiry.cancel();
    this.#silence.cancel();
    for (const exchange of this.#exchanges.values()) exchange.end();
    try {
      this.#socket.close(code, reason);
    } catch {
      // The other side has closed it.
    }
    this.#resolveClosed();
  }
}
