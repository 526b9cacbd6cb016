/** A stream of another thread's producer, as a thread that puts frames into it sees it. */
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import { CorePoisonedError, InvalidFrameError, KvsError, StreamStoppedError } from '../errors.ts';
import type { Frame, FrameInput, PutResult } from '../producer/options.ts';
import type { WaitOptions } from '../producer/stream.ts';
import { requireEvents, requireText } from '../producer/option-checks.ts';
import * as STATUS from '../status-codes.ts';
import { type ErrorMessage, errorFromMessage, errorToMessage } from './error-message.ts';
import { FramePlacer } from './frame-placer.ts';
import { PutCalls } from './put-calls.ts';
import { ENTRY_ANSWER, ENTRY_STATE, PutRing, RING_WORD } from './put-ring.ts';
import { descriptionOf, frameToMessage, type Request, type StreamToken, type ToPutter } from './share-message.ts';
import { requireToken } from './token-check.ts';

/** How long `tryPutFrame` blocks for an owner that does nothing, and for one that is in the middle of the frame; milliseconds. */
const ANSWER_WITHIN_MS = 1_000;
const TAKEN_WITHIN_MS = 10_000;
const SLICE_MS = 100;

/** More than any store has; sizes cross as 32 bits. */
const MAX_FRAME_BYTES = 2 ** 31 - 1;

const RESULTS: readonly PutResult[] = ['stored', 'skipped', 'full', 'dropped'];

/**
 * Attaches this thread to a stream that another one shares.
 * @param token of `ProducerStream.share()`, as it came through `postMessage`. One thread, once.
 * Throws `KvsError` of status STATUS_INVALID_ARG for anything else, and STATUS_INVALID_OPERATION for a token that was used.
 */
export function attachStream(token: StreamToken): AttachedStream {
  requireToken(token);
  return new AttachedStream(token);
}

/** Takes the frames of one stream from this thread: copied and adapted here, sent by the stream's owner. */
export class AttachedStream {
  readonly name: string;
  readonly #token: StreamToken;
  readonly #ring: PutRing;
  readonly #placer: FramePlacer;
  readonly #calls: PutCalls;
  /** Codec private data of a track that was sent last, as it was given. */
  readonly #descriptions = new Map<number | undefined, unknown>();
  #closing: Promise<void> | undefined;
  /** The owner's thread has ended. */
  #ownerEnd: Error | undefined;

  /** Use `attachStream`. */
  constructor(token: StreamToken) {
    this.name = token.streamName;
    this.#token = token;
    this.#ring = new PutRing(token.ring);
    if (Atomics.exchange(this.#ring.words, RING_WORD.attached, 1) !== 0)
      throw new KvsError(STATUS.STATUS_INVALID_OPERATION, `This share of ${this.name} was attached before`);
    this.#placer = new FramePlacer(token, this.#ring);
    this.#calls = new PutCalls(this.#ring, token.port, (sequence) => this.#placer.giveBack(sequence));
    token.port.onmessage = ({ data }: MessageEvent<ToPutter>) => this.#hear(data);
    token.port.addEventListener('close', () => this.#onPortClosed());
    token.port.unref?.();
  }

  /**
   * Puts a frame; resolves and rejects as `ProducerStream.putFrame` does, when the owner has taken it. Frames keep the order of the calls;
   * those that are not awaited follow each other without a pause, up to 64, and `data` must stay as it is until its promise resolves.
   */
  async putFrame(frame: FrameInput, { signal }: WaitOptions = {}): Promise<void> {
    requireFrame(frame, this.#token.tracks[0]?.number ?? 1);
    this.#assertOpen();
    try {
      await this.#calls.enter((sequence) => this.#begin(sequence, frame, false), signal);
    } catch (error) {
      this.#descriptions.clear();
      throw error;
    }
  }

  /**
   * Puts a frame and blocks this thread until the owner has said what became of it: as `ProducerStream.tryPutFrame`. For threads that may
   * block. `full` also while earlier calls wait, and where the owner's thread does nothing for a second.
   */
  tryPutFrame(frame: FrameInput): PutResult {
    requireFrame(frame, this.#token.tracks[0]?.number ?? 1);
    this.#assertOpen();
    const sequence = this.#calls.takeNow();
    if (sequence === undefined) return 'full';
    let result: PutResult | undefined;
    try {
      this.#fill(sequence, frame);
      result = this.#await(sequence);
      return result;
    } finally {
      // The owner has taken none of them with it.
      if (result === undefined || result === 'full') this.#descriptions.clear();
    }
  }

  /** As `ProducerStream.endFragment`, behind everything put before. */
  async endFragment(options?: WaitOptions): Promise<void> {
    await this.#request({ call: 'endFragment' }, options);
  }

  /** As `ProducerStream.putFragmentMetadata`. */
  async putFragmentMetadata(
    name: string,
    value: string,
    { persistent = false, ...options }: WaitOptions & { readonly persistent?: boolean } = {},
  ): Promise<void> {
    requireText('name', name);
    requireText('value', value);
    await this.#request({ call: 'putFragmentMetadata', name, value, persistent }, options);
  }

  /** As `ProducerStream.putEventMetadata`. */
  async putEventMetadata(
    events: readonly StreamEventType[],
    metadata: EventMetadata = {},
    options?: WaitOptions,
  ): Promise<void> {
    requireEvents(events, metadata);
    await this.#request({ call: 'putEventMetadata', events, metadata }, options);
  }

  /** As `ProducerStream.flush`: of what any thread has put so far. */
  async flush(options?: WaitOptions): Promise<void> {
    await this.#request({ call: 'flush' }, options);
  }

  /** Lets go of the stream, which goes on without this thread, once everything put is answered. Calling it again gives the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#calls.settled().then(() => this.#leave());
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #request(request: Request, { signal }: WaitOptions = {}): Promise<void> {
    this.#assertOpen();
    await this.#calls.enter((sequence) => this.#send(sequence, request, false), signal);
  }

  #fill(sequence: number, frame: FrameInput): void {
    try {
      this.#begin(sequence, frame, true);
    } catch (error) {
      this.#calls.passOver(sequence);
      throw error;
    }
  }

  #begin(sequence: number, frame: FrameInput, blocks: boolean): void {
    this.#assertAlive();
    try {
      if (!this.#bringsDescription(frame) && this.#placer.place(sequence, frame, blocks))
        return this.#calls.wakeOwner();
    } catch (error) {
      if (error instanceof CorePoisonedError) this.#token.port.postMessage({ trap: errorToMessage(error) });
      throw error;
    }
    this.#send(sequence, { call: 'putFrame', frame: frameToMessage(frame) }, blocks);
  }

  #send(sequence: number, request: Request, blocks: boolean): void {
    this.#assertAlive();
    this.#calls.send(sequence, request, blocks);
  }

  /** True for a chunk whose codec private data the owner does not have. */
  #bringsDescription(frame: FrameInput): boolean {
    if (!('chunk' in frame)) return false;
    const source = frame.decoderConfig?.description;
    if (source === undefined || source === this.#descriptions.get(frame.trackNumber)) return false;
    this.#descriptions.set(frame.trackNumber, source);
    return descriptionOf(frame) !== undefined;
  }

  #await(sequence: number): PutResult {
    const ring = this.#ring;
    for (let waitedMs = 0; ;) {
      const answers = ring.get(RING_WORD.answers);
      if (ring.state(sequence) === ENTRY_STATE.answered) break;
      if (Atomics.wait(ring.words, RING_WORD.answers, answers, SLICE_MS) === 'timed-out') waitedMs += SLICE_MS;
      const isLate = waitedMs >= ANSWER_WITHIN_MS || ring.get(RING_WORD.ended) !== 0;
      if (isLate && this.#calls.withdraw(sequence)) {
        this.#assertOpen();
        return 'full';
      }
      if (waitedMs < TAKEN_WITHIN_MS) continue;
      this.#calls.giveUp(sequence);
      throw new KvsError(STATUS.STATUS_OPERATION_TIMED_OUT, `The owner of ${this.name} does not answer`);
    }
    const answer = ring.answer(sequence);
    const text = answer === ENTRY_ANSWER.error ? ring.readText(0) : '';
    this.#calls.release(sequence);
    if (answer === ENTRY_ANSWER.error) throw errorFromMessage(JSON.parse(text) as ErrorMessage);
    return RESULTS[answer] ?? 'full';
  }

  #assertOpen(): void {
    this.#assertAlive();
    if (this.#closing !== undefined) throw new StreamStoppedError(this.name);
  }

  #assertAlive(): void {
    if (this.#ring.get(RING_WORD.ended) !== 0) throw this.#endReason();
    if (this.#ownerEnd !== undefined) throw this.#ownerEnd;
  }

  #endReason(): Error {
    return errorFromMessage(JSON.parse(this.#ring.readText(1)) as ErrorMessage);
  }

  #hear(message: ToPutter): void {
    if (message === null) return this.#calls.collect();
    if ('error' in message) return this.#calls.fail(message.sequence, errorFromMessage(message.error));
    this.#calls.withdrawAll(this.#endReason());
    void this.#calls.settled().then(() => this.#leave());
  }

  /** By the owner, at the end of the stream; with the owner's thread; or by this one, when nothing is on its way. */
  #onPortClosed(): void {
    const hasEnded = this.#ring.get(RING_WORD.ended) !== 0;
    const cause = new Error('The thread that owns the stream has ended, or has let go of this one');
    this.#ownerEnd ??= new StreamStoppedError(this.name, { cause });
    this.#calls.abandon(hasEnded ? this.#endReason() : this.#ownerEnd);
  }

  #leave(): void {
    this.#token.port.postMessage({ bye: true });
    this.#token.port.close();
  }
}

/** @param first track of frames that name none */
function requireFrame(frame: FrameInput, first: number): void {
  if (typeof frame !== 'object' || frame === null)
    throw new TypeError('A frame is an object with data, timestampUs and isKey, or a WebCodecs chunk');
  const chunk = 'chunk' in frame ? frame.chunk : 'copyTo' in frame ? frame : undefined;
  if (chunk === undefined && !((frame as Frame).data instanceof Uint8Array))
    throw new TypeError('A frame needs its data as a Uint8Array');
  const sizeBytes = chunk?.byteLength ?? (frame as Frame).data.length;
  if (Number.isInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= MAX_FRAME_BYTES) return;
  const trackNumber = ('copyTo' in frame ? undefined : frame.trackNumber) ?? first;
  const timestampUs = chunk?.timestamp ?? (frame as Frame).timestampUs;
  throw new InvalidFrameError(STATUS.STATUS_MKV_INVALID_FRAME_DATA, trackNumber, timestampUs);
}
