/**
 * One client of a stream in frames mode, over as many sockets as it takes: its messages in order, each once, into one upload.
 *
 * All of it is memory of the Durable Object. When that is gone the client begins another session with everything that is not persisted.
 */
import { delay } from '../../../sdk/aws/backoff.ts';
import { KvsError } from '../../../sdk/errors.ts';
import type { HelloMessage, MediaMessage } from '../../../sdk/relay/client-message.ts';
import { FRAME_HEAD_BYTES } from '../../../sdk/relay/protocol.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import {
  type EventMessage,
  type LostMessage,
  MAX_REPORTS,
  type RelayMessage,
  type StatusMessage,
  type WelcomeMessage,
} from '../../../sdk/relay/relay-message.ts';
import { trackJson } from '../../../sdk/relay/track-json.ts';
import type { RelayGrant } from './grant.ts';
import { RateBucket } from './rate-bucket.ts';
import type { RelayContext } from './relay-context.ts';
import { wordsForClient, wordsForLog } from './service-words.ts';
import { type Loss, Upload } from './upload.ts';

/** The socket that the client is connected by. */
export interface SessionSocket {
  send(message: RelayMessage): void;
  /** Progress was made: the client is told soon. */
  onProgress(): void;
  close(error: RelayError): void;
  /** The session is over, as the client asked. */
  finish(): void;
}

interface QueuedMessage {
  readonly message: MediaMessage;
  readonly sizeBytes: number;
}

/** A client that is connected again sends what it kept at once: messages for so many seconds. */
export const MESSAGE_BURST_SECONDS = 20;
/** Between two words on a rate that is exceeded, milliseconds. */
const RATE_LIMIT_QUIET_MS = 10_000;
const ID_BYTES = 8;

export class FramesSession {
  /** SHA-256 of the resume key. */
  readonly keyHash: string;
  readonly #context: RelayContext;
  readonly #bits: RateBucket;
  readonly #messages: RateBucket;
  readonly #id: string;
  readonly #before: Promise<void> | undefined;
  readonly #end = new AbortController();
  #grant: RelayGrant;
  #socket: SessionSocket | undefined;
  #opened: Promise<void> | undefined;
  /** Of the first hello, as JSON. */
  #tracks: string | undefined;
  #ended: Promise<void> | undefined;
  #upload: Upload | undefined;
  #receivedThrough = 0;
  #acceptedThrough = 0;
  /** What the upload has settled; it may say so of a message a moment before that is counted as accepted. */
  #settledThrough = 0;
  #queue: QueuedMessage[] = [];
  #queuedBytes = 0;
  #isPumping = false;
  /** Losses that were told, the last ones. */
  readonly #reports: LostMessage[] = [];
  #reportCount = 0;
  #stopSequence = Infinity;
  #rateToldMs = -Infinity;

  /** `before`: the end of the stream's last session, whose upload the service would take for this one's. */
  constructor(context: RelayContext, grant: RelayGrant, keyHash: string, before: Promise<void> | undefined) {
    this.#before = before;
    this.#id = context.platform.randomBytes(ID_BYTES).join('-');
    this.#context = context;
    this.#grant = grant;
    this.keyHash = keyHash;
    this.#bits = new RateBucket(context.platform, grant.maxBitrateBps, this.#burstBits());
    const { maxMessagesPerSecond } = context.limits;
    this.#messages = new RateBucket(
      context.platform,
      maxMessagesPerSecond,
      maxMessagesPerSecond * MESSAGE_BURST_SECONDS,
    );
  }

  get grant(): RelayGrant {
    return this.#grant;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** It has failed, or was ended; it takes nothing more. */
  get isOver(): boolean {
    return this.#end.signal.aborted;
  }

  get #persistedThrough(): number {
    return Math.min(this.#settledThrough, this.#acceptedThrough);
  }

  /** The client may send as the newer token says. */
  renew(grant: RelayGrant): void {
    this.#grant = grant;
    this.#bits.set(grant.maxBitrateBps, this.#burstBits());
  }

  /** The client is connected by this socket now; one that it was connected by before is closed. */
  attach(socket: SessionSocket): void {
    this.#socket?.close(new RelayError('session-taken-over', 'the same client has connected again'));
    this.#socket = socket;
  }

  detach(socket: SessionSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  /** Answers a hello: the first one opens the upload, and says which tracks it has. Rejects with `RelayError`. */
  async greet(hello: HelloMessage): Promise<WelcomeMessage> {
    const isResumed = this.#opened !== undefined;
    const tracks = JSON.stringify(hello.tracks.map(trackJson));
    this.#tracks ??= tracks;
    if (tracks !== this.#tracks) throw new RelayError('bad-tracks', 'the session began with other tracks');
    await (this.#opened ??= this.#open(hello));
    if (hello.firstSequence > this.#receivedThrough + 1)
      throw new RelayError(
        'sequence-gap',
        `the client keeps nothing before ${hello.firstSequence}, the relay has received ${this.#receivedThrough}`,
      );
    this.#upload?.tellSkipped();
    const { creditBytes, creditMessages, maxMessageBytes } = this.#context.limits;
    return {
      type: 'welcome',
      receivedThrough: this.#receivedThrough,
      acceptedThrough: this.#acceptedThrough,
      persistedThrough: this.#persistedThrough,
      session: this.#id,
      lost: this.#reports,
      isResumed,
      creditBytes,
      creditMessages,
      maxFrameBytes: maxMessageBytes - FRAME_HEAD_BYTES,
      maxBitrateBps: this.#grant.maxBitrateBps,
      expiresAtMs: this.#grant.expiresAtMs,
    };
  }

  /**
   * Takes a message into the queue, to be put when its turn comes; false for one that it has already, which is passed over. Throws `RelayError` for a
   * gap, and for more than the credit.
   */
  receive(message: MediaMessage, sizeBytes: number): boolean {
    if (message.sequence <= this.#receivedThrough) return false;
    if (message.sequence !== this.#receivedThrough + 1)
      throw new RelayError('sequence-gap', `${message.sequence} follows ${this.#receivedThrough}`);
    if (message.sequence > this.#stopSequence) throw new RelayError('bad-message', 'something follows a stop');
    if (message.type === 'stop') this.#stopSequence = message.sequence;
    const { creditBytes, creditMessages } = this.#context.limits;
    if (this.#queuedBytes + sizeBytes > creditBytes)
      throw new RelayError('credit-exceeded', `more than ${creditBytes} bytes are on their way`);
    if (this.#queue.length >= creditMessages)
      throw new RelayError('credit-exceeded', `more than ${creditMessages} messages are on their way`);
    this.#receivedThrough = message.sequence;
    this.#queue.push({ message, sizeBytes });
    this.#queuedBytes += sizeBytes;
    if (!this.#isPumping) void this.#pump();
    return true;
  }

  status(): StatusMessage {
    this.#upload?.tellSkipped();
    return {
      type: 'status',
      acceptedThrough: this.#acceptedThrough,
      persistedThrough: this.#persistedThrough,
      storeUsedBytes: this.#upload?.storeUsedBytes ?? 0,
      storeCapacityBytes: this.#context.limits.storeBytes,
    };
  }

  /**
   * The client does not come back in time, or another one takes its place: what is in the store is sent, as far as it can be. Resolves when nothing
   * of it goes on, to whoever asks first and to all after.
   */
  end(): Promise<void> {
    this.#ended ??= this.#endOnce();
    return this.#ended;
  }

  async #endOnce(): Promise<void> {
    const reason = new RelayError('session-taken-over', 'the session has ended');
    this.#end.abort(reason);
    this.#socket?.close(reason);
    this.#socket = undefined;
    await this.#opened?.catch(() => undefined);
    try {
      await this.#upload?.end(this.#context.platform);
    } catch (error) {
      this.#context.platform.log('warn', 'A session could not be ended cleanly', { error: wordsForLog(error) });
    }
    this.#letGo();
  }

  async #open(hello: HelloMessage): Promise<void> {
    const { signal } = this.#end;
    try {
      await this.#before;
      signal.throwIfAborted();
      this.#receivedThrough = this.#acceptedThrough = this.#settledThrough = hello.firstSequence - 1;
      const upload = await Upload.open(this.#context, this.#grant.streamName, hello, {
        onTold: (message) => this.#socket?.send(message),
        onLost: (loss) => this.#report(loss),
        onPersisted: (sequence) => this.#onPersisted(sequence),
        onFailed: (error) => this.#fail(error),
      });
      if (signal.aborted) upload.abort(signal.reason);
      signal.throwIfAborted();
      this.#upload = upload;
    } catch (error) {
      this.#end.abort(error);
      throw error;
    }
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for (let next = this.#queue[0]; next !== undefined && !this.isOver; next = this.#queue[0]) {
        await this.#keepRate(next.sizeBytes);
        this.#end.signal.throwIfAborted();
        await this.#take(next.message);
        this.#queue.shift();
        this.#queuedBytes -= next.sizeBytes;
        this.#acceptedThrough = next.message.sequence;
        if (next.message.type === 'stop') this.#onStopped();
        else this.#socket?.onProgress();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  async #take(message: MediaMessage): Promise<void> {
    if (message.type !== 'stop') return this.#upload?.take(message);
    await this.#upload?.stop();
  }

  /** Takes no more than the token allows: the rest waits, and the client with it, for want of credit. */
  async #keepRate(sizeBytes: number): Promise<void> {
    const waitMs = Math.max(this.#bits.take(sizeBytes * 8), this.#messages.take(1));
    if (waitMs === 0) return;
    const { platform, limits } = this.#context;
    if (platform.now() - this.#rateToldMs > RATE_LIMIT_QUIET_MS) {
      this.#rateToldMs = platform.now();
      const rates = `${this.#grant.maxBitrateBps} bits or ${limits.maxMessagesPerSecond} messages`;
      const message = `more than ${rates} a second are put: frames wait`;
      this.#tell({ type: 'event', event: 'rate-limited', status: 0, message });
    }
    await delay(platform, waitMs, this.#end.signal);
  }

  #onStopped(): void {
    this.#settledThrough = this.#acceptedThrough;
    this.#upload = undefined;
    this.#socket?.send(this.status());
    this.#socket?.send({ type: 'stopped', status: 0, message: 'Everything is persisted, or was told as lost' });
    this.#socket?.finish();
  }

  /** Kept for the next welcome, too: a client that is not connected is to hear of it before it lets go. */
  #report(loss: Loss): void {
    const report: LostMessage = { type: 'lost', report: ++this.#reportCount, ...loss };
    this.#reports.push(report);
    if (this.#reports.length > MAX_REPORTS) this.#reports.shift();
    this.#socket?.send(report);
  }

  #onPersisted(through: number): void {
    this.#settledThrough = Math.max(this.#settledThrough, through);
    this.#socket?.onProgress();
  }

  #fail(error: unknown): void {
    if (this.isOver) return;
    this.#end.abort(error);
    this.#upload?.abort(error);
    this.#letGo();
    const { status, retryable } = error instanceof KvsError ? error : { status: undefined, retryable: true };
    const { streamName } = this.#grant;
    this.#context.platform.log('error', 'An upload has failed', { stream: streamName, error: wordsForLog(error) });
    const message = wordsForClient(error);
    const refusal = new RelayError('upload-failed', message, {
      retryable,
      cause: error,
      ...(status === undefined ? {} : { status }),
    });
    this.#socket?.send({ type: 'event', event: 'upload-failed', status: refusal.status, message });
    this.#socket?.close(refusal);
    this.#socket = undefined;
  }

  /** The object may stand for long until another client comes: it holds neither the store nor what was not accepted. */
  #letGo(): void {
    this.#upload = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #tell(message: EventMessage): void {
    this.#socket?.send(message);
  }

  #burstBits(): number {
    return this.#grant.maxBitrateBps * this.#context.limits.burstSeconds;
  }
}
