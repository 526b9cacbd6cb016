/** The consumer: fragments, frames and tags out of GetMedia. */
export { MediaParseError, MediaStreamError, MediaTooLargeError, TracksChangedError } from './errors.ts';
export { readFragments } from './fragment-reader.ts';
export type { ReadFragmentsOptions } from './fragment-reader.ts';
export { getMedia } from './get-media.ts';
export type { MediaTarget, StartSelector } from './get-media.ts';
export { splitLace } from './lace.ts';
export type { MediaFragment, MediaFrame, MediaTag, MediaTrack, ServiceMetadata } from './media-types.ts';
export { mergeSegments } from './merge.ts';
export type { MergedFragment, MergeOptions } from './merge.ts';
export type { ByteSource } from './byte-source.ts';
