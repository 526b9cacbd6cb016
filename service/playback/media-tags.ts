/**
 * The service's own Matroska tags in a GetMedia response: which fragment follows, and where to resume after it.
 *
 * ```
 * Tags  12 54 C3 67  1x xx xx xx            every size is four bytes wide (marker 0x10000000)
 *   Tag  73 73  1x xx xx xx                 no Targets
 *     SimpleTag  67 C8  1x xx xx xx         one a tag
 *       TagName    45 A3  1x xx xx xx  text
 *       TagString  44 87  1x xx xx xx  text
 * ```
 * Source: service-api §3.3, byte for byte as in the recorded response of the original service.
 */
import type { FragmentRow } from '../storage.ts';

const TAGS_ID = [0x12, 0x54, 0xc3, 0x67] as const;
const TAG_ID = [0x73, 0x73] as const;
const SIMPLE_TAG_ID = [0x67, 0xc8] as const;
const TAG_NAME_ID = [0x45, 0xa3] as const;
const TAG_STRING_ID = [0x44, 0x87] as const;

/** A name and its text, in the order in which they are written. */
export type MediaTag = readonly [name: string, value: string];

/** The tags in front of a fragment's cluster. */
export function leadingTags(
  fragment: Pick<FragmentRow, 'fragmentNumber' | 'serverTimestampMs' | 'producerTimestampMs'>,
): Uint8Array {
  return encodeTags([
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', fragment.fragmentNumber],
    ['AWS_KINESISVIDEO_SERVER_TIMESTAMP', formatSeconds(fragment.serverTimestampMs)],
    ['AWS_KINESISVIDEO_PRODUCER_TIMESTAMP', formatSeconds(fragment.producerTimestampMs)],
  ]);
}

/**
 * The tags behind a fragment's cluster.
 * @param millisBehindNow  distance from this fragment to the newest of the stream, integer milliseconds
 */
export function trailingTags(fragmentNumber: string, millisBehindNow: number): Uint8Array {
  return encodeTags([
    ['AWS_KINESISVIDEO_MILLIS_BEHIND_NOW', millisBehindNow.toString()],
    ['AWS_KINESISVIDEO_CONTINUATION_TOKEN', fragmentNumber],
  ]);
}

/**
 * The errors that end a GetMedia response from within. The ids are AWS's (service-api §3.3); AWS describes the codes but
 * does not publish their texts.
 */
export const MEDIA_ERROR_CODES = {
  4000: 'FRAGMENT_NOT_FOUND',
  5000: 'INTERNAL_ERROR',
} as const;

export type MediaErrorId = keyof typeof MEDIA_ERROR_CODES;

/** The tags that end a response early. `fragmentNumber` names the fragment that could not be sent. */
export function errorTags(fragmentNumber: string, errorId: MediaErrorId): Uint8Array {
  return encodeTags([
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', fragmentNumber],
    ['AWS_KINESISVIDEO_ERROR_CODE', MEDIA_ERROR_CODES[errorId]],
    ['AWS_KINESISVIDEO_ERROR_ID', errorId.toString()],
  ]);
}

/** A timestamp as the tags carry it: seconds, a dot, three digits of milliseconds. */
export function formatSeconds(timestampMs: number): string {
  const ms = Math.round(timestampMs);
  return `${Math.floor(ms / 1000)}.${(ms % 1000).toString().padStart(3, '0')}`;
}

/** One Tags element that holds one Tag with a SimpleTag for each entry. */
export function encodeTags(tags: readonly MediaTag[]): Uint8Array {
  const encoder = new TextEncoder();
  const simpleTags = tags.map(([name, value]) =>
    element(SIMPLE_TAG_ID, [
      element(TAG_NAME_ID, [encoder.encode(name)]),
      element(TAG_STRING_ID, [encoder.encode(value)]),
    ]),
  );
  return element(TAGS_ID, [element(TAG_ID, simpleTags)]);
}

function element(id: readonly number[], parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(id.length + 4 + sizeBytes);
  bytes.set(id);
  new DataView(bytes.buffer).setUint32(id.length, 0x1000_0000 | sizeBytes);
  let at = id.length + 4;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
