import * as id from '../../assembly/ebml/ids.ts';
import type { MediaTag, MediaTrack } from './media-types.ts';
import { join } from '../core/held-bytes.ts';
import { isServiceTag } from './service-tags.ts';
import { sameTracks } from './track-list.ts';

/** The Segment as a live file begins it: unknown size, in eight bytes. RFC 8794 §6.2. */
const SEGMENT_START = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** What a header is made of: the EBML header, and elements directly inside the Segment. */
const PARTS: ReadonlySet<number> = new Set([
  id.EBML_HEADER,
  id.SEEK_HEAD,
  id.INFO,
  id.TRACKS,
  id.CUES,
  id.ATTACHMENTS,
  id.CHAPTERS,
  id.TAGS,
]);

/** Indexes name places in the document they came from, and are wrong in any other. */
const INDEXES: ReadonlySet<number> = new Set([id.SEEK_HEAD, id.CUES]);

/** Everything in front of a document's first cluster, as it goes into the merged file. */
export class MergedHeader {
  readonly #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  /** Whether an element is a part of some document's header. */
  static isPart(elementId: number): boolean {
    return PARTS.has(elementId);
  }

  /** Whether that part belongs into a merged file's header. */
  static keeps(elementId: number): boolean {
    return !INDEXES.has(elementId);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  startSegment(): void {
    this.#push(SEGMENT_START);
  }

  /**
   * Adds a whole element, as a copy that may be changed.
   * @param tags what the element held, if it is Tags
   * @param voids parts that would be wrong in the merged file, as offsets into the element
   */
  add(element: Uint8Array, tags: readonly MediaTag[], voids: readonly ByteRange[]): void {
    if (tags.some(isServiceTag)) return;
    for (const range of voids) voidOut(element, range);
    this.#push(element);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#sizeBytes += part.length;
  }

  bytes(): Uint8Array {
    return join(this.#parts);
  }
}

/** A part of an element, from its first byte up to the byte after its last. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Longest element that a Void with a one-byte size can cover. */
const MAX_VOID_BYTES = 2 + 126;

/** Turns an element into a Void of the same length. RFC 8794 §11.3.2. */
export function voidOut(bytes: Uint8Array, { from, to }: ByteRange): void {
  if (to - from > MAX_VOID_BYTES) return;
  bytes[from] = id.VOID;
  bytes[from + 1] = 0x80 | (to - from - 2);
}

/** A CRC-32 element stands first in its parent and is six bytes long. RFC 8794 §11.3.1. */
export function crcRange(bytes: Uint8Array, dataOffset: number): ByteRange[] {
  const isCrc = bytes[dataOffset] === id.CRC_32 && bytes[dataOffset + 1] === 0x84;
  return isCrc ? [{ from: dataOffset, to: dataOffset + 6 }] : [];
}

/** What clusters need from their header to be played. */
export interface Playback {
  readonly tracks: readonly MediaTrack[];
  readonly timecodeScaleNs: number;
}

export function samePlayback(a: Playback, b: Playback): boolean {
  return a.timecodeScaleNs === b.timecodeScaleNs && sameTracks(a.tracks, b.tracks);
}
