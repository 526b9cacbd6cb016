/** The producer of a session: takes the client's messages, and tells what becomes of them. */
import { Deadline } from '../../../sdk/aws/backoff.ts';
import { InvalidFrameError, KvsError, NotPersistedError, StoreFullError } from '../../../sdk/errors.ts';
import type { Platform } from '../../../sdk/platform.ts';
import { abortable } from '../../../sdk/producer/abortable.ts';
import {
  createProducerWith,
  type Producer,
  type ProducerStream,
  type StreamEvent,
} from '../../../sdk/producer/index.ts';
import type { FrameMessage, HelloMessage, MediaMessage } from '../../../sdk/relay/client-message.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import type { EventMessage, LostMessage, ServiceAckMessage } from '../../../sdk/relay/relay-message.ts';
import { statusName } from '../../../sdk/all-statuses.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import type { RelayContext } from './relay-context.ts';
import { wordsForClient } from './service-words.ts';

/** A report of frames that are lost, before it has its number. */
export type Loss = Omit<LostMessage, 'type' | 'report'>;

/** Who hears what becomes of the messages. */
export interface UploadListener {
  onTold(message: EventMessage | ServiceAckMessage): void;
  /** Frames will not be persisted. */
  onLost(loss: Loss): void;
  /** Everything up to a sequence is persisted, or was told as lost. Never falls. */
  onPersisted(through: number): void;
  /** The upload is over, and will take nothing more. */
  onFailed(error: unknown): void;
}

/** Of a session that ends; then what is left is the client's to send again. */
const END_TIMEOUT_MS = 60_000;
/** Of a client that stops: how long that may take is its own to say. */
const STOP_TIMEOUT_MS = 86_400_000;

export class Upload {
  readonly #producer: Producer;
  readonly #stream: ProducerStream;
  readonly #listener: UploadListener;
  readonly #trackNumbers: readonly number[];
  readonly #videoNumbers: ReadonlySet<number>;
  /** Sequence of the last frame or end of fragment: what an end of the fragment covers. */
  #lastSequence: number;
  #skipped: Loss | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(producer: Producer, stream: ProducerStream, hello: HelloMessage, listener: UploadListener) {
    this.#producer = producer;
    this.#stream = stream;
    this.#listener = listener;
    this.#lastSequence = hello.firstSequence - 1;
    this.#trackNumbers = hello.tracks.map(({ trackNumber }, index) => trackNumber ?? index + 1);
    const isVideo = (_: number, index: number): boolean => hello.tracks[index]?.kind === 'video';
    this.#videoNumbers = new Set(this.#trackNumbers.filter(isVideo));
    void this.#watchEvents();
    void this.#watchAcks();
  }

  /** Opens the stream; frames are taken before the service has answered. Rejects with `RelayError` bad-tracks for what the producer does not take. */
  static async open(
    context: RelayContext,
    streamName: string,
    hello: HelloMessage,
    listener: UploadListener,
  ): Promise<Upload> {
    const { options, limits, credentials } = context;
    const producer = await createProducerWith(context.platform, {
      credentials,
      storeBytes: limits.storeBytes,
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    });
    try {
      const stream = await producer.openStream(streamName, {
        tracks: hello.tracks,
        createIfMissing: options.createIfMissing ?? false,
        ...(options.retentionHours === undefined ? {} : { retentionHours: options.retentionHours }),
        waitUntilReady: false,
        // A fragment that is ended for want of frames would cost those of it that the client has still to send.
        endIdleFragmentsAfterMs: 0,
        stopTimeoutMs: STOP_TIMEOUT_MS,
      });
      for (const { name, value } of hello.metadata) await stream.putFragmentMetadata(name, value, { persistent: true });
      return new Upload(producer, stream, hello, listener);
    } catch (error) {
      producer.abort(error);
      await producer.close().catch(() => undefined);
      if (error instanceof KvsError)
        throw new RelayError('bad-tracks', error.message, { cause: error, status: error.status });
      throw error;
    }
  }

  get storeUsedBytes(): number {
    return this.#producer.metrics.storeUsedBytes;
  }

  /** Takes a message; resolves when it is in the store, or was told as lost. Rejects with what the stream failed with. */
  async take(message: Exclude<MediaMessage, { type: 'stop' }>): Promise<void> {
    switch (message.type) {
      case 'frame':
        return this.#putFrame(message);
      case 'end-of-fragment':
        await this.#stream.endFragment();
        this.#endAt(message.sequence);
        return;
      case 'metadata':
        try {
          await this.#stream.putFragmentMetadata(message.name, message.value, { persistent: message.persistent });
        } catch (error) {
          if (!(error instanceof KvsError) || this.#stream.metrics.state === 'ended') throw error;
          this.#tellLost('refused', error, 0, 0, 0);
        }
    }
  }

  /** Everything persisted, the connection closed, the memory free. Rejects with what a stream's `stop` rejects with. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** The same, as far as it can be done in a minute. */
  async end(platform: Pick<Platform, 'setTimer'>): Promise<void> {
    const deadline = new Deadline(platform, END_TIMEOUT_MS);
    try {
      await abortable(this.stop(), deadline.signal);
    } catch (error) {
      this.abort(error);
      throw error;
    } finally {
      deadline.clear();
    }
  }

  async #stop(): Promise<void> {
    this.tellSkipped();
    try {
      await this.#stream.stop();
    } catch (error) {
      // What was lost was told.
      if (!(error instanceof NotPersistedError) || error.cause !== undefined) throw error;
    } finally {
      await this.#producer.close().catch(() => undefined);
    }
  }

  abort(reason: unknown): void {
    this.#producer.abort(reason);
    void this.#producer.close().catch(() => undefined);
  }

  /** Frames that were skipped are told together, at the next frame that is not, or when the client is told how far things are. */
  tellSkipped(): void {
    const skipped = this.#skipped;
    this.#skipped = undefined;
    if (skipped !== undefined) this.#listener.onLost(skipped);
  }

  async #putFrame(frame: FrameMessage): Promise<void> {
    const { sequence, timestampUs, isKey, trackNumber } = frame;
    if (isKey && (this.#videoNumbers.size === 0 || this.#videoNumbers.has(trackNumber)))
      this.#endAt(this.#lastSequence);
    try {
      const { decodeTimestampUs, ...timeless } = frame;
      const put = decodeTimestampUs === undefined ? timeless : { ...timeless, decodeTimestampUs };
      const result = this.#stream.tryPutFrame(put);
      if (result === 'skipped') this.#skip(frame);
      else {
        this.tellSkipped();
        if (result === 'full') await this.#stream.putFrame(put);
      }
    } catch (error) {
      await this.#refuse(error, timestampUs);
    }
    this.#lastSequence = sequence;
  }

  /** A frame was not stored. Throws where that is not the frame's own fault. */
  async #refuse(error: unknown, timestampUs: number): Promise<void> {
    const isFull = error instanceof StoreFullError;
    if (!isFull && !(error instanceof InvalidFrameError)) throw error;
    this.#tellLost(isFull ? 'no-room' : 'refused', error, 1, timestampUs, timestampUs);
    // One fragment fills the store: only its end makes room.
    if (isFull) await this.#stream.endFragment();
  }

  /** A fragment ends behind a sequence: when it is persisted, so is everything up to there. */
  #endAt(sequence: number): void {
    this.#lastSequence = sequence;
    this.#stream.whenPersisted().then(
      () => this.#listener.onPersisted(sequence),
      (error: unknown) => {
        if (error instanceof NotPersistedError && error.cause === undefined) this.#listener.onPersisted(sequence);
      },
    );
  }

  #skip({ timestampUs }: FrameMessage): void {
    const { frames = 0, firstTimestampUs = timestampUs } = this.#skipped ?? {};
    const status = STATUS.STATUS_SUCCESS;
    this.#skipped = {
      reason: 'skipped',
      frames: frames + 1,
      firstTimestampUs,
      lastTimestampUs: timestampUs,
      status,
      code: statusName(status),
      message: 'Frames before a key frame cannot be decoded',
    };
  }

  #tellLost(reason: LostMessage['reason'], error: KvsError, frames: number, firstUs: number, lastUs: number): void {
    const { status, code, message } = error;
    const times = { firstTimestampUs: firstUs, lastTimestampUs: lastUs };
    this.#listener.onLost({ reason, frames, ...times, status, code, message });
  }

  async #watchEvents(): Promise<void> {
    for await (const event of this.#stream.events()) this.#onEvent(event);
  }

  async #watchAcks(): Promise<void> {
    for await (const { type: ackType, timecode, fragmentNumber, errorId, errorCode } of this.#stream.acks())
      this.#listener.onTold({ type: 'service-ack', ackType, timecode, fragmentNumber, errorId, errorCode });
  }

  #onEvent(event: StreamEvent): void {
    const tell = (name: EventMessage['event'], message: string, error?: KvsError): void =>
      this.#listener.onTold({ type: 'event', event: name, status: error?.status ?? 0, message });
    if (event.type === 'connected') tell('connected', `connection ${event.session} to the service`);
    else if (event.type === 'disconnected')
      tell('disconnected', event.error === undefined ? event.reason : wordsForClient(event.error), event.error);
    else if (event.type === 'retrying') tell('retrying', wordsForClient(event.error), event.error);
    else if (event.type === 'store-full') tell('store-full', `${event.storeUsedBytes} bytes are in the store`);
    else if (event.type === 'fragment-rejected')
      this.#tellLost('rejected', event.error, event.frames, event.firstTimestampUs, event.lastTimestampUs);
    else if (event.type === 'failed') this.#listener.onFailed(event.error);
  }
}
