/** A stream's fragments as GetMedia sees them, in ingest order: those in the archive, and those in the live buffer. */
import type { ServiceContext } from '../context.ts';
import type { BufferedFragment, FragmentFacts, LiveBuffer } from '../live/live-buffer.ts';
import type { FragmentRow, FragmentStore, StreamIndex } from '../storage.ts';

/** A fragment with the header it is played behind. Its bytes are read when they are asked for. */
export interface MediaChunk {
  readonly facts: FragmentFacts;
  /** @throws BlobNotFoundError when the fragment has expired */
  header(): AsyncIterable<Uint8Array>;
  /** @throws BlobNotFoundError when the fragment has expired */
  media(): AsyncIterable<Uint8Array>;
}

/** Which clock a timestamp is read on. */
export type Clock = 'server' | 'producer';

export class ChunkLog {
  readonly #streamId: string;
  readonly #streams: StreamIndex;
  readonly #fragments: FragmentStore;
  readonly #buffer: LiveBuffer;

  constructor(context: ServiceContext, streamId: string) {
    this.#streamId = streamId;
    this.#streams = context.streams;
    this.#fragments = context.fragments;
    this.#buffer = context.live.channel(streamId).buffer;
  }

  /** The newest chunk, or null. */
  async latest(): Promise<MediaChunk | null> {
    const buffered = this.#buffer.first({ kind: 'latest' });
    const row = await this.#streams.firstFragment(this.#streamId, { kind: 'latest' });
    if (row === null) return buffered && bufferedChunk(buffered);
    return buffered !== null && buffered.facts.sequence > row.sequence ? bufferedChunk(buffered) : this.#stored(row);
  }

  /** The chunk that contains a time, else the first after it, else null. */
  async at(clock: Clock, timestampMs: number): Promise<MediaChunk | null> {
    const query = { kind: 'at', clock, timestampMs } as const;
    const row = await this.#streams.firstFragment(this.#streamId, query);
    if (row !== null) return this.#stored(row);
    const buffered = this.#buffer.first(query);
    return buffered && bufferedChunk(buffered);
  }

  /** The next chunks after a sequence, at most `limit`. */
  async after(sequence: number, limit: number): Promise<MediaChunk[]> {
    const buffered = this.#buffer.after(sequence, limit).map(bufferedChunk);
    const rows = await this.#streams.fragmentsAfter(this.#streamId, sequence, limit);
    const stored = rows.map((row) => this.#stored(row));
    if (buffered.length === 0) return stored;
    return [...stored, ...buffered].sort((a, b) => a.facts.sequence - b.facts.sequence).slice(0, limit);
  }

  #stored(row: FragmentRow): MediaChunk {
    return {
      facts: row,
      header: () => this.#fragments.read(row.header),
      media: () => this.#fragments.read(row.media),
    };
  }
}

function bufferedChunk({ facts, header, media }: BufferedFragment): MediaChunk {
  return { facts, header: () => whole(header), media: () => whole(media) };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
