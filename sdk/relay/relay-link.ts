/** One connection to the relay: opened, greeted, watched, closed. */
import type { Platform, Timer } from '../platform.ts';
import { encodeClientMessage, type HelloMessage } from './client-message.ts';
import { type RelayError, refusalOf } from './refusals.ts';
import { decodeRelayMessage, type RelayMessage } from './relay-message.ts';
import type { OpenRelaySocket, RelaySocket } from './relay-socket.ts';

export interface RelayLinkOptions {
  readonly platform: Pick<Platform, 'setTimer'>;
  readonly openSocket: OpenRelaySocket;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly hello: () => HelloMessage;
  /** The first one is the welcome: from there on the link can send. */
  readonly onMessage: (message: RelayMessage) => void;
}

/** How a connection ended. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  /** What the relay refused, or what was wrong with what it said; undefined for a connection that was lost. */
  readonly error: RelayError | undefined;
}

/** From opening the socket to the welcome, milliseconds. */
const WELCOME_TIMEOUT_MS = 20_000;
/** The relay says something every five seconds; after this long without a word the connection is taken for dead. */
const SILENCE_TIMEOUT_MS = 20_000;
const PING_INTERVAL_MS = 5_000;
/** Of a connection that the client gives up. Source: RFC 6455 §7.4.1 leaves 3000…3999 to libraries. */
const CLOSE_GIVEN_UP = 3000;
/** Of a connection that ended without a close frame. */
export const CLOSE_ABNORMAL = 1006;

export class RelayLink {
  /** Resolves when the connection is over; never rejects. */
  readonly ended: Promise<LinkEnd>;
  readonly #options: RelayLinkOptions;
  readonly #resolve: (end: LinkEnd) => void;
  #socket: RelaySocket | undefined;
  #watch: Timer | undefined;
  #ping: Timer | undefined;
  #isWelcomed = false;
  #isOver = false;

  constructor(options: RelayLinkOptions) {
    this.#options = options;
    let resolve!: (end: LinkEnd) => void;
    this.ended = new Promise((settle) => (resolve = settle));
    this.#resolve = resolve;
    this.#expect(WELCOME_TIMEOUT_MS, 'no welcome');
    this.#socket = options.openSocket(options.url, options.protocols, {
      onOpen: () => this.#send(encodeClientMessage(options.hello())),
      onMessage: (bytes) => this.#receive(bytes),
      onClose: (code, reason) => this.#end(code, reason, refusalOf(code, reason)),
    });
  }

  get isOpen(): boolean {
    return this.#isWelcomed && !this.#isOver;
  }

  send(bytes: Uint8Array): void {
    if (this.isOpen) this.#send(bytes);
  }

  /** Gives the connection up. */
  close(code: number = CLOSE_GIVEN_UP, reason = ''): void {
    this.#end(code, reason, undefined);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#isOver) this.#socket?.send(bytes);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    let message: RelayMessage;
    try {
      message = decodeRelayMessage(bytes);
    } catch (error) {
      return this.#end(CLOSE_GIVEN_UP, 'the relay sent what cannot be read', error as RelayError);
    }
    this.#expect(SILENCE_TIMEOUT_MS, 'the relay is silent');
    // Nothing comes before the welcome, and none comes twice.
    if ((message.type === 'welcome') === this.#isWelcomed) return;
    if (!this.#isWelcomed) {
      this.#isWelcomed = true;
      this.#keepAlive();
    }
    this.#options.onMessage(message);
  }

  #expect(withinMs: number, otherwise: string): void {
    this.#watch?.cancel();
    this.#watch = this.#options.platform.setTimer(withinMs, () => this.#end(CLOSE_ABNORMAL, otherwise, undefined));
  }

  #keepAlive(): void {
    if (this.#isOver) return;
    this.#ping = this.#options.platform.setTimer(PING_INTERVAL_MS, () => {
      this.#send(encodeClientMessage({ type: 'ping' }));
      this.#keepAlive();
    });
  }

  #end(code: number, reason: string, error: RelayError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch?.cancel();
    this.#ping?.cancel();
    this.#socket?.close(code === CLOSE_ABNORMAL || code === 1005 ? CLOSE_GIVEN_UP : code, reason);
    this.#resolve({ code, reason, error });
  }
}
