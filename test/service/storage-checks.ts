/** What every storage engine must do, written against the two ports alone. A check resolves or throws. */

import * as assert from 'uvu/assert';
import type { BlobLocation, FragmentRow, FragmentStore, StreamIndex, StreamRow } from '../../service/storage.ts';

/** One place of storage that starts empty; opening it again, after a close, finds what was stored. */
export interface StoragePlace {
  openFragments(): Promise<FragmentStore>;
  openStreams(): Promise<StreamIndex>;
}

export interface StorageCheck {
  readonly name: string;
  run(place: StoragePlace): Promise<void>;
}

/** Bytes that differ from place to place and from seed to seed. */
export function patternBytes(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < sizeBytes; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Appends in uneven pieces and seals. */
export async function storeBlob(
  writer: Awaited<ReturnType<FragmentStore['openWriter']>>,
  bytes: Uint8Array,
): Promise<BlobLocation> {
  for (let offset = 0, piece = 1; offset < bytes.byteLength; offset += piece, piece = (piece * 7) % 65_537) {
    await writer.append(bytes.slice(offset, offset + piece));
  }
  const { location, sizeBytes } = await writer.seal();
  assert.is(sizeBytes, bytes.byteLength);
  return location;
}

export async function readBlob(fragments: FragmentStore, location: BlobLocation): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of fragments.read(location)) {
    assert.ok(piece.byteLength <= 1 << 20, 'pieces are bounded');
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

export async function assertBlob(
  fragments: FragmentStore,
  location: BlobLocation,
  expected: Uint8Array,
): Promise<void> {
  const actual = await readBlob(fragments, location);
  assert.is(Buffer.compare(actual, expected), 0, `blob ${location} differs`);
}

/** The name of the error that a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as Error).name;
  }
  return 'no rejection';
}

export function streamRow(name: string, changes: Partial<StreamRow> = {}): StreamRow {
  return {
    streamId: `id-${name.toLowerCase()}`,
    name,
    arn: `arn:aws:kinesisvideo:us-east-1:000000000000:stream/${name}/1700000000000`,
    deviceName: null,
    mediaType: 'video/h264',
    kmsKeyId: null,
    version: 'v1',
    status: 'ACTIVE',
    creationTimeMs: 1_700_000_000_123,
    retentionHours: 24,
    ...changes,
  };
}

export function fragmentRow(sequence: number, changes: Partial<FragmentRow> = {}): FragmentRow {
  return {
    streamId: 'id-a',
    sequence,
    fragmentNumber: String(sequence),
    producerTimestampMs: 1000 * sequence,
    serverTimestampMs: 5000 + 1000 * sequence,
    durationMs: 900,
    frameCount: 30,
    mediaSizeBytes: 12_345,
    media: `id-a/1/${sequence}`,
    header: 'id-a/1/0',
    headerSizeBytes: 321,
    tags: new Uint8Array([sequence & 0xff]),
    ...changes,
  };
}
