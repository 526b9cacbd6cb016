/**
 * What the SDK asks of the web platform, for engines that have none of it. The build of the bundle puts these in the place of the globals
 * of the same names (`scripts/embedded-bundle.mjs`), inside the bundle alone: the engine's own globals stay as they are.
 */
export { AbortController, AbortSignal } from './abort.ts';
export { DOMException } from './dom-exception.ts';
export { ReadableStream } from './readable-stream.ts';
export { TextDecoder, TextEncoder } from './text.ts';
export { URL } from './url.ts';
export { WritableStream } from './writable-stream.ts';
