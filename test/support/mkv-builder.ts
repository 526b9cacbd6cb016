/** Small Matroska bodies for tests, element by element, in the forms that the native producer writes. */
import {
  CLUSTER,
  CLUSTER_TIMECODE,
  CODEC_ID,
  DOC_TYPE,
  EBML_HEADER,
  INFO,
  SEGMENT,
  SIMPLE_BLOCK,
  SIMPLE_TAG,
  TAG,
  TAG_NAME,
  TAG_STRING,
  TAG_TRACK_UID,
  TAGS,
  TARGETS,
  TIMECODE_SCALE,
  TRACK_ENTRY,
  TRACK_NUMBER,
  TRACK_TYPE,
  TRACK_UID,
  TRACKS,
} from '../../assembly/ebml/ids.ts';

export type Part = Uint8Array | string | readonly number[];

/** Concatenates; strings as UTF-8. */
export function bytesOf(...parts: readonly Part[]): Uint8Array {
  const encoded = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part));
  const bytes = new Uint8Array(encoded.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of encoded) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An element with its size in eight bytes, as the native producer writes its variable ones. */
export function element(id: number, ...parts: readonly Part[]): Uint8Array {
  const data = bytesOf(...parts);
  return bytesOf(idBytes(id), sizeBytes(data.length), data);
}

/** The beginning of an element of unknown size. */
export function openElement(id: number): Uint8Array {
  return bytesOf(idBytes(id), [0xff]);
}

/** The beginning of an element that claims a size, whatever follows. */
export function claimElement(id: number, claimedBytes: number): Uint8Array {
  return bytesOf(idBytes(id), sizeBytes(claimedBytes));
}

export function uintElement(id: number, value: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(8));
  data.setBigUint64(0, BigInt(value));
  return element(id, new Uint8Array(data.buffer));
}

export interface HeaderOptions {
  /** Default [1]. */
  readonly trackNumbers?: readonly number[];
  /** Default 1 ms. */
  readonly timecodeScaleNs?: number;
  /** Default: unknown. */
  readonly segmentSizeBytes?: number;
}

/** EBML header, Segment, Info and Tracks. */
export function streamHeader(options: HeaderOptions = {}): Uint8Array {
  return bytesOf(...streamHeaderParts(options));
}

/** The same, one element an item; the Segment is only its beginning. */
export function streamHeaderParts(options: HeaderOptions = {}): Uint8Array[] {
  const { trackNumbers = [1], timecodeScaleNs = 1_000_000, segmentSizeBytes } = options;
  return [
    element(EBML_HEADER, element(DOC_TYPE, 'matroska')),
    segmentSizeBytes === undefined ? openElement(SEGMENT) : claimElement(SEGMENT, segmentSizeBytes),
    element(INFO, uintElement(TIMECODE_SCALE, timecodeScaleNs)),
    element(TRACKS, ...trackNumbers.map(trackEntry)),
  ];
}

function trackEntry(trackNumber: number): Uint8Array {
  return element(
    TRACK_ENTRY,
    uintElement(TRACK_NUMBER, trackNumber),
    uintElement(TRACK_UID, trackNumber),
    uintElement(TRACK_TYPE, 1),
    element(CODEC_ID, 'V_TEST'),
  );
}

export interface BlockOptions {
  readonly trackNumber?: number;
  readonly isKey?: boolean;
  readonly payload?: Uint8Array;
}

export function simpleBlock(relativeTimecode: number, options: BlockOptions = {}): Uint8Array {
  const { trackNumber = 1, isKey = relativeTimecode === 0, payload = Uint8Array.of(1, 2, 3, 4) } = options;
  const timecode = [(relativeTimecode >> 8) & 0xff, relativeTimecode & 0xff];
  return element(SIMPLE_BLOCK, [0x80 | trackNumber], timecode, [isKey ? 0x80 : 0], payload);
}

/** A cluster of unknown size, as the native producer writes it. */
export function cluster(timecode: number, ...children: readonly Uint8Array[]): Uint8Array {
  return bytesOf(openElement(CLUSTER), uintElement(CLUSTER_TIMECODE, timecode), ...children);
}

/** A cluster that states its size. */
export function sizedCluster(timecode: number, ...children: readonly Uint8Array[]): Uint8Array {
  return element(CLUSTER, uintElement(CLUSTER_TIMECODE, timecode), ...children);
}

/** A cluster of four frames at 0, 40, 80 and 120 ms; its first payload byte is `mark`. */
export function plainFragment(timecode: number, mark = 1, payloadBytes = 16): Uint8Array {
  const payload = new Uint8Array(payloadBytes).fill(mark);
  return cluster(timecode, ...[0, 40, 80, 120].map((relative) => simpleBlock(relative, { payload })));
}

/** One Tags element with one Tag for each item. */
export function tags(...items: readonly (readonly [name: string, value: string])[]): Uint8Array {
  return element(TAGS, ...items.map((item) => element(TAG, simpleTag(...item))));
}

/** A Tags element about a track, as muxers write them. */
export function trackTags(trackUid: number, name: string, value: string): Uint8Array {
  return element(TAGS, element(TAG, element(TARGETS, uintElement(TAG_TRACK_UID, trackUid)), simpleTag(name, value)));
}

/** One Tags element with one Tag that holds all the items, as events are written. */
export function eventTags(...items: readonly (readonly [name: string, value: string])[]): Uint8Array {
  return element(TAGS, element(TAG, ...items.map((item) => simpleTag(...item))));
}

export function endOfFragment(): Uint8Array {
  return tags(['AWS_KINESISVIDEO_END_OF_FRAGMENT', '']);
}

function simpleTag(name: string, value: string): Uint8Array {
  return element(SIMPLE_TAG, element(TAG_NAME, name), element(TAG_STRING, value));
}

function idBytes(id: number): number[] {
  const bytes = [id >>> 24, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff];
  return bytes.slice(bytes.findIndex((byte) => byte !== 0));
}

function sizeBytes(size: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(8));
  data.setBigUint64(0, (1n << 56n) | BigInt(size));
  return new Uint8Array(data.buffer);
}
