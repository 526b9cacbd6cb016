/** What a call of the core has left in its results, as objects; to be read before the next call. */
import type { Core } from './core.ts';
import type { AckOutcome, ChangedTrack, CoreStreamStats } from './core-stream-types.ts';

/** Tracks that a stream can have. */
const MAX_TRACKS = 3;

/** The results of `streamStats` from here on are numbers of tracks (`assembly/stream/stats.ts`). */
const FIRST_TRACK_FIGURE = 11;

/**
 * Of a call that took frames out of the view. `result`: what it returned. One literal: acks come often, and spreading an object costs more than
 * they do.
 */
export function removedFrames(core: Core, result: number): AckOutcome {
  return {
    status: result < 0 ? -result : 0,
    coversOpen: result > 0,
    fragments: core.result(0),
    frames: core.result(1),
    sentFrames: core.result(2),
    bytes: core.result(3),
    firstPtsUs: core.result(4),
    lastPtsUs: core.result(5),
    firstFragment: core.result(6),
    lastFragment: core.result(7),
  };
}

/** Of `streamStats`. */
export function streamFigures(core: Core): CoreStreamStats {
  return {
    items: core.result(0),
    fragments: core.result(1),
    bytes: core.result(2),
    unsentItems: core.result(3),
    unsentBytes: core.result(4),
    durationUs: core.result(5),
    unsentDurationUs: core.result(6),
    framesStored: core.result(8),
    framesSkipped: core.result(9),
    fragmentsBegun: core.result(10),
    codecPrivateDataChanges: core.result(14),
    fragmentsRead: core.result(15),
  };
}

/** Of `streamStats`: numbers of the tracks without codec private data. */
export function tracksWithoutPrivateData(core: Core): number[] {
  return Array.from({ length: MAX_TRACKS }, (_, index) => core.result(FIRST_TRACK_FIGURE + index)).filter(
    (trackNumber) => trackNumber !== 0,
  );
}

/** Of a `frameCommit` that began a generation. */
export function changedTracks(core: Core): ChangedTrack[] {
  const tracks = Array.from({ length: MAX_TRACKS }, (_, index) => ({
    trackNumber: core.result(3 * index),
    width: core.result(3 * index + 1),
    height: core.result(3 * index + 2),
  }));
  return tracks.filter(({ trackNumber }) => trackNumber !== 0);
}
