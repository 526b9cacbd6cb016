/** A stream of another thread's producer, as a thread that puts frames into it sees it. */
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import { CorePoisonedError, KvsError, StreamStoppedError } from '../errors.ts';
import type { FrameInput, PutResult } from '../producer/options.ts';
import { requireEvents, requireText } from '../producer/option-checks.ts';
import * as STATUS from '../status-codes.ts';
import { type ErrorMessage, errorFromMessage, errorToMessage } from './error-message.ts';
import { FramePlacer } from './frame-placer.ts';
import { PutCalls } from './put-calls.ts';
import { ENTRY_ANSWER, ENTRY_STATE, PutRing, RING_WORD } from './put-ring.ts';
import {
  descriptionOf,
  frameToMessage,
  type Request,
  type StreamToken,
  TOKEN_TYPE,
  type ToPutter,
} from './share-message.ts';

/** How long `tryPutFrame` blocks for an owner that does nothing, and for one that is in the middle of the frame; milliseconds. */
const ANSWER_WITHIN_MS = 1_000;
const TAKEN_WITHIN_MS = 10_000;
const SLICE_MS = 100;

const RESULTS: readonly PutResult[] = ['stored', 'skipped', 'full', 'dropped'];

/**
 * Attaches this thread to a stream that another one shares.
 * @param token of `ProducerStream.share()`, as it came through `postMessage`. One thread, once.
 * Throws `KvsError` of status STATUS_INVALID_ARG for anything else.
 */
export function attachStream(token: StreamToken): AttachedStream {
  if (typeof token !== 'object' || token === null || token.type !== TOKEN_TYPE)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'attachStream takes the token of a shared stream');
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
  #isClosed = false;

  /** Use `attachStream`. */
  constructor(token: StreamToken) {
    this.name = token.streamName;
    this.#token = token;
    this.#ring = new PutRing(token.ring);
    this.#placer = new FramePlacer(token, this.#ring);
    this.#calls = new PutCalls(this.#ring, token.port, (sequence) => this.#placer.giveBack(sequence));
    token.port.onmessage = ({ data }: MessageEvent<ToPutter>) => this.#hear(data);
    token.port.unref?.();
  }

  /**
   * Puts a frame; resolves and rejects as `ProducerStream.putFrame` does, when the owner has taken it. Frames keep the order of the calls;
   * those that are not awaited follow each other without a pause, up to 64, and `data` must stay as it is until its promise resolves.
   */
  async putFrame(frame: FrameInput): Promise<void> {
    requireFrame(frame);
    try {
      await this.#calls.enter((sequence) => this.#begin(sequence, frame, false));
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
    requireFrame(frame);
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
  async endFragment(): Promise<void> {
    await this.#request({ call: 'endFragment' });
  }

  /** As `ProducerStream.putFragmentMetadata`. */
  async putFragmentMetadata(name: string, value: string, { persistent = false } = {}): Promise<void> {
    requireText('name', name);
    requireText('value', value);
    await this.#request({ call: 'putFragmentMetadata', name, value, persistent });
  }

  /** As `ProducerStream.putEventMetadata`. */
  async putEventMetadata(events: readonly StreamEventType[], metadata: EventMetadata = {}): Promise<void> {
    requireEvents(events, metadata);
    await this.#request({ call: 'putEventMetadata', events, metadata });
  }

  /** As `ProducerStream.flush`: of what any thread has put so far. */
  async flush(): Promise<void> {
    await this.#request({ call: 'flush' });
  }

  /** Lets go of the stream, which goes on without this thread, once everything put is answered. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#calls.settled();
    this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #request(request: Request): Promise<void> {
    await this.#calls.enter((sequence) => this.#send(sequence, request, false));
  }

  #fill(sequence: number, frame: FrameInput): void {
    try {
      this.#begin(sequence, frame, true);
    } catch (error) {
      this.#calls.skip(sequence);
      throw error;
    }
  }

  #begin(sequence: number, frame: FrameInput, blocks: boolean): void {
    this.#assertOpen();
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
    this.#assertOpen();
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
      if (waitedMs >= TAKEN_WITHIN_MS)
        throw new KvsError(STATUS.STATUS_OPERATION_TIMED_OUT, `The owner of ${this.name} does not answer`);
    }
    const answer = ring.answer(sequence);
    const text = answer === ENTRY_ANSWER.error ? ring.readText(0) : '';
    this.#calls.release(sequence);
    if (answer === ENTRY_ANSWER.error) throw errorFromMessage(JSON.parse(text) as ErrorMessage);
    return RESULTS[answer] ?? 'full';
  }

  #assertOpen(): void {
    if (this.#ring.get(RING_WORD.ended) !== 0) throw this.#endReason();
    if (this.#isClosed) throw new StreamStoppedError(this.name);
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

  #leave(): void {
    this.#token.port.postMessage({ bye: true });
    this.#token.port.close();
  }
}

function requireFrame(frame: FrameInput): void {
  if (typeof frame !== 'object' || frame === null)
    throw new TypeError('A frame is an object with data, timestampUs and isKey, or a WebCodecs chunk');
  if (!('chunk' in frame) && !('copyTo' in frame) && !(frame.data instanceof Uint8Array))
    throw new TypeError('A frame needs its data as a Uint8Array');
}
