/**
 * Where the bytes of a connection's fragments go: to the fragment store when the stream has a retention, to the live
 * buffer in memory when it has none.
 */
import type { ServiceContext } from '../context.ts';
import type { FragmentFacts } from '../live/live-buffer.ts';
import type { LiveChannel } from '../live/live-hub.ts';
import type { BlobLocation, FragmentWriter } from '../storage.ts';
import { GatheredBytes } from './gathered-bytes.ts';
import { PersistQueue } from './persist-queue.ts';
import type { PersistQueueEvents, SealedFragment } from './persist-queue.ts';

/** Takes one fragment at a time: `open`, `append` any number of times, then `seal` and `publish`, or `discard`. */
export interface FragmentSink {
  open(header: Uint8Array): Promise<void>;
  /** Resolves when more can be taken. The bytes are the sink's from the call on. */
  append(bytes: Uint8Array): Promise<void>;
  /**
   * The fragment is whole.
   * @param timecode  of its cluster, as the producer wrote it
   */
  seal(facts: FragmentFacts, timecode: number): Promise<void>;
  /** Sets the sealed fragment on its way to the readers. */
  publish(): void;
  /** Throws away the fragment under way. */
  discard(): Promise<void>;
}

/** Keeps fragments in the live buffer. A fragment that can never fit there is let go as soon as that is seen. */
export class LiveSink implements FragmentSink {
  readonly #channel: LiveChannel;
  readonly #maxBytes: number;
  readonly #media = new GatheredBytes();
  #header: Uint8Array = new Uint8Array();
  #facts: FragmentFacts | null = null;
  #isTooLarge = false;

  /** @param maxBytes  size of the live buffer */
  constructor(channel: LiveChannel, maxBytes: number) {
    this.#channel = channel;
    this.#maxBytes = maxBytes;
  }

  open(header: Uint8Array): Promise<void> {
    this.#header = header;
    return this.discard();
  }

  append(bytes: Uint8Array): Promise<void> {
    this.#isTooLarge ||= this.#media.sizeBytes + bytes.length > this.#maxBytes;
    if (this.#isTooLarge) this.#media.clear();
    else this.#media.append(bytes);
    return Promise.resolve();
  }

  seal(facts: FragmentFacts): Promise<void> {
    this.#facts = facts;
    return Promise.resolve();
  }

  publish(): void {
    if (this.#facts === null || this.#isTooLarge) return;
    this.#channel.publish({ facts: this.#facts, header: this.#header, media: this.#media.take() });
    void this.discard();
  }

  discard(): Promise<void> {
    this.#media.clear();
    this.#facts = null;
    this.#isTooLarge = false;
    return Promise.resolve();
  }
}

/**
 * Writes fragments to the store and has them persisted in the background. The header is written once a connection, behind
 * the first fragment that became whole: a connection that never gets there leaves nothing in the store.
 */
export class ArchiveSink implements FragmentSink {
  readonly #writer: FragmentWriter;
  readonly #queue: PersistQueue;
  #headerBytes: Uint8Array = new Uint8Array();
  #header: BlobLocation | null = null;
  #sealed: SealedFragment | null = null;

  static async create(context: ServiceContext, streamId: string, events: PersistQueueEvents): Promise<ArchiveSink> {
    const writer = await context.fragments.openWriter(streamId);
    return new ArchiveSink(writer, new PersistQueue(writer, context.streams, events));
  }

  private constructor(writer: FragmentWriter, queue: PersistQueue) {
    this.#writer = writer;
    this.#queue = queue;
  }

  async open(header: Uint8Array): Promise<void> {
    this.#headerBytes = header;
    await this.#queue.room();
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#writer.append(bytes);
  }

  async seal(facts: FragmentFacts, timecode: number): Promise<void> {
    const media = await this.#writer.seal();
    this.#header ??= await this.#writeHeader();
    this.#sealed = { row: { ...facts, media: media.location, header: this.#header }, timecode };
  }

  publish(): void {
    if (this.#sealed !== null) this.#queue.add(this.#sealed);
    this.#sealed = null;
  }

  discard(): Promise<void> {
    return this.#writer.abort();
  }

  /** Resolves when everything published is persisted, or has failed, and the writer is closed. */
  async close(): Promise<void> {
    await this.#queue.drained();
    await this.#writer.close();
  }

  /** Lets go of what is not yet persisted: the stream is gone. */
  abandon(): void {
    this.#queue.abandon();
  }

  async #writeHeader(): Promise<BlobLocation> {
    await this.#writer.append(this.#headerBytes);
    return (await this.#writer.seal()).location;
  }
}
