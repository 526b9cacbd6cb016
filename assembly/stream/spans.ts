import { Stream } from './stream';

/**
 * The span table: what one read hands to the host, as addresses and lengths in the order of the bytes. The host copies each once, straight
 * into its own chunk.
 *
 * ```
 * byte  0          4          8           12         16
 *       | status   | unused   | address 0 | length 0 | …
 * ```
 * The status says why the read ended: 0 the room was filled, 1 call `streamRead` again, or a KVS status.
 */

/** Spans of one call. More only saves calls into the core; at 1 KB a frame this fills a 64 KiB chunk. */
export const MAX_SPANS: u32 = 64;
const SPAN_BYTES: u32 = 8;
const TABLE_HEAD_BYTES: u32 = 8;
export const SPAN_TABLE_BYTES: u32 = TABLE_HEAD_BYTES + MAX_SPANS * SPAN_BYTES;

/** Enters a span. */
export function putSpan(stream: Stream, index: u32, address: usize, sizeBytes: u32): void {
  const entry = stream.spans + index * SPAN_BYTES;
  store<usize>(entry, address, 8);
  store<u32>(entry, sizeBytes, 12);
}

/** Says why the read ends. */
export function putReadStatus(stream: Stream, status: i32): void {
  store<i32>(stream.spans, status);
}
