/** What retention does to stored media: the sweep under a manual clock, and changes that take effect at once. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createService } from '../../service/app.ts';
import type { Service } from '../../service/app.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { SegmentFiles } from '../../service/host/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite-index.ts';
import { DEFAULT_LIMITS } from '../../service/limits.ts';
import { ManualPlatform, settle } from '../support/manual-platform.ts';
import { sha256Hex, sign } from '../support/sign.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fragmentRow, patternBytes, storeBlob } from './storage-checks.ts';

const HOUR_MS = 3_600_000;
const URL_BASE = 'http://service.test';

interface Context {
  directory: string;
  platform: ManualPlatform;
  streams: SqliteIndex;
  fragments: SegmentFiles;
  service: Service;
}

const retention = suite<Context>('control plane: retention');

retention.before.each(async (context) => {
  context.directory = await temporaryDirectory();
  context.platform = new ManualPlatform();
  context.streams = SqliteIndex.open(join(context.directory, 'index.sqlite'));
  context.fragments = await SegmentFiles.open(join(context.directory, 'fragments'), { segmentBytes: 1 });
  context.service = await createService({
    platform: context.platform,
    streams: context.streams,
    fragments: context.fragments,
    credentials: [DEVELOPMENT_CREDENTIALS],
    publicUrl: URL_BASE,
  });
});
retention.after.each(async (context) => {
  await context.service.close();
  assert.is(context.platform.timerCount, 0, 'close() stops every timer');
  await context.fragments.close();
  await context.streams.close();
  await removeDirectory(context.directory);
});

/** Calls an operation; returns its output. */
async function call(context: Context, path: string, input: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify(input);
  const headers = sign({
    path,
    headers: { host: 'service.test' },
    payloadHash: sha256Hex(body),
    dateMs: context.platform.nowMs,
  });
  const response = await context.service.fetch(new Request(URL_BASE + path, { method: 'POST', headers, body }));
  const output = (await response.json()) as Record<string, unknown>;
  assert.is(response.status, 200, JSON.stringify(output));
  return output;
}

/** Creates stream `a` and stores fragments that are so many hours old. */
async function store(context: Context, retentionHours: number, agesHours: readonly number[]): Promise<string> {
  await call(context, '/createStream', { StreamName: 'a', DataRetentionInHours: retentionHours });
  const { streamId } = (await context.streams.streamByName('a')) ?? { streamId: '' };
  const writer = await context.fragments.openWriter(streamId);
  for (const [index, ageHours] of agesHours.entries()) {
    const media = await storeBlob(writer, patternBytes(1000, index));
    await writer.sync();
    const serverTimestampMs = context.platform.nowMs - ageHours * HOUR_MS;
    await context.streams.commitFragments([
      fragmentRow(index + 1, { streamId, serverTimestampMs, media, header: media }),
    ]);
  }
  await writer.close();
  return streamId;
}

async function stored(context: Context, streamId: string): Promise<{ sequences: number[]; files: number }> {
  const rows = await context.streams.fragmentsAfter(streamId, 0, 100);
  const files = await readdir(join(context.directory, 'fragments', streamId)).catch(() => []);
  return { sequences: rows.map((row) => row.sequence), files: files.length };
}

/** Waits, for work on real files cannot be moved by the clock. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    if (await condition()) return;
    await settle();
  }
  throw new Error('It never came to that');
}

async function change(context: Context, operation: string, hours: number): Promise<void> {
  const { StreamInfo: info } = await call(context, '/describeStream', { StreamName: 'a' });
  const { Version: version } = info as { Version: string };
  await call(context, '/updateDataRetention', {
    StreamName: 'a',
    CurrentVersion: version,
    Operation: operation,
    DataRetentionChangeInHours: hours,
  });
}

retention('the sweep removes fragments, and their files, once they are past retention', async (context) => {
  const streamId = await store(context, 2, [1.98, 1.5, 0.5]);
  await context.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
  assert.equal(await stored(context, streamId), { sequences: [1, 2, 3], files: 3 });
  await context.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
  await until(async () => (await stored(context, streamId)).files === 2);
  assert.equal((await stored(context, streamId)).sequences, [2, 3]);
  await context.platform.advance(2 * HOUR_MS);
  await until(async () => {
    await context.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
    return (await stored(context, streamId)).files === 0;
  });
  assert.is(await context.streams.lastSequence(streamId), 3, 'sequences never start again');
});

retention('a decrease removes what is older at once', async (context) => {
  const streamId = await store(context, 10, [9, 5, 1]);
  await change(context, 'DECREASE_DATA_RETENTION', 4);
  assert.equal(await stored(context, streamId), { sequences: [2, 3], files: 2 });
  await change(context, 'DECREASE_DATA_RETENTION', 6);
  assert.equal(await stored(context, streamId), { sequences: [], files: 0 });
});

retention('an increase keeps what is there for longer', async (context) => {
  const streamId = await store(context, 1, [0.9]);
  await change(context, 'INCREASE_DATA_RETENTION', 1);
  await context.platform.advance(HOUR_MS);
  await settle();
  assert.equal((await stored(context, streamId)).sequences, [1]);
});

retention('deleting a stream removes its media from the disk', async (context) => {
  const streamId = await store(context, 10, [1, 0]);
  const { StreamInfo: info } = await call(context, '/describeStream', { StreamName: 'a' });
  await call(context, '/deleteStream', { StreamARN: (info as { StreamARN: string }).StreamARN });
  assert.equal(await stored(context, streamId), { sequences: [], files: 0 });
  assert.equal(await readdir(join(context.directory, 'fragments')), []);
});

retention('a stream found half-deleted at the start is deleted to the end', async (context) => {
  const streamId = await store(context, 10, [1]);
  const row = await context.streams.streamByName('a');
  assert.ok(row);
  await context.streams.updateStream({ ...row, status: 'DELETING' }, row.version);
  const second = await createService({
    platform: context.platform,
    streams: context.streams,
    fragments: context.fragments,
    credentials: [DEVELOPMENT_CREDENTIALS],
    publicUrl: URL_BASE,
  });
  assert.is(await context.streams.streamByName('a'), null);
  assert.equal(await stored(context, streamId), { sequences: [], files: 0 });
  await second.close();
});

retention.run();
