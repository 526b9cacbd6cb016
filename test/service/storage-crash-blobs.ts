/** The fragments that the crashing child stores: both sides can tell from a sequence what they must be. */

import type { BlobLocation, FragmentRow } from '../../service/storage.ts';
import { fragmentRow, patternBytes } from './storage-checks.ts';

export function crashBlob(sequence: number): Uint8Array {
  return patternBytes(1 + ((sequence * 7919) % 60_000), sequence);
}

export function crashRow(streamId: string, sequence: number, media: BlobLocation): FragmentRow {
  return fragmentRow(sequence, { streamId, media, header: media, mediaSizeBytes: crashBlob(sequence).byteLength });
}
