/** What CoreStream.putFrame answers, and the one flag that decides on it: numbers alone, which leave nothing of this module in a bundle. */

/** Result of CoreStream.putFrame: stored. */
export const FRAME_STORED = 0;
/** Result of CoreStream.putFrame: skipped, because the stream waits for a key frame. */
export const FRAME_SKIPPED = 1;
/** Result of CoreStream.putFrame: stored, and it began a fragment. */
export const FRAME_BEGAN_FRAGMENT = 2;
/** Result of CoreStream.putFrame: the same, and it is the first with changed codec private data. */
export const FRAME_BEGAN_GENERATION = 3;

/** The part of a result of CoreStream.putFrame that is one of these. */
export const FRAME_RESULT_MASK = 3;
/** The flag of CoreStream.putFrame that a key frame has, for code that needs no other. */
export const FRAME_KEY = 1;
