/** What is particular to segment files: the files themselves, and disks that fail. */

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import type { BlobLocation } from '../../service/storage.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { assertBlob, patternBytes, readBlob, rejection, storeBlob } from './storage-checks.ts';

const SEGMENT_BYTES = 100_000;

type Context = { directory: string; fragments: SegmentFiles };
const files = suite<Context>('storage: segment files');

files.before.each(async (context) => {
  context.directory = await temporaryDirectory();
  context.fragments = await SegmentFiles.open(context.directory, { segmentBytes: SEGMENT_BYTES });
});
files.after.each(async (context) => {
  await context.fragments.close();
  await removeDirectory(context.directory);
});

function names(directory: string): Promise<string[]> {
  return readdir(join(directory, 's'));
}

files('a file is followed by another once it is full, and blobs are never split', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  for (let index = 0; index < 10; index += 1) await storeBlob(writer, patternBytes(40_000, index));
  await writer.sync();
  const found = await names(directory);
  assert.is(found.length, 4);
  for (const name of found.slice(0, 3)) assert.is((await stat(join(directory, 's', name))).size, 120_000);
});

files('a full file is closed: hundreds of rotations do not use up file handles', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  const before = (await readdir('/proc/self/fd').catch(() => [])).length;
  for (let index = 0; index < 300; index += 1) {
    await storeBlob(writer, patternBytes(SEGMENT_BYTES, index));
    if (index % 2 === 0) await writer.sync();
  }
  await writer.sync();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const after = (await readdir('/proc/self/fd').catch(() => [])).length;
  assert.ok(after - before < 10, `${after - before} more handles are open`);
  assert.is((await names(directory)).length, 300);
});

files('a file that becomes full while a sync is at work on it is closed after that', async ({ fragments }) => {
  const writer = await fragments.openWriter('s');
  for (let index = 0; index < 20; index += 1) {
    await storeBlob(writer, patternBytes(SEGMENT_BYTES, index));
    await storeBlob(writer, patternBytes(SEGMENT_BYTES, index));
    // The second file waits for the sync of the first when the next blob makes it a full one.
    const syncing = writer.sync();
    await Promise.resolve();
    const next = await storeBlob(writer, patternBytes(10, index));
    await syncing;
    await assertBlob(fragments, next, patternBytes(10, index));
  }
  await writer.sync();
});

files('a writer that sealed nothing leaves no file', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  await writer.append(patternBytes(10, 1));
  await writer.close();
  assert.equal(await names(directory), []);
});

files('trim() removes the files before the oldest blob in use', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  const locations: BlobLocation[] = [];
  for (let index = 0; index < 5; index += 1)
    locations.push(await storeBlob(writer, patternBytes(SEGMENT_BYTES, index)));
  await writer.sync();
  await writer.close();
  await fragments.trim('s', async () => locations[3] as string);
  assert.is((await names(directory)).length, 2);
  assert.is(await rejection(readBlob(fragments, locations[2] as string)), 'BlobNotFoundError');
  await assertBlob(fragments, locations[4] as string, patternBytes(SEGMENT_BYTES, 4));
  await fragments.trim('s', async () => null);
  assert.equal(await names(directory), []);
});

files('trim() notes the open writers before it asks what is in use', async ({ fragments }) => {
  const early = await fragments.openWriter('s');
  const committedMeanwhile = await storeBlob(early, patternBytes(10, 1));
  const late = await fragments.openWriter('s');
  const oldestWhenAsked = await storeBlob(late, patternBytes(10, 2));
  await fragments.trim('s', async () => {
    await early.close();
    return oldestWhenAsked;
  });
  await assertBlob(fragments, committedMeanwhile, patternBytes(10, 1));
});

files('retainStreams() removes the folders of streams that are no more', async ({ directory, fragments }) => {
  for (const streamId of ['s', 't', 'u']) {
    const writer = await fragments.openWriter(streamId);
    await storeBlob(writer, patternBytes(10, 1));
    await writer.close();
  }
  await fragments.retainStreams(new Set(['t']));
  assert.equal(await readdir(directory), ['t']);
});

files('a failed write is an error until abort(), and costs only the blob in hand', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  const kept = await storeBlob(writer, patternBytes(SEGMENT_BYTES, 1));
  await writer.sync();
  await rm(join(directory, 's'), { recursive: true });
  await writer.append(patternBytes(10, 2));
  assert.is(await rejection(writer.seal()), 'Error');
  assert.is(await rejection(writer.append(patternBytes(10, 2))), 'Error');
  await mkdir(join(directory, 's'));
  await writer.abort();
  const next = await storeBlob(writer, patternBytes(2000, 3));
  await writer.sync();
  await assertBlob(fragments, next, patternBytes(2000, 3));
  assert.is(await rejection(readBlob(fragments, kept)), 'BlobNotFoundError');
});

files('after a failed sync the writer never claims durability again', async ({ directory, fragments }) => {
  const writer = await fragments.openWriter('s');
  await storeBlob(writer, patternBytes(10, 1));
  await rm(join(directory, 's'), { recursive: true });
  assert.is(await rejection(writer.sync()), 'Error');
  await mkdir(join(directory, 's'));
  assert.is(await rejection(writer.sync()), 'Error');
  assert.is(await rejection(writer.append(patternBytes(1, 1))), 'Error');
});

files('append() holds its caller back when the disk is slower', async ({ fragments }) => {
  const writer = await fragments.openWriter('s');
  let released = 0;
  const appends = Array.from({ length: 64 }, () => writer.append(new Uint8Array(64 << 10)).then(() => (released += 1)));
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(released <= 17, `${released} of 64 appends of 64 KiB returned before anything was written`);
  await Promise.all(appends);
  assert.is((await writer.seal()).sizeBytes, 4 << 20);
});

files('append() holds its caller back for pieces of one byte too', async ({ fragments }) => {
  const writer = await fragments.openWriter('s');
  let released = 0;
  const appends = Array.from({ length: 20_000 }, () => writer.append(new Uint8Array(1)).then(() => (released += 1)));
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(released < 5000, `${released} of 20000 appends of a byte returned before anything was written`);
  await Promise.all(appends);
  assert.is((await writer.seal()).sizeBytes, 20_000);
});

files.run();
