/** Limits of the core, each with its reason. Sizes in bytes, lengths of strings in UTF-8 bytes. */

/** Open stores, streams and readers together. KVS clients stop at 128 streams; a service host opens a reader per upload. */
export const MAX_HANDLES: i32 = 1024;

/** Largest store: pointers must stay positive i32 on the host's side, and the streams need room beside it. */
export const MAX_STORE_BYTES: u32 = 0x7f000000;

/** Smallest store that is of any use; the KVS producer's own lower bound is 10 MiB, tests want less. */
export const MIN_STORE_BYTES: u32 = 4096;
