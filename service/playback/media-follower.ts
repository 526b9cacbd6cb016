/**
 * The body of one GetMedia response.
 *
 * Pulled by its reader: a chunk is looked up, read and sent only as fast as the reader takes it. At the head of the stream
 * it sleeps until the live channel wakes it.
 */
import type { Timer } from '../../sdk/platform.ts';
import type { ServiceContext } from '../context.ts';
import { describeError } from '../errors.ts';
import { parseFragmentNumber } from '../fragment-number.ts';
import type { LiveChannel } from '../live/live-hub.ts';
import { BlobNotFoundError } from '../storage.ts';
import type { StreamRow } from '../storage.ts';
import { ChunkLog } from './chunk-log.ts';
import type { MediaChunk } from './chunk-log.ts';
import { openChunk } from './chunk.ts';
import type { OpenedChunk } from './chunk.ts';
import type { MediaStart } from './get-media-request.ts';
import { errorTags } from './media-tags.ts';

/** Rows looked up at a time. */
const PAGE_LENGTH = 16;

type MediaBytes = AsyncGenerator<Uint8Array, void, undefined>;

export class MediaFollower {
  readonly body: ReadableStream<Uint8Array>;
  readonly #context: ServiceContext;
  readonly #stream: StreamRow;
  readonly #channel: LiveChannel;
  readonly #log: ChunkLog;
  /** Aborts when nothing more is wanted after the chunk under way. */
  readonly #over = new AbortController();
  readonly #sessionTimer: Timer;
  #isReleased = false;
  /** Sequence of the last chunk dealt with. */
  #position = 0;
  /** Chunks that end before this are passed over: a start in the future. */
  #notBefore: Extract<MediaStart, { kind: 'at' }> | null = null;

  constructor(context: ServiceContext, stream: StreamRow, start: MediaStart) {
    this.#context = context;
    this.#stream = stream;
    this.#channel = context.live.channel(stream.streamId);
    this.#channel.readerCount += 1;
    this.#log = new ChunkLog(context, stream.streamId);
    this.#sessionTimer = context.platform.setTimer(context.limits.maxConnectionDurationMs, () => this.#over.abort());
    this.body = this.#bodyOf(this.#follow(start));
  }

  #bodyOf(bytes: MediaBytes): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await bytes.next().catch((error: unknown) => {
            this.#release();
            throw error;
          });
          if (piece.done !== true) return controller.enqueue(piece.value);
          this.#release();
          controller.close();
        },
        cancel: async () => {
          this.#over.abort();
          this.#release();
          await bytes.return();
        },
      },
      // Nothing is read ahead of the reader.
      { highWaterMark: 0 },
    );
  }

  /** Gives back what the response holds. May be called again: a cancelled response still finishes its last pull. */
  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#sessionTimer.cancel();
    this.#channel.readerCount -= 1;
  }

  async *#follow(start: MediaStart): MediaBytes {
    if (start.kind === 'after' && !(await this.#wasGivenOut(start.fragmentNumber))) {
      yield errorTags(start.fragmentNumber, 4000);
      return;
    }
    await this.#seek(start);
    // Fragments of this process announce themselves; what was newest before them, only the index knows.
    this.#channel.newestTimestampMs ??= (await this.#log.latest())?.facts.serverTimestampMs ?? null;
    const { signal } = this.#over;
    for (;;) {
      const { version } = this.#channel;
      const chunks = await this.#log.after(this.#position, PAGE_LENGTH);
      for (const chunk of chunks) {
        if (signal.aborted || this.#channel.isOver) return;
        yield* this.#send(chunk);
        this.#position = chunk.facts.sequence;
      }
      if (chunks.length > 0) continue;
      if (this.#channel.isOver) return;
      const hasChanged = await this.#channel.changedSince(version, this.#context.limits.readerIdleTimeoutMs, signal);
      if (!hasChanged) return;
    }
  }

  async #seek(start: MediaStart): Promise<void> {
    switch (start.kind) {
      case 'earliest':
        return;
      case 'after':
        this.#position = parseFragmentNumber(start.fragmentNumber)?.sequence ?? 0;
        return;
      case 'now':
        this.#position = ((await this.#log.latest())?.facts.sequence ?? 1) - 1;
        return;
      case 'at': {
        const chunk = await this.#log.at(start.clock, start.timestampMs);
        if (chunk !== null) {
          this.#position = chunk.facts.sequence - 1;
          return;
        }
        this.#position = (await this.#log.latest())?.facts.sequence ?? 0;
        this.#notBefore = start;
      }
    }
  }

  /** Whether a number may be one of this stream's; the fragment itself may have expired since. */
  async #wasGivenOut(fragmentNumber: string): Promise<boolean> {
    const parts = parseFragmentNumber(fragmentNumber);
    if (parts === null) return false;
    const lastSequence = await this.#context.streams.lastSequence(this.#stream.streamId);
    return parts.sequence <= Math.max(lastSequence, this.#channel.lastSequence);
  }

  /** Sends a chunk. One that has expired meanwhile is passed over; one that cannot be read ends the response. */
  async *#send(chunk: MediaChunk): MediaBytes {
    if (this.#isTooEarly(chunk)) return;
    let opened: OpenedChunk;
    try {
      opened = await openChunk(chunk);
    } catch (error) {
      if (error instanceof BlobNotFoundError) return;
      const { fragmentNumber } = chunk.facts;
      this.#context.platform.log('error', 'fragment cannot be read', {
        stream: this.#stream.name,
        fragmentNumber,
        error: describeError(error),
      });
      yield errorTags(fragmentNumber, 5000);
      this.#over.abort();
      return;
    }
    yield* opened.read(() => Math.max(0, (this.#channel.newestTimestampMs ?? 0) - chunk.facts.serverTimestampMs));
  }

  #isTooEarly({ facts }: MediaChunk): boolean {
    if (this.#notBefore === null) return false;
    const { clock, timestampMs } = this.#notBefore;
    const startMs = clock === 'server' ? facts.serverTimestampMs : facts.producerTimestampMs;
    if (startMs + facts.durationMs <= timestampMs) return true;
    this.#notBefore = null;
    return false;
  }
}
