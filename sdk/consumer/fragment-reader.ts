import type { Core } from '../core/core.ts';
import { MkvReader, READER_EVENT } from '../core/mkv-reader.ts';
import { ByteBudget } from './byte-budget.ts';
import { chunksOf } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import { MediaParseError } from './errors.ts';
import { FragmentTracker } from './fragment-tracker.ts';
import type { OpenFragment } from './fragment-tracker.ts';
import { FrameCollector } from './frame-collector.ts';
import type { MediaFragment } from './media-types.ts';
import { producerTags, serviceMetadata } from './service-tags.ts';

export type { MediaFragment, MediaFrame, MediaTag, MediaTrack } from './media-types.ts';

export interface ReadFragmentsOptions {
  /** Most that one fragment may hold: frames, tags, and 128 bytes for each of them. Default 64 MiB; KVS allows 50 MB. */
  readonly maxFragmentBytes?: number;
}

const DEFAULT_MAX_FRAGMENT_BYTES = 64 << 20;

/**
 * Reads the fragments of a GetMedia response, or of the body of a PutMedia request, one by one as they become complete
 * (`FragmentTracker` says when that is). Nothing is read ahead of the consumer but the source's current chunk. Leaving the
 * loop early cancels the source.
 * @throws MediaParseError (not Matroska, or broken off inside an element; `partialFragment` has what was there),
 *   MediaTooLargeError, MediaStreamError (the service reported an error in the stream); each after all complete fragments
 */
export async function* readFragments(
  core: Core,
  source: ByteSource,
  options: ReadFragmentsOptions = {},
): AsyncGenerator<MediaFragment, void, undefined> {
  const reader = new MkvReader(core);
  try {
    const assembler = new FragmentAssembler(reader, options.maxFragmentBytes ?? DEFAULT_MAX_FRAGMENT_BYTES);
    for await (const chunk of chunksOf(source)) {
      for (let taken = 0; taken < chunk.length;) {
        taken += reader.push(chunk, taken);
        yield* assembler.drain();
      }
    }
    reader.finish();
    yield* assembler.drain();
  } finally {
    reader.dispose();
  }
}

/** Turns the reader's events into fragments. */
class FragmentAssembler {
  readonly #reader: MkvReader;
  readonly #tracker: FragmentTracker;
  readonly #frames: FrameCollector;

  constructor(reader: MkvReader, maxFragmentBytes: number) {
    const budget = new ByteBudget('a fragment', maxFragmentBytes);
    this.#reader = reader;
    this.#tracker = new FragmentTracker(reader, budget);
    this.#frames = new FrameCollector(reader, this.#tracker, budget);
  }

  /** The fragments that the input so far completes. */
  *drain(): Generator<MediaFragment, void, undefined> {
    for (;;) {
      const event = this.#reader.next();
      if (event === READER_EVENT.NEED_DATA) return;
      if (event === READER_EVENT.FAULT) throw new MediaParseError(this.#reader.fault, this.#partial());
      const ended = this.#tracker.handle(event);
      if (ended !== null) yield this.#fragment(ended);
      if (this.#tracker.streamError !== null) throw this.#tracker.streamError;
      if (event === READER_EVENT.FINISHED) return;
      this.#frames.handle(event);
    }
  }

  #partial(): MediaFragment | undefined {
    const { current } = this.#tracker;
    return current === null ? undefined : this.#fragment(current);
  }

  #fragment({ clusterTimecode, timecodeScaleNs, tracks, tags }: OpenFragment): MediaFragment {
    return {
      ...serviceMetadata(tags),
      clusterTimecode,
      timecodeScaleNs,
      tracks,
      tags: producerTags(tags),
      frames: this.#frames.take(),
    };
  }
}
