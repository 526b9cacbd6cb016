import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PersistQueue } from '../../../../service/ingest/persist-queue.ts';
import type { SealedFragment } from '../../../../service/ingest/persist-queue.ts';
import type { FragmentRow, FragmentWriter, StreamIndex } from '../../../../service/storage.ts';
import { settle } from '../../../support/manual-platform.ts';

const test = suite('service/ingest/persist-queue');

function sealed(sequence: number): SealedFragment {
  return { row: { sequence } as FragmentRow, timecode: sequence * 1000 };
}

/** A queue over a disk and an index that do one thing at a time, when the test says so. */
class Bench {
  readonly log: string[] = [];
  readonly queue: PersistQueue;
  #steps: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor() {
    const step = (name: string): Promise<void> => {
      this.log.push(name);
      return new Promise((resolve, reject) => this.#steps.push({ resolve, reject }));
    };
    const writer = { sync: () => step('sync') } as Partial<FragmentWriter> as FragmentWriter;
    const streams = {
      commitFragments: (rows: readonly FragmentRow[]) => step(`commit ${rows.map((row) => row.sequence).join()}`),
    } as Partial<StreamIndex> as StreamIndex;
    this.queue = new PersistQueue(writer, streams, {
      onPersisted: ({ row }) => this.log.push(`persisted ${row.sequence}`),
      onFailed: ({ row }) => this.log.push(`failed ${row.sequence}`),
    });
  }

  /** Lets the oldest step under way succeed. */
  async pass(): Promise<void> {
    this.#steps.shift()?.resolve();
    await settle();
  }

  async fail(): Promise<void> {
    this.#steps.shift()?.reject(new Error('disk is full'));
    await settle();
  }
}

test('add() syncs first, commits then, reports last; what came meanwhile shares the next round', async () => {
  const bench = new Bench();
  bench.queue.add(sealed(1));
  bench.queue.add(sealed(2));
  bench.queue.add(sealed(3));
  await settle();
  assert.equal(bench.log, ['sync']);
  await bench.pass();
  assert.equal(bench.log.slice(1), ['commit 1']);
  await bench.pass();
  assert.equal(bench.log.slice(2), ['persisted 1', 'sync']);
  await bench.pass();
  await bench.pass();
  assert.equal(bench.log.slice(4), ['commit 2,3', 'persisted 2', 'persisted 3']);
  await bench.queue.drained();
});

for (const failing of ['sync', 'commit'] as const) {
  test(`a failed ${failing} is reported once and ends the queue`, async () => {
    const bench = new Bench();
    bench.queue.add(sealed(1));
    bench.queue.add(sealed(2));
    await settle();
    if (failing === 'commit') await bench.pass();
    await bench.fail();
    bench.queue.add(sealed(3));
    await bench.queue.drained();
    assert.equal(
      bench.log.filter((entry) => /persisted|failed/.test(entry)),
      ['failed 1'],
    );
  });
}

test('room() holds the caller back while many fragments wait', async () => {
  const bench = new Bench();
  for (let sequence = 1; sequence <= 65; sequence++) bench.queue.add(sealed(sequence));
  let hasRoom = false;
  const room = bench.queue.room().then(() => {
    hasRoom = true;
  });
  await settle();
  assert.is(hasRoom, false);
  for (let i = 0; i < 4; i++) await bench.pass();
  await room;
});

test('abandon() reports nothing more', async () => {
  const bench = new Bench();
  bench.queue.add(sealed(1));
  await settle();
  bench.queue.abandon();
  await bench.fail();
  await bench.queue.drained();
  assert.equal(bench.log, ['sync']);
});

test.run();
