/** What retention does to stored media: the sweep under a manual clock, and changes that take effect at once. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_LIMITS } from '../../service/limits.ts';
import type { InProcessService } from '../support/in-process-service.ts';
import { startInProcessService } from '../support/in-process-service.ts';
import { settle } from '../support/manual-platform.ts';
import { fragmentRow, patternBytes, storeBlob } from './storage-checks.ts';

const HOUR_MS = 3_600_000;

type Context = { service: InProcessService };
const retention = suite<Context>('control plane: retention');

retention.before.each(async (context) => {
  context.service = await startInProcessService();
});
retention.after.each((context) => context.service.close());

/** Creates stream `a` and stores fragments that are so many hours old. */
async function store(service: InProcessService, retentionHours: number, agesHours: readonly number[]): Promise<string> {
  await service.call('/createStream', { StreamName: 'a', DataRetentionInHours: retentionHours });
  const { streamId } = (await service.streams.streamByName('a')) ?? { streamId: '' };
  const writer = await service.fragments.openWriter(streamId);
  for (const [index, ageHours] of agesHours.entries()) {
    const media = await storeBlob(writer, patternBytes(1000, index));
    await writer.sync();
    const serverTimestampMs = service.platform.nowMs - ageHours * HOUR_MS;
    await service.streams.commitFragments([
      fragmentRow(index + 1, { streamId, serverTimestampMs, media, header: media }),
    ]);
  }
  await writer.close();
  return streamId;
}

async function stored(service: InProcessService, streamId: string): Promise<{ sequences: number[]; files: number }> {
  const rows = await service.streams.fragmentsAfter(streamId, 0, 100);
  const files = await readdir(join(service.directory, 'fragments', streamId)).catch(() => []);
  return { sequences: rows.map((row) => row.sequence), files: files.length };
}

/** Waits in real time, for work on real files cannot be moved by the clock. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    if (await condition()) return;
    await sleep(1);
  }
  throw new Error('It never came to that');
}

async function change(service: InProcessService, operation: string, hours: number): Promise<void> {
  const { StreamInfo: info } = await service.call('/describeStream', { StreamName: 'a' });
  const { Version: version } = info as { Version: string };
  await service.call('/updateDataRetention', {
    StreamName: 'a',
    CurrentVersion: version,
    Operation: operation,
    DataRetentionChangeInHours: hours,
  });
}

retention('the sweep removes fragments, and their files, once they are past retention', async ({ service }) => {
  const streamId = await store(service, 2, [1.98, 1.5, 0.5]);
  await service.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
  assert.equal(await stored(service, streamId), { sequences: [1, 2, 3], files: 3 });
  await service.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
  await until(async () => (await stored(service, streamId)).files === 2);
  assert.equal((await stored(service, streamId)).sequences, [2, 3]);
  await service.platform.advance(2 * HOUR_MS);
  await until(async () => {
    await service.platform.advance(DEFAULT_LIMITS.retentionSweepIntervalMs);
    return (await stored(service, streamId)).files === 0;
  });
  assert.is(await service.streams.lastSequence(streamId), 3, 'sequences never start again');
});

retention('a decrease removes what is older at once', async ({ service }) => {
  const streamId = await store(service, 10, [9, 5, 1]);
  await change(service, 'DECREASE_DATA_RETENTION', 4);
  assert.equal(await stored(service, streamId), { sequences: [2, 3], files: 2 });
  await change(service, 'DECREASE_DATA_RETENTION', 6);
  assert.equal(await stored(service, streamId), { sequences: [], files: 0 });
});

retention('an increase keeps what is there for longer', async ({ service }) => {
  const streamId = await store(service, 1, [0.9]);
  await change(service, 'INCREASE_DATA_RETENTION', 1);
  await service.platform.advance(HOUR_MS);
  await settle();
  assert.equal((await stored(service, streamId)).sequences, [1]);
});

retention('deleting a stream removes its media from the disk', async ({ service }) => {
  const streamId = await store(service, 10, [1, 0]);
  const { StreamInfo: info } = await service.call('/describeStream', { StreamName: 'a' });
  await service.call('/deleteStream', { StreamARN: (info as { StreamARN: string }).StreamARN });
  assert.equal(await stored(service, streamId), { sequences: [], files: 0 });
  assert.equal(await readdir(join(service.directory, 'fragments')), []);
});

retention('a stream found half-deleted at the start is deleted to the end', async ({ service }) => {
  const streamId = await store(service, 10, [1]);
  const row = await service.streams.streamByName('a');
  assert.ok(row);
  await service.streams.updateStream({ ...row, status: 'DELETING' }, row.version);
  const second = await service.startAnother();
  assert.is(await service.streams.streamByName('a'), null);
  assert.equal(await stored(service, streamId), { sequences: [], files: 0 });
  await second.close();
});

retention.run();
