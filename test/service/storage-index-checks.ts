/** Checks of the StreamIndex port. */

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { FragmentQuery, FragmentRow, StreamIndex } from '../../service/storage.ts';
import { fragmentRow, rejection, streamRow } from './storage-checks.ts';
import type { StorageCheck, StoragePlace } from './storage-checks.ts';

const SEED = 20261122;
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** An index with stream `a`. */
async function indexWithStream(place: StoragePlace): Promise<StreamIndex> {
  const streams = await place.openStreams();
  assert.is(await streams.createStream(streamRow('a'), NO_TAGS), true);
  return streams;
}

/** What `firstFragment` must answer, the slow and obvious way. */
function naiveFirst(rows: readonly FragmentRow[], query: FragmentQuery): FragmentRow | null {
  const inOrder = [...rows].sort((left, right) => left.sequence - right.sequence);
  switch (query.kind) {
    case 'earliest':
      return inOrder[0] ?? null;
    case 'latest':
      return inOrder.at(-1) ?? null;
    case 'after': {
      const after = inOrder.filter((row) => BigInt(row.fragmentNumber) > BigInt(query.fragmentNumber));
      return (
        after.sort((left, right) => (BigInt(left.fragmentNumber) < BigInt(right.fragmentNumber) ? -1 : 1))[0] ?? null
      );
    }
    case 'at': {
      const startOf = (row: FragmentRow): number =>
        query.clock === 'server' ? row.serverTimestampMs : row.producerTimestampMs;
      const time = query.timestampMs;
      const lastStart = Math.max(...inOrder.map(startOf).filter((start) => start <= time));
      const containing = inOrder.find(
        (row) => startOf(row) === lastStart && (time === lastStart || time < lastStart + row.durationMs),
      );
      const nextStart = Math.min(...inOrder.map(startOf).filter((start) => start > time));
      return containing ?? inOrder.find((row) => startOf(row) === nextStart) ?? null;
    }
  }
}

export const STREAM_INDEX_CHECKS: readonly StorageCheck[] = [
  {
    name: 'a stream is found by name and by ARN, whole, also after reopening',
    async run(place) {
      const row = streamRow('Front_door-1.2', {
        deviceName: 'cam',
        kmsKeyId: 'key',
        mediaType: null,
        status: 'CREATING',
      });
      let streams = await place.openStreams();
      assert.is(await streams.createStream(row, new Map([['k', 'v']])), true);
      assert.is(await streams.countStreams(), 1);
      await streams.close();
      streams = await place.openStreams();
      assert.equal(await streams.streamByName(row.name), row);
      assert.equal(await streams.streamByArn(row.arn), row);
      assert.equal(await streams.tags(row.streamId), new Map([['k', 'v']]));
      assert.is(await streams.streamByName('front_door-1.2'), null, 'names are case-sensitive');
      assert.is(await streams.streamByArn(row.name), null);
      await streams.close();
    },
  },
  {
    name: 'createStream() refuses a taken name and changes nothing',
    async run(place) {
      const streams = await indexWithStream(place);
      const taken = streamRow('a', { streamId: 'other', arn: 'other', version: 'v2' });
      assert.is(await streams.createStream(taken, new Map([['k', 'v']])), false);
      assert.equal(await streams.streamByName('a'), streamRow('a'));
      assert.is((await streams.tags('other')).size, 0);
      await streams.close();
    },
  },
  {
    name: 'listStreams() pages in name order, within a prefix',
    async run(place) {
      const streams = await place.openStreams();
      const names = ['b', 'a', 'ab', 'a-1', 'A', 'aa', 'a_', 'zz'];
      for (const name of names) await streams.createStream(streamRow(name, { streamId: name }), NO_TAGS);
      const sorted = [...names].sort();
      const list = async (page: Parameters<StreamIndex['listStreams']>[0]): Promise<string[]> =>
        (await streams.listStreams(page)).map((row) => row.name);
      assert.equal(await list({ limit: 100 }), sorted);
      assert.equal(await list({ limit: 3 }), sorted.slice(0, 3));
      assert.equal(await list({ limit: 100, afterName: 'a' }), sorted.slice(sorted.indexOf('a') + 1));
      assert.equal(await list({ limit: 100, afterName: 'a0' }), sorted.slice(sorted.indexOf('a_')));
      assert.equal(
        await list({ limit: 100, prefix: 'a' }),
        sorted.filter((name) => name.startsWith('a')),
      );
      assert.equal(await list({ limit: 1, prefix: 'a', afterName: 'a_' }), ['aa']);
      assert.equal(await list({ limit: 100, prefix: 'q' }), []);
      await streams.close();
    },
  },
  {
    name: 'updateStream() needs the present version',
    async run(place) {
      const streams = await indexWithStream(place);
      const changed = streamRow('a', { version: 'v2', retentionHours: 7, status: 'UPDATING' });
      assert.is(await streams.updateStream(changed, 'v0'), false);
      assert.equal(await streams.streamByName('a'), streamRow('a'));
      assert.is(await streams.updateStream(changed, 'v1'), true);
      assert.equal(await streams.streamByName('a'), changed);
      assert.is(await streams.updateStream({ ...changed, streamId: 'none' }, 'v2'), false);
      await streams.close();
    },
  },
  {
    name: 'deleteStream() takes tags and fragments along; the name is free again',
    async run(place) {
      const streams = await indexWithStream(place);
      await streams.putTags('id-a', new Map([['k', 'v']]));
      await streams.commitFragments([fragmentRow(1), fragmentRow(2)]);
      await streams.deleteStream('id-a');
      await streams.deleteStream('id-a');
      assert.is(await streams.streamByName('a'), null);
      assert.is(await streams.firstFragment('id-a', { kind: 'earliest' }), null);
      assert.is(await streams.lastSequence('id-a'), 0);
      await streams.createStream(streamRow('a'), NO_TAGS);
      assert.is((await streams.tags('id-a')).size, 0);
      assert.equal(await streams.fragmentsAfter('id-a', 0, 10), []);
      await streams.close();
    },
  },
  {
    name: 'tags are put, overwritten and removed; unknown keys are ignored',
    async run(place) {
      const streams = await indexWithStream(place);
      await streams.putTags(
        'id-a',
        new Map([
          ['a', '1'],
          ['ä=1', ''],
          ['__proto__', 'p'],
        ]),
      );
      await streams.putTags('id-a', new Map([['a', '2']]));
      await streams.deleteTags('id-a', ['ä=1', 'never']);
      assert.equal(
        await streams.tags('id-a'),
        new Map([
          ['__proto__', 'p'],
          ['a', '2'],
        ]),
      );
      assert.is((await streams.tags('none')).size, 0);
      await streams.close();
    },
  },
  {
    name: 'fragments come back whole and in ingest order, also after reopening',
    async run(place) {
      let streams = await indexWithStream(place);
      const rows = [
        fragmentRow(1, { tags: new Uint8Array(0) }),
        fragmentRow(2, { producerTimestampMs: 1732183912345.5, serverTimestampMs: 1732183912346.25, durationMs: 0 }),
        fragmentRow(1001, {
          fragmentNumber: '9'.repeat(48),
          tags: Uint8Array.from({ length: 256 }, (_, index) => index),
        }),
      ];
      await streams.commitFragments(rows);
      await streams.close();
      streams = await place.openStreams();
      assert.equal(await streams.fragmentsAfter('id-a', 0, 10), rows);
      assert.equal(await streams.fragmentsAfter('id-a', 0, 2), rows.slice(0, 2));
      assert.equal(await streams.fragmentsAfter('id-a', 2, 10), rows.slice(2));
      assert.equal(await streams.fragmentsAfter('id-a', 1001, 10), []);
      assert.is(await streams.lastSequence('id-a'), 1001);
      await streams.close();
    },
  },
  {
    name: 'calls to commitFragments() made together do not share their failures',
    async run(place) {
      const streams = await indexWithStream(place);
      await streams.commitFragments([fragmentRow(5)]);
      const outcomes = await Promise.allSettled([
        streams.commitFragments([fragmentRow(6)]),
        streams.commitFragments([fragmentRow(7), fragmentRow(5)]),
        streams.commitFragments([fragmentRow(1, { streamId: 'gone' })]),
        streams.commitFragments([]),
        streams.commitFragments([fragmentRow(8)]),
      ]);
      assert.equal(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
      );
      assert.is((outcomes[2] as PromiseRejectedResult).reason.name, 'StreamGoneError');
      const sequences = (await streams.fragmentsAfter('id-a', 0, 10)).map((row) => row.sequence);
      assert.equal(sequences, [5, 6, 8], 'row 7 went with the call that failed');
      assert.is(await streams.lastSequence('id-a'), 8);
      await streams.close();
    },
  },
  {
    name: 'expireFragments() removes what is older than the limit and keeps the last sequence',
    async run(place) {
      let streams = await indexWithStream(place);
      await streams.createStream(streamRow('b'), NO_TAGS);
      const rows = [1, 2, 3, 4].map((sequence) => fragmentRow(sequence));
      await streams.commitFragments([...rows, fragmentRow(1, { streamId: 'id-b' })]);
      assert.is(await streams.expireFragments('id-a', rows[2]?.serverTimestampMs as number), 2);
      assert.equal(await streams.fragmentsAfter('id-a', 0, 10), rows.slice(2));
      assert.is(await streams.expireFragments('id-a', Infinity), 2);
      assert.is(await streams.expireFragments('id-a', Infinity), 0);
      assert.is((await streams.fragmentsAfter('id-b', 0, 10)).length, 1);
      await streams.commitFragments([fragmentRow(3)]);
      await streams.close();
      streams = await place.openStreams();
      assert.is(await streams.lastSequence('id-a'), 4);
      await streams.close();
    },
  },
  {
    name: 'oldestBlob() is the first location that any row uses',
    async run(place) {
      const streams = await indexWithStream(place);
      assert.is(await streams.oldestBlob('id-a'), null);
      await streams.commitFragments([
        fragmentRow(1, { media: 'm5', header: 'm2' }),
        fragmentRow(2, { media: 'm3', header: 'm9' }),
        fragmentRow(3, { media: 'm6', header: 'm4' }),
      ]);
      assert.is(await streams.oldestBlob('id-a'), 'm2');
      await streams.expireFragments('id-a', fragmentRow(2).serverTimestampMs);
      assert.is(await streams.oldestBlob('id-a'), 'm3');
      await streams.close();
    },
  },
  {
    name: 'a closed index refuses every call',
    async run(place) {
      const streams = await indexWithStream(place);
      await streams.close();
      await streams.close();
      assert.is(await rejection(streams.streamByName('a')), 'Error');
      assert.is(await rejection(streams.commitFragments([fragmentRow(1)])), 'Error');
      assert.is(await rejection(streams.putTags('id-a', new Map([['k', 'v']]))), 'Error');
    },
  },
  {
    name: `firstFragment() agrees with a naive search (seed ${SEED})`,
    async run(place) {
      const streams = await indexWithStream(place);
      // Few values, so that fragments start together, touch and overlap.
      const time = fc.integer({ min: 0, max: 8 }).map((tenths) => tenths * 100);
      const row = fc.record({
        producerTimestampMs: time,
        serverTimestampMs: time,
        durationMs: fc.constantFrom(0, 50, 100, 250),
        numberStep: fc.integer({ min: 1, max: 60 }),
      });
      const query: fc.Arbitrary<FragmentQuery> = fc.oneof(
        fc.constantFrom<FragmentQuery>({ kind: 'earliest' }, { kind: 'latest' }),
        fc
          .nat(1200)
          .map((number): FragmentQuery => ({ kind: 'after', fragmentNumber: String(number).padStart(4, '0') })),
        fc
          .record({
            clock: fc.constantFrom('server' as const, 'producer' as const),
            // On a start, on an end, and next to them: where mistakes would be.
            timestampMs: fc
              .integer({ min: -1, max: 22 })
              .chain((half) => fc.constantFrom(50 * half - 1, 50 * half, 50 * half + 1)),
          })
          .map((at): FragmentQuery => ({ kind: 'at', ...at })),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 20 }),
          fc.array(query, { minLength: 20, maxLength: 40 }),
          async (made, queries) => {
            let number = 0;
            const rows = made.map(({ numberStep, ...times }, index) => {
              number += numberStep;
              return fragmentRow(index + 1, { ...times, fragmentNumber: String(number) });
            });
            await streams.expireFragments('id-a', Infinity);
            await streams.commitFragments(rows);
            for (const asked of queries) {
              assert.equal(await streams.firstFragment('id-a', asked), naiveFirst(rows, asked), JSON.stringify(asked));
            }
          },
        ),
        { seed: SEED, numRuns: 60 },
      );
      await streams.close();
    },
  },
];
