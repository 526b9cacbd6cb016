import type { Core } from '../core/core.ts';
import { MkvReader } from '../core/mkv-reader.ts';
import { chunksOf } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import type { ServiceMetadata } from './media-types.ts';
import { SegmentMerger } from './segment-merger.ts';

/** What a merge tells of each fragment that it has dealt with. */
export interface MergedFragment extends ServiceMetadata {
  /** As it came, in timecode-scale units. */
  readonly clusterTimecode: number;
  readonly timecodeScaleNs: number;
  /** Blocks. */
  readonly frameCount: number;
  /** Earliest and latest presentation time as they came, microseconds; NaN without blocks. */
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
  /** True when it was left out because an earlier copy of it is in the file. */
  readonly isReplay: boolean;
}

export interface MergeOptions {
  /** Called once for each fragment after all of its bytes, as soon as its trailing tags have been read; true ends the merge. */
  readonly until?: (fragment: MergedFragment) => boolean;
  /** Let the file begin at time zero instead of at the first cluster's timecode. Default false. */
  readonly rebase?: boolean;
  /** Keep fragments that were sent again, at their own timecodes, so that time jumps back in the file. Default false. */
  readonly keepReplays?: boolean;
  /**
   * What to do when the tracks change (other codec data, size, number): `fail` throws TracksChangedError, `restart` begins a
   * second document behind the first, which some players take and some do not. Default `fail`.
   */
  readonly whenTracksChange?: 'fail' | 'restart';
}

/**
 * Merges the concatenated documents of a GetMedia response into one playable Matroska file: the first header once, then
 * the clusters. Clusters are passed on as they come in, byte for byte, except for timecodes where `rebase` or a
 * restart of relative timecodes asks for it. Left out: the headers of later documents, indexes, all Tags but the application's in front
 * of the first cluster, and fragments that are there already (`MergedTimeline`). The header's Duration becomes a Void, since it
 * is not that of the merged file.
 *
 * Memory: the source's current chunk, a header of at most 8 MiB, and the reader's window. The pieces are views of the source's chunks.
 * @throws MediaParseError, MediaTooLargeError, MediaStreamError, TracksChangedError, each after the bytes before it
 */
export async function* mergeSegments(
  core: Core,
  source: ByteSource,
  options: MergeOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new MkvReader(core, { skipPayloads: true });
  try {
    const merger = new SegmentMerger(reader, options);
    for await (const chunk of chunksOf(source)) {
      merger.append(chunk);
      for (let taken = 0; taken < chunk.length;) {
        taken += reader.push(chunk, taken);
        yield* merger.drain();
        if (merger.isDone) return;
      }
      yield* merger.passOn();
    }
    reader.finish();
    yield* merger.drain();
  } finally {
    reader.dispose();
  }
}
