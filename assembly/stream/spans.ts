import { Stream } from './stream';

/**
 * The span table: what one read hands to the host, as addresses and lengths in the order of the bytes. The host copies each once, straight
 * into its own chunk.
 *
 * ```
 * byte  0           8                  16
 *       | address 0 | length 0 | …
 * ```
 */

/** Spans of one call. More only saves calls into the core; at 1 KB a frame this fills a 64 KiB chunk. */
export const MAX_SPANS: u32 = 64;
const SPAN_BYTES: u32 = 8;
export const SPAN_TABLE_BYTES: u32 = MAX_SPANS * SPAN_BYTES;

/** Enters a span. */
export function putSpan(stream: Stream, index: u32, address: usize, sizeBytes: u32): void {
  const entry = stream.spans + index * SPAN_BYTES;
  store<usize>(entry, address);
  store<u32>(entry, sizeBytes, 4);
}
