/** The owner's side of a stream that another thread puts frames into: takes what lies in the ring, in order, and answers it. */
import type { ContentStore } from '../core/content-store.ts';
import { PlacedPayload } from '../core/placed-payload.ts';
import { FRAME_FLAG } from '../core/core-stream-types.ts';
import type { Platform, ThreadPort, Timer } from '../platform.ts';
import type { Frame, FrameInput, PutResult } from '../producer/options.ts';
import type { ProducerStream, WaitOptions } from '../producer/stream.ts';
import { errorFromMessage, errorToMessage, errorToText } from './error-message.ts';
import {
  ENTRY_ANSWER,
  ENTRY_KIND,
  ENTRY_STATE,
  MAX_TEXT_BYTES,
  type PlacedEntry,
  PutRing,
  RING_ENTRIES,
  RING_WORD,
} from './put-ring.ts';
import { frameFromMessage, type Request, type StreamToken, type ToOwner, type ToPutter } from './share-message.ts';
import type { ThreadHub } from './thread-hub.ts';

/** After the end of the stream the other thread is given this long to let go, milliseconds. */
const FAREWELL_MS = 1_000;
/** Times that a ring is emptied before this thread turns to something else. */
const MAX_PASSES = 8;

/** The stream, as its shares see it. */
export type SharedStream = Pick<
  ProducerStream,
  'tryPutFrame' | 'putFrame' | 'endFragment' | 'putFragmentMetadata' | 'putEventMetadata' | 'flush'
>;

export interface StreamShareOptions {
  readonly platform: Pick<Platform, 'setTimer'>;
  readonly hub: ThreadHub;
  readonly store: ContentStore;
  readonly stream: SharedStream;
  /** How the core adapts NAL units; −1 while it is not known for every track. */
  readonly nal: () => number;
  readonly token: Omit<StreamToken, 'ring' | 'port'>;
  /** The other thread is gone, or has let go. */
  readonly onOver: (share: StreamShare) => void;
  /** The core cannot be used any more. */
  readonly onBroken: () => void;
}

/** A stream as it is handed to one other thread. Made by `ProducerStream.share`. */
export class StreamShare {
  /** Goes to the other thread by `postMessage`, once, with `transfer`. */
  readonly token: StreamToken;
  /** Of a type that `postMessage` of every runtime takes: each has its own for what can be transferred. */
  readonly transfer: never[];
  readonly #options: StreamShareOptions;
  readonly #ring = new PutRing();
  readonly #port: ThreadPort;
  readonly #requests = new Map<number, Request>();
  /** Of what waits, by sequence: for the other thread to end it. */
  readonly #aborts = new Map<number, AbortController>();
  readonly #stopListening: () => void;
  /** Of the entry that is taken next. */
  #sequence = 0;
  #isDraining = false;
  #hasAnswered = false;
  #isOver = false;
  #isEnded = false;
  #farewell: Timer | undefined;

  constructor(options: StreamShareOptions) {
    this.#options = options;
    const [port, theirs] = options.hub.createChannel();
    this.#port = port;
    this.token = { ...options.token, ring: this.#ring.memory, port: theirs };
    this.transfer = [theirs as never];
    this.#ring.set(RING_WORD.ownerSleeps, 1);
    this.#publish();
    this.#stopListening = options.hub.onWaiting((waiting) => this.#ring.set(RING_WORD.waiting, waiting));
    port.onmessage = ({ data }: MessageEvent<ToOwner>) => this.#hear(data);
    port.addEventListener('close', () => this.#over(options.hub.tellsOfEnds));
    port.unref?.();
  }

  /**
   * Says that the other thread has ended without letting go, for runtimes that do not tell by themselves (Deno). What it put whole counts; the
   * room of a frame that it was copying stays taken until the producer is closed, as the thread may run on for a moment.
   */
  workerEnded(): void {
    this.#over(false);
  }

  /** Takes everything that lies in the ring. */
  drain(): void {
    if (this.#isDraining || this.#isOver) return;
    this.#isDraining = true;
    try {
      for (let passes = 0; passes < MAX_PASSES; passes++) {
        this.#takeAll();
        this.#publish();
        this.#tell();
        this.#ring.set(RING_WORD.ownerSleeps, 1);
        // Put after the last look, and before this thread said that it sleeps.
        if (!this.#hasNext || !this.#ring.clear(RING_WORD.ownerSleeps)) return;
      }
    } finally {
      this.#isDraining = false;
    }
    // A thread that puts as fast as entries are taken must not keep this one from everything else.
    this.#options.hub.later(() => this.drain());
  }

  /** The stream has ended: what still lies in the ring, and all that follows, hears why. */
  end(reason: unknown): void {
    if (this.#isEnded || this.#isOver) return;
    this.#isEnded = true;
    this.#ring.writeText(1, errorToText(reason, MAX_TEXT_BYTES));
    this.#ring.set(RING_WORD.ended, 1);
    this.#takeAll();
    this.#tell();
    // Whoever attaches later finds the end in the ring.
    if (this.#ring.get(RING_WORD.attached) === 0) return this.#close();
    this.#ring.set(RING_WORD.ownerSleeps, 1);
    this.#say({ ended: true });
    this.#farewell = this.#options.platform.setTimer(FAREWELL_MS, () => this.#close());
  }

  get #hasNext(): boolean {
    const state = this.#ring.state(this.#sequence);
    if (state === ENTRY_STATE.withdrawn) return true;
    if (state !== ENTRY_STATE.put) return false;
    // What comes by message wakes the owner itself.
    return this.#ring.kind(this.#sequence) === ENTRY_KIND.placed || this.#requests.has(this.#sequence);
  }

  #hear(message: ToOwner): void {
    if (message !== null && 'bye' in message) return this.#close();
    if (message !== null && 'trap' in message) return this.#break(errorFromMessage(message.trap));
    if (message !== null && 'abort' in message) return this.#aborts.get(message.abort)?.abort();
    // One that was taken back meanwhile may have been passed over.
    if (message !== null && message.sequence >= this.#sequence) this.#requests.set(message.sequence, message.request);
    this.drain();
  }

  #takeAll(): void {
    for (let taken = 0; taken < RING_ENTRIES && this.#takeNext(); taken++);
  }

  /** False when there is nothing to take. */
  #takeNext(): boolean {
    if (!this.#hasNext) return false;
    const sequence = this.#sequence++;
    const ring = this.#ring;
    const request = this.#requests.get(sequence);
    this.#requests.delete(sequence);
    if (!ring.changeState(sequence, ENTRY_STATE.put, ENTRY_STATE.taken)) {
      ring.setState(sequence, ENTRY_STATE.free);
      // Somebody may wait for the entry.
      this.#hasAnswered = true;
      return true;
    }
    if (request === undefined) this.#putPlaced(sequence, ring.readPlaced(sequence));
    else if (request.call === 'putFrame') this.#put(sequence, frameFromMessage(request.frame));
    else this.#call(request, this.#signalOf(sequence)).then(this.#settling(sequence), this.#failing(sequence));
    return true;
  }

  #putPlaced(sequence: number, entry: PlacedEntry): void {
    const { slot, payload, sizeBytes, length, flags, trackNumber, timestampUs, decodeTimestampUs, durationUs } = entry;
    const placed = new PlacedPayload(slot, payload, sizeBytes, length);
    const frame: Frame = {
      // Nothing between here and the core looks into it.
      data: placed as unknown as Uint8Array,
      timestampUs,
      ...(Number.isNaN(decodeTimestampUs) ? {} : { decodeTimestampUs }),
      durationUs,
      trackNumber,
      isKey: (flags & FRAME_FLAG.key) !== 0,
      discardable: (flags & FRAME_FLAG.discardable) !== 0,
      invisible: (flags & FRAME_FLAG.invisible) !== 0,
    };
    this.#put(sequence, frame, placed);
  }

  #put(sequence: number, frame: FrameInput, placed?: PlacedPayload): void {
    const { stream } = this.#options;
    try {
      const result = stream.tryPutFrame(frame);
      if (result !== 'full' || this.#ring.blocks(sequence)) return this.#answer(sequence, result, placed);
    } catch (error) {
      return this.#fail(sequence, error, placed);
    }
    stream
      .putFrame(frame, this.#signalOf(sequence))
      .then(this.#settling(sequence, placed), this.#failing(sequence, placed));
  }

  #signalOf(sequence: number): WaitOptions {
    const controller = new AbortController();
    this.#aborts.set(sequence, controller);
    return { signal: controller.signal };
  }

  #call(request: Exclude<Request, { readonly call: 'putFrame' }>, options: WaitOptions): Promise<void> {
    const { stream } = this.#options;
    switch (request.call) {
      case 'endFragment':
        return stream.endFragment(options);
      case 'flush':
        return stream.flush(options);
      case 'putFragmentMetadata':
        return stream.putFragmentMetadata(request.name, request.value, { ...options, persistent: request.persistent });
      case 'putEventMetadata':
        return stream.putEventMetadata(request.events, request.metadata, options);
    }
  }

  #settling(sequence: number, placed?: PlacedPayload): () => void {
    return () => {
      this.#aborts.delete(sequence);
      this.#answer(sequence, 'stored', placed);
      this.#tell();
    };
  }

  #failing(sequence: number, placed?: PlacedPayload): (error: unknown) => void {
    return (error) => {
      this.#aborts.delete(sequence);
      this.#fail(sequence, error, placed);
      this.#tell();
    };
  }

  #answer(sequence: number, result: PutResult, placed: PlacedPayload | undefined): void {
    this.#giveBack(placed);
    this.#ring.setAnswer(sequence, ENTRY_ANSWER[result]);
    this.#hasAnswered = true;
  }

  #fail(sequence: number, error: unknown, placed: PlacedPayload | undefined): void {
    this.#giveBack(placed);
    const message = errorToMessage(error);
    const isBlocking = this.#ring.blocks(sequence);
    if (isBlocking) this.#ring.writeText(0, errorToText(error, MAX_TEXT_BYTES));
    this.#ring.setAnswer(sequence, ENTRY_ANSWER.error);
    if (!isBlocking) this.#say({ sequence, error: message });
    this.#hasAnswered = true;
  }

  /** The slot of a frame that did not get into the stream. */
  #giveBack(placed: PlacedPayload | undefined): void {
    if (placed === undefined || placed.isTaken) return;
    placed.isTaken = true;
    this.#free(placed.slot);
  }

  #free(slot: number): void {
    try {
      this.#options.store.give(slot);
    } catch {
      // The core has failed, which its streams hear of at their next call.
    }
  }

  #tell(): void {
    if (!this.#hasAnswered) return;
    this.#hasAnswered = false;
    const { words } = this.#ring;
    Atomics.add(words, RING_WORD.answers, 1);
    Atomics.notify(words, RING_WORD.answers);
    if (this.#ring.clear(RING_WORD.putterWaits)) this.#say(null);
  }

  #say(message: ToPutter): void {
    if (!this.#isOver) this.#port.postMessage(message);
  }

  #publish(): void {
    this.#ring.set(RING_WORD.nal, this.#options.nal());
  }

  /** The other thread is gone. `isCertain`: not an instruction of it is run any more. */
  #over(isCertain: boolean): void {
    if (this.#isOver) return;
    const ring = this.#ring;
    if (isCertain && this.#options.hub.isHeldBy(ring.get(RING_WORD.lockId)))
      return this.#break(new Error('A thread has ended in the middle of a call into the core'));
    if (isCertain) for (let ahead = 0; ahead < RING_ENTRIES; ahead++) this.#freeUnput(this.#sequence + ahead);
    this.#takeAll();
    this.#tell();
    this.#close();
  }

  /** The slot of an entry that its thread was filling, or had just taken back. */
  #freeUnput(sequence: number): void {
    const state = this.#ring.state(sequence);
    const slot = this.#ring.slot(sequence);
    if (slot > 0 && (state === ENTRY_STATE.filling || state === ENTRY_STATE.withdrawn)) this.#free(slot);
  }

  #break(cause: unknown): void {
    this.#options.hub.fail(cause);
    this.#close();
    this.#options.onBroken();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#farewell?.cancel();
    this.#stopListening();
    this.#port.close();
    this.#options.onOver(this);
  }
}
