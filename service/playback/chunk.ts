/**
 * One chunk of a GetMedia response: a fragment as a complete Matroska document, with the service's tags in it.
 *
 * ```
 * | header | the fragment's tags | leading tags | cluster | trailing tags |
 *   as the producer sent them      ours           as sent   ours
 * ```
 * Source: service-api §3.3.
 */
import type { MediaChunk } from './chunk-log.ts';
import { leadingTags, trailingTags } from './media-tags.ts';

/** A chunk whose bytes have been seen to be there. */
export interface OpenedChunk {
  /**
   * The bytes, in pieces that come as they are asked for. Must be read, or returned from.
   * @param millisBehindNow  distance from this fragment to the newest of the stream, asked for when it is written
   */
  read(millisBehindNow: () => number): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Reads the beginning of a chunk, so that one that is gone is found out before anything of it was sent.
 * @throws BlobNotFoundError when the fragment has expired; whatever else the store fails with
 */
export async function openChunk(chunk: MediaChunk): Promise<OpenedChunk> {
  const header: Uint8Array[] = [];
  for await (const piece of chunk.header()) header.push(piece);
  const media = chunk.media()[Symbol.asyncIterator]();
  const first = await media.next();

  async function* read(millisBehindNow: () => number): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* header;
      if (chunk.facts.tags.length > 0) yield chunk.facts.tags;
      yield leadingTags(chunk.facts);
      for (let piece = first; piece.done !== true; piece = await media.next()) yield piece.value;
      yield trailingTags(chunk.facts.fragmentNumber, millisBehindNow());
    } finally {
      await media.return?.();
    }
  }
  return { read };
}
