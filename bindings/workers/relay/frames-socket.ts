/** One socket of a client in frames mode: what comes in is checked, counted and handed to the session; what the session says goes out. */
import type { Timer } from '../../../sdk/platform.ts';
import { type ClientMessage, decodeClientMessage, type HelloMessage } from '../../../sdk/relay/client-message.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { encodeRelayMessage, type RelayMessage } from '../../../sdk/relay/relay-message.ts';
import { type FramesSession, MESSAGE_BURST_SECONDS, type SessionSocket } from './frames-session.ts';
import type { RelayGrant } from './grant.ts';
import { RateBucket } from './rate-bucket.ts';
import type { RelayContext } from './relay-context.ts';

export interface FramesSocketOptions {
  readonly context: RelayContext;
  readonly socket: ServerSocket;
  readonly session: FramesSession;
  /** Checks a fresh token that the client hands in. Rejects with `RelayError`. */
  readonly renew: (token: string) => Promise<RelayGrant>;
  readonly onClosed: () => void;
}

const HELLO_TIMEOUT_MS = 10_000;
/** The client takes a relay that says nothing for longer for dead, milliseconds. */
const STATUS_INTERVAL_MS = 5_000;
/** Progress within this is told in one message, milliseconds. */
const STATUS_DELAY_MS = 20;
const CLOSE_NORMAL = 1000;

/** Accepts the socket, and attaches it to its session. */
export function serveFramesSocket(options: FramesSocketOptions): void {
  options.session.attach(new FramesSocket(options));
}

class FramesSocket implements SessionSocket {
  readonly #options: FramesSocketOptions;
  /** Of messages that no credit holds back. */
  readonly #messages: RateBucket;
  #silence: Timer | undefined;
  #heartbeat: Timer | undefined;
  #status: Timer | undefined;
  #expiry: Timer | undefined;
  #hasGreeted = false;
  #isWelcomed = false;
  #isClosed = false;

  constructor(options: FramesSocketOptions) {
    this.#options = options;
    const { socket, context } = options;
    const { maxMessagesPerSecond } = context.limits;
    this.#messages = new RateBucket(
      context.platform,
      maxMessagesPerSecond,
      maxMessagesPerSecond * MESSAGE_BURST_SECONDS,
    );
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#guard(() => this.#receive(data)));
    // The client's close is to be answered; by default the platform leaves that to us.
    socket.addEventListener('close', () => this.#close(CLOSE_NORMAL, ''));
    socket.addEventListener('error', () => this.#onClosed());
    socket.accept();
    this.#expectMessage(HELLO_TIMEOUT_MS);
  }

  send(message: RelayMessage): void {
    // What is told before the welcome would not be understood.
    if (this.#isWelcomed || message.type === 'welcome') this.#send(message);
  }

  onProgress(): void {
    if (!this.#isWelcomed || this.#status !== undefined) return;
    this.#status = this.#options.context.platform.setTimer(STATUS_DELAY_MS, () => {
      this.#status = undefined;
      this.#tellStatus();
    });
  }

  close(error: RelayError): void {
    this.#close(error.closeCode, error.closeReason);
  }

  finish(): void {
    this.#close(CLOSE_NORMAL, 'stopped');
  }

  #receive(data: unknown): void {
    const { limits, platform } = this.#options.context;
    if (this.#isClosed) return;
    if (!(data instanceof ArrayBuffer)) throw new RelayError('bad-message', 'a message is not binary');
    if (data.byteLength > limits.maxMessageBytes)
      throw new RelayError(
        'message-too-large',
        `a message of ${data.byteLength} bytes, more than ${limits.maxMessageBytes}`,
      );
    this.#expectMessage(limits.clientSilenceMs);
    const message = decodeClientMessage(new Uint8Array(data));
    if (message.type === 'hello') {
      this.#count();
      if (this.#hasGreeted) throw new RelayError('bad-message', 'a second hello');
      this.#hasGreeted = true;
      this.#greet(message).catch((error: unknown) => this.#fail(error, platform));
    } else if (!this.#isWelcomed) throw new RelayError('bad-message', 'a message before the welcome');
    else this.#take(message, data.byteLength);
  }

  #take(message: Exclude<ClientMessage, HelloMessage>, sizeBytes: number): void {
    const { session, context } = this.#options;
    if (message.type !== 'ping' && message.type !== 'renew') {
      if (!session.receive(message, sizeBytes)) this.#count();
      return;
    }
    this.#count();
    // Together with what else there is to tell: a client that asks all the time is not told more for it.
    if (message.type === 'ping') this.onProgress();
    else this.#renew(message.token).catch((error: unknown) => this.#fail(error, context.platform));
  }

  /** Media wait their turn within the credit; of everything else more than the rate is refused. */
  #count(): void {
    const { maxMessagesPerSecond } = this.#options.context.limits;
    if (!this.#messages.tryTake(1))
      throw new RelayError('too-many-messages', `more than ${maxMessagesPerSecond} messages a second`);
  }

  async #greet(hello: HelloMessage): Promise<void> {
    const welcome = await this.#options.session.greet(hello);
    if (this.#isClosed) return;
    this.#isWelcomed = true;
    this.#send(welcome);
    this.#watchExpiry(welcome.expiresAtMs);
    this.#keepAlive();
  }

  async #renew(token: string): Promise<void> {
    const grant = await this.#options.renew(token);
    this.#options.session.renew(grant);
    const { expiresAtMs, maxBitrateBps } = grant;
    this.#watchExpiry(expiresAtMs);
    this.send({ type: 'renewed', expiresAtMs, maxBitrateBps });
  }

  #tellStatus(): void {
    this.send(this.#options.session.status());
  }

  #keepAlive(): void {
    if (this.#isClosed) return;
    this.#heartbeat = this.#options.context.platform.setTimer(STATUS_INTERVAL_MS, () => {
      this.#tellStatus();
      this.#keepAlive();
    });
  }

  #watchExpiry(expiresAtMs: number): void {
    const { platform, limits } = this.#options.context;
    this.#expiry?.cancel();
    if (this.#isClosed) return;
    this.#expiry = platform.setTimer(Math.max(0, expiresAtMs - platform.now()), () => {
      const message = `The token has expired: the connection ends in ${limits.expiryGraceMs} ms`;
      this.send({ type: 'event', event: 'token-expired', status: 0, message });
      this.#expiry = platform.setTimer(limits.expiryGraceMs, () =>
        this.close(new RelayError('token-expired', 'the token has expired, and no other one was handed in')),
      );
    });
  }

  #expectMessage(withinMs: number): void {
    this.#silence?.cancel();
    this.#silence = this.#options.context.platform.setTimer(withinMs, () =>
      this.close(new RelayError('client-silent', `nothing was heard for ${withinMs} ms`)),
    );
  }

  #send(message: RelayMessage): void {
    if (this.#isClosed) return;
    try {
      this.#options.socket.send(encodeRelayMessage(message) as Uint8Array<ArrayBuffer>);
    } catch {
      // The socket is gone, and its close event on the way.
    }
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error, this.#options.context.platform);
    }
  }

  #fail(error: unknown, platform: RelayContext['platform']): void {
    if (error instanceof RelayError) return this.close(error);
    platform.log('error', 'The relay failed', { error: String(error) });
    this.close(new RelayError('relay-failed', 'the relay failed'));
  }

  #close(code: number, reason: string): void {
    if (this.#isClosed) return;
    try {
      this.#options.socket.close(code, reason);
    } catch {
      // It was closed by the other end.
    }
    this.#onClosed();
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of [this.#silence, this.#heartbeat, this.#status, this.#expiry]) timer?.cancel();
    this.#options.session.detach(this);
    this.#options.onClosed();
  }
}
