/** Locations in segment files, as `stream/segment/offset/size` with padded numbers, so that they sort in writing order. */

import { BlobNotFoundError } from '../../storage.ts';
import type { BlobLocation } from '../../storage.ts';

/** A run of bytes in one segment file. */
export interface SegmentRange {
  readonly streamId: string;
  /** Rises with every file of the stream. */
  readonly segment: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Digits enough for 2^53. */
const PADDED_DIGITS = 16;
const LOCATION_FORM = /^([0-9a-z-]+)\/(\d+)\/(\d+)\/(\d+)$/;

export function formatLocation({ streamId, segment, offsetBytes, sizeBytes }: SegmentRange): BlobLocation {
  return `${streamId}/${padded(segment)}/${padded(offsetBytes)}/${sizeBytes}`;
}

/** @throws BlobNotFoundError when this store cannot have given out the location */
export function parseLocation(location: BlobLocation): SegmentRange {
  const fields = LOCATION_FORM.exec(location);
  if (fields === null) throw new BlobNotFoundError(location);
  const [, streamId, segment, offsetBytes, sizeBytes] = fields;
  return {
    streamId: streamId as string,
    segment: Number(segment),
    offsetBytes: Number(offsetBytes),
    sizeBytes: Number(sizeBytes),
  };
}

/** Name of a segment file in its stream's folder. */
export function segmentFileName(segment: number): string {
  return `${padded(segment)}.segment`;
}

/** The segment number in a file name, NaN for other files. */
export function segmentOfFileName(fileName: string): number {
  return fileName.endsWith('.segment') ? Number(fileName.slice(0, -'.segment'.length)) : NaN;
}

function padded(value: number): string {
  return String(value).padStart(PADDED_DIGITS, '0');
}
