/**
 * Stores fragments as fast as it can until it is killed. Every fragment that it may claim to be persisted is printed,
 * one sequence a line, after its commit and not before.
 */

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { crashBlob, crashRow } from './storage-crash-blobs.ts';

const FRAGMENTS_IN_FLIGHT = 4;

const [directory, streamId] = process.argv.slice(2) as [string, string];
const streams = SqliteIndex.open(join(directory, 'index.sqlite'));
const fragments = await SegmentFiles.open(join(directory, 'fragments'), { segmentBytes: 200_000 });
const writer = await fragments.openWriter(streamId);
const inFlight = new Set<Promise<void>>();

for (let sequence = (await streams.lastSequence(streamId)) + 1; ; sequence += 1) {
  const bytes = crashBlob(sequence);
  for (let offset = 0; offset < bytes.byteLength; offset += 10_000) {
    await writer.append(bytes.slice(offset, offset + 10_000));
  }
  // Now and then a fragment is given up half-way, as when an upload is cut.
  if (sequence % 7 === 0) {
    await writer.abort();
    continue;
  }
  const { location } = await writer.seal();
  const persisting = writer
    .sync()
    .then(() => streams.commitFragments([crashRow(streamId, sequence, location)]))
    .then(() => void writeSync(1, `${sequence}\n`))
    .finally(() => inFlight.delete(persisting));
  inFlight.add(persisting);
  if (inFlight.size >= FRAGMENTS_IN_FLIGHT) await Promise.race(inFlight);
}
