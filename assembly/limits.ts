/** Limits of the core, each with its reason. Sizes in bytes, lengths of strings in UTF-8 bytes. */

/** Open stores, streams and readers together. KVS clients stop at 128 streams; a service host opens a reader per upload. */
export const MAX_HANDLES: u32 = 1024;

/** Largest store: pointers must stay positive i32 on the host's side, and the streams need room beside it. */
export const MAX_STORE_BYTES: u32 = 0x7f000000;

/** Smallest store that is of any use; the KVS producer's own lower bound is 10 MiB, tests want less. */
export const MIN_STORE_BYTES: u32 = 4096;

/** KVS streams have at most three tracks. */
export const MAX_TRACKS: u32 = 3;

/** Highest track number that a block's one octet can hold: 127 is all ones, which is reserved. */
export const MAX_TRACK_NUMBER: u32 = 126;

/** PixelWidth and PixelHeight are written as 16-bit numbers, Channels and BitDepth as one octet. */
export const MAX_PIXELS: u32 = 0xffff;
export const MAX_AUDIO_NUMBER: u32 = 0xff;

/** Limits of the KVS producer's packager, so that what is accepted here is accepted there. */
export const MAX_CODEC_ID_BYTES: u32 = 32;
export const MAX_TRACK_NAME_BYTES: u32 = 32;
export const MAX_CONTENT_TYPE_BYTES: u32 = 128;
export const MAX_CODEC_PRIVATE_BYTES: u32 = 1 << 20;
export const MAX_TAG_NAME_BYTES: u32 = 128;
export const MAX_TAG_VALUE_BYTES: u32 = 256;

/** Tags that may wait for the next fragment, those of events counted one by one. */
export const MAX_QUEUED_TAGS: u32 = 25;

/** Event metadata: pairs beside an event, and the prefix of generated images. */
export const MAX_EVENT_PAIRS: u32 = 10;
export const MAX_IMAGE_PREFIX_BYTES: u32 = 256;

/** Title and application names are written with a size field of one octet. */
export const MAX_APPLICATION_BYTES: u32 = 126;

/** Cluster durations when fragments are cut by duration: 1 s and 30 s, in ticks. */
export const MIN_FRAGMENT_TICKS: u64 = 10000000;
export const MAX_FRAGMENT_TICKS: u64 = 300000000;

/**
 * Room for parameter sets that are found in the first key frame. Those of a 4K stream with several picture parameter sets take a few
 * hundred bytes; with the messages that encoders put beside them still less than this.
 */
export const FOUND_CODEC_PRIVATE_BYTES: u32 = 4096;

/** Room for the list of a track's parameter sets: 64 picture parameter sets of 25 bytes, as no encoder is known to write them, fit. */
export const MAX_PARAMETER_SETS_BYTES: u32 = 2048;

/** Slack in front of an Annex-B payload: one byte for each three-byte start code. More than this moves the frame to a larger slot once. */
export const NAL_SLACK_BYTES: u32 = 48;
