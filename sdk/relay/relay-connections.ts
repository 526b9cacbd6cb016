/** The client's connections to the relay, one after the other: what is kept goes out as the credit allows, and how far the relay is comes in. */
import { Backoff, delay } from '../aws/backoff.ts';
import { CredentialsError, type KvsError } from '../errors.ts';
import { toHex } from '../hex.ts';
import { abortable } from '../producer/abortable.ts';
import { encodeClientMessage, type HelloMessage } from './client-message.ts';
import { BEARER_PREFIX, REFUSE_BY_CLOSE, RELAY_PROTOCOL, RESUME_PREFIX } from './protocol.ts';
import { RelayError } from './refusals.ts';
import type { RelayConnectedEvent, RelayDisconnectedEvent } from './relay-events.ts';
import { CLOSE_ABNORMAL, RelayLink, type LinkEnd } from './relay-link.ts';
import type { LostMessage, RelayMessage, StatusMessage, WelcomeMessage } from './relay-message.ts';
import type { RelayStreamOptions } from './relay-options.ts';
import type { OpenRelaySocket } from './relay-socket.ts';
import type { RelayPlatform } from './relay-stream.ts';
import { RelayTokens } from './relay-tokens.ts';
import type { RetainedMedia } from './retained-media.ts';

export interface RelayConnectionsOptions {
  readonly platform: RelayPlatform;
  readonly openSocket: OpenRelaySocket;
  readonly stream: RelayStreamOptions;
  readonly retained: RetainedMedia;
  /** Aborted when the stream has ended. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RelayConnectedEvent | RelayDisconnectedEvent) => void;
  /** Something was persisted, and is kept no longer. */
  readonly onReleased: () => void;
  /** Each report once. */
  readonly onLost: (message: LostMessage) => void;
  readonly onMessage: (message: Exclude<RelayMessage, WelcomeMessage | StatusMessage | LostMessage>) => void;
  /** There is nothing left to connect for. */
  readonly isDone: () => boolean;
}

const RESUME_KEY_BYTES = 24;
const RECONNECT = { factorMs: 100, maxMs: 5_000, quietMs: 90_000 };
const CLOSE_NORMAL = 1000;

/** How a connection ended, or that there was none for want of a token. */
type ConnectionEnd = Omit<LinkEnd, 'error'> & { readonly error: KvsError | undefined };

export class RelayConnections {
  /** The relay's content store, as it last said. */
  readonly store = { usedBytes: 0, capacityBytes: 0 };
  /** Of the payload, as the relay said. */
  maxFrameBytes = Infinity;
  readonly #options: RelayConnectionsOptions;
  readonly #tokens: RelayTokens;
  readonly #resumeKey: string;
  readonly #backoff: Backoff;
  #link: RelayLink | undefined;
  #count = 0;
  #credit = { bytes: 0, messages: 0 };
  /** Session of the relay that `#reportsHeard` counts in. */
  #session = '';
  #reportsHeard = 0;

  constructor(options: RelayConnectionsOptions) {
    this.#options = options;
    const { platform, stream } = options;
    this.#tokens = new RelayTokens(platform, stream.token, (token) =>
      this.#link?.send(encodeClientMessage({ type: 'renew', token })),
    );
    this.#resumeKey = toHex(platform.randomBytes(RESUME_KEY_BYTES));
    this.#backoff = new Backoff(platform, RECONNECT);
  }

  /** Connections made so far. */
  get count(): number {
    return this.#count;
  }

  /** Connects, again and again, until the stream has ended. Rejects with what ends it. */
  async run(): Promise<void> {
    const { platform, signal, onEvent, isDone } = this.#options;
    while (!signal.aborted) {
      const end = await this.#connect().catch((error: unknown) => this.#endWithoutToken(error));
      if (signal.aborted || isDone()) return;
      const delayMs = this.#delayAfter(end);
      const { code, reason, error } = end;
      onEvent({ type: 'relay-disconnected', connection: this.#count, code, reason, error, delayMs });
      await delay(platform, delayMs, signal);
    }
  }

  /** Sends what the relay has credit for. */
  pump(): void {
    const link = this.#link;
    if (link === undefined || !link.isOpen) return;
    for (;;) {
      const bytes = this.#options.retained.takeNext(this.#credit);
      if (bytes === undefined) return;
      link.send(bytes);
    }
  }

  /** Gives the connection up. */
  reset(): void {
    this.#link?.close();
  }

  /** The stream has ended. */
  close(): void {
    this.#tokens.close();
    this.#link?.close(CLOSE_NORMAL);
  }

  async #connect(): Promise<LinkEnd> {
    const { platform, openSocket, stream, signal } = this.#options;
    const token = await abortable(this.#tokens.get(), signal);
    this.#count++;
    let fault: unknown;
    const link = new RelayLink({
      platform,
      openSocket,
      url: `${stream.url.replace(/\/$/, '')}/v1/streams/${stream.streamName}/frames`,
      protocols: [RELAY_PROTOCOL, REFUSE_BY_CLOSE, `${BEARER_PREFIX}${token}`, `${RESUME_PREFIX}${this.#resumeKey}`],
      hello: () => this.#hello(),
      onMessage: (message) => {
        try {
          this.#receive(message);
        } catch (error) {
          fault = error;
          link.close();
        }
      },
    });
    this.#link = link;
    const end = await link.ended;
    this.#tokens.onDisconnected();
    if (fault !== undefined) throw fault;
    return end;
  }

  /** Where the network is away, so is whoever gives tokens; of a stream that never began there is nothing to lose. */
  #endWithoutToken(error: unknown): ConnectionEnd {
    if (!(error instanceof CredentialsError) || !error.retryable || this.#session === '') throw error;
    return { code: CLOSE_ABNORMAL, reason: '', error };
  }

  #hello(): HelloMessage {
    const { retained, stream } = this.#options;
    const { firstSequence, metadata } = retained;
    return { type: 'hello', firstSequence, tracks: stream.tracks, metadata };
  }

  /** Throws `RelayError` for what cannot be. */
  #receive(message: RelayMessage): void {
    if (message.type === 'welcome') this.#begin(message);
    else if (message.type === 'status') this.#follow(message);
    else if (message.type === 'lost') this.#hear(message);
    else {
      if (message.type === 'renewed') this.#tokens.onGranted(message.expiresAtMs);
      this.#options.onMessage(message);
    }
  }

  #begin(welcome: WelcomeMessage): void {
    const { retained, onEvent } = this.#options;
    const { receivedThrough, acceptedThrough, persistedThrough, isResumed, session, lost } = welcome;
    if (!retained.restart(receivedThrough, acceptedThrough) || persistedThrough > acceptedThrough)
      throw new RelayError('sequence-gap', `the relay has ${receivedThrough} of ${retained.lastSequence} messages`);
    this.#credit = { bytes: welcome.creditBytes, messages: welcome.creditMessages };
    this.maxFrameBytes = welcome.maxFrameBytes;
    this.#tokens.onGranted(welcome.expiresAtMs);
    if (session !== this.#session) this.#reportsHeard = 0;
    this.#session = session;
    // Before what they are about is released.
    lost.forEach((report) => this.#hear(report));
    const resentMessages = retained.lastSequence - receivedThrough;
    onEvent({ type: 'relay-connected', connection: this.#count, isResumed, resentMessages });
    this.#release(persistedThrough);
  }

  #follow(status: StatusMessage): void {
    this.store.usedBytes = status.storeUsedBytes;
    this.store.capacityBytes = status.storeCapacityBytes;
    if (!this.#options.retained.accept(status.acceptedThrough) || status.persistedThrough > status.acceptedThrough)
      throw new RelayError('sequence-gap', 'the relay has accepted more than it was sent');
    this.#backoff.reset();
    this.#release(status.persistedThrough);
  }

  #hear(report: LostMessage): void {
    if (report.report <= this.#reportsHeard) return;
    this.#reportsHeard = report.report;
    this.#options.onLost(report);
  }

  #release(through: number): void {
    this.#options.retained.release(through);
    this.#options.onReleased();
    this.pump();
  }

  /** How long to wait before the next connection, milliseconds; throws where there is to be none. */
  #delayAfter({ error }: ConnectionEnd): number {
    if (error !== undefined && !error.retryable && !(error instanceof RelayError && this.#tokens.canReplace(error)))
      throw error;
    return this.#backoff.nextMs();
  }
}
