/** Checks of the FragmentStore port. */

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { BlobLocation } from '../../service/storage.ts';
import { assertBlob, patternBytes, readBlob, rejection, storeBlob } from './storage-checks.ts';
import type { StorageCheck } from './storage-checks.ts';

const SEED = 20261121;

export const FRAGMENT_STORE_CHECKS: readonly StorageCheck[] = [
  {
    name: 'a sealed blob reads back identical, whatever pieces it came in',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      for (const [index, sizeBytes] of [1, 65_536, 3_000_001, 0, 2].entries()) {
        const bytes = patternBytes(sizeBytes, index);
        await assertBlob(fragments, await storeBlob(writer, bytes), bytes);
      }
      await writer.close();
      await fragments.close();
    },
  },
  {
    name: 'locations of a stream sort in writing order, across writers',
    async run(place) {
      const fragments = await place.openFragments();
      const locations: BlobLocation[] = [];
      for (let round = 0; round < 12; round += 1) {
        const writer = await fragments.openWriter('s');
        locations.push(await storeBlob(writer, patternBytes(10, 1)), await storeBlob(writer, patternBytes(100_000, 2)));
        await writer.close();
      }
      assert.equal([...locations].sort(), locations);
      await fragments.close();
    },
  },
  {
    name: 'append() does not wait to be awaited',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const bytes = patternBytes(500_000, 9);
      const appends: Promise<void>[] = [];
      for (let offset = 0; offset < bytes.byteLength; offset += 777) {
        appends.push(writer.append(bytes.slice(offset, offset + 777)));
      }
      const sealed = writer.seal();
      await Promise.all(appends);
      await assertBlob(fragments, (await sealed).location, bytes);
      await fragments.close();
    },
  },
  {
    name: 'abort() throws away the blob in hand and nothing else',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const first = await storeBlob(writer, patternBytes(1000, 1));
      await writer.append(patternBytes(5000, 2));
      await writer.abort();
      const second = await storeBlob(writer, patternBytes(2000, 3));
      await writer.abort();
      await writer.sync();
      await assertBlob(fragments, first, patternBytes(1000, 1));
      await assertBlob(fragments, second, patternBytes(2000, 3));
      await fragments.close();
    },
  },
  {
    name: 'writers of one stream and of several do not disturb each other',
    async run(place) {
      const fragments = await place.openFragments();
      const writers = [
        await fragments.openWriter('s'),
        await fragments.openWriter('s'),
        await fragments.openWriter('t'),
      ];
      const stored: { location: BlobLocation; bytes: Uint8Array }[] = [];
      for (let round = 0; round < 10; round += 1) {
        const blobs = writers.map((_, index) => patternBytes(30_000 + round, 100 * round + index));
        const locations = await Promise.all(
          writers.map((writer, index) => storeBlob(writer, blobs[index] as Uint8Array)),
        );
        locations.forEach((location, index) => stored.push({ location, bytes: blobs[index] as Uint8Array }));
      }
      assert.is(new Set(stored.map(({ location }) => location)).size, stored.length);
      for (const { location, bytes } of stored) await assertBlob(fragments, location, bytes);
      await fragments.close();
    },
  },
  {
    name: 'sync() may be called many times together, and beside appends',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const first = await storeBlob(writer, patternBytes(100, 1));
      const syncs = Array.from({ length: 50 }, () => writer.sync());
      const second = await storeBlob(writer, patternBytes(200, 2));
      syncs.push(writer.sync());
      await Promise.all(syncs);
      await assertBlob(fragments, first, patternBytes(100, 1));
      await assertBlob(fragments, second, patternBytes(200, 2));
      await fragments.close();
    },
  },
  {
    name: 'what was sealed is there after reopening, and new writers leave it alone',
    async run(place) {
      const stored: [BlobLocation, Uint8Array][] = [];
      for (let round = 0; round < 4; round += 1) {
        const fragments = await place.openFragments();
        const writer = await fragments.openWriter('s');
        const bytes = patternBytes(40_000, round);
        stored.push([await storeBlob(writer, bytes), bytes]);
        await writer.sync();
        await writer.append(patternBytes(10_000, 99));
        for (const [location, expected] of stored) await assertBlob(fragments, location, expected);
        await fragments.close();
      }
    },
  },
  {
    name: 'read() of what is not there fails with BlobNotFoundError',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const location = await storeBlob(writer, patternBytes(100, 1));
      await writer.sync();
      const beyond = location.replace(/\d+$/, '101');
      for (const wrong of ['', 'x', '../../etc/passwd', 's/1', beyond, location.replace(/^s/, 'never')]) {
        assert.is(await rejection(readBlob(fragments, wrong)), 'BlobNotFoundError', wrong);
      }
      await fragments.close();
    },
  },
  {
    name: 'deleteStream() forgets its blobs and breaks its writers; the stream can begin again',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const other = await fragments.openWriter('t');
      const gone = await storeBlob(writer, patternBytes(1000, 1));
      const kept = await storeBlob(other, patternBytes(1000, 2));
      await fragments.deleteStream('s');
      await fragments.deleteStream('never-there');
      assert.is(await rejection(readBlob(fragments, gone)), 'BlobNotFoundError');
      assert.is(await rejection(writer.append(new Uint8Array(1))), 'StreamGoneError');
      assert.is(await rejection(writer.sync()), 'StreamGoneError');
      await writer.close();
      await assertBlob(fragments, kept, patternBytes(1000, 2));
      const again = await fragments.openWriter('s');
      await assertBlob(fragments, await storeBlob(again, patternBytes(5, 3)), patternBytes(5, 3));
      await fragments.close();
    },
  },
  {
    name: 'trim() keeps what is in use and what open writers wrote',
    async run(place) {
      const fragments = await place.openFragments();
      const closed: BlobLocation[] = [];
      for (let round = 0; round < 3; round += 1) {
        const writer = await fragments.openWriter('s');
        closed.push(await storeBlob(writer, patternBytes(1000, round)));
        await writer.sync();
        await writer.close();
      }
      const open = await fragments.openWriter('s');
      const uncommitted = await storeBlob(open, patternBytes(1000, 3));
      await fragments.trim('s', async () => closed[1] as BlobLocation);
      for (const round of [1, 2]) await assertBlob(fragments, closed[round] as BlobLocation, patternBytes(1000, round));
      await fragments.trim('s', async () => null);
      await assertBlob(fragments, uncommitted, patternBytes(1000, 3));
      await fragments.trim('never-there', async () => null);
      await open.close();
      await fragments.close();
    },
  },
  {
    name: 'a blob that a reader began is read to its end although it is trimmed meanwhile',
    async run(place) {
      const fragments = await place.openFragments();
      const writer = await fragments.openWriter('s');
      const bytes = patternBytes(2_000_000, 1);
      const location = await storeBlob(writer, bytes);
      await writer.sync();
      await writer.close();
      const pieces: Uint8Array[] = [];
      for await (const piece of fragments.read(location)) {
        if (pieces.length === 0) await fragments.trim('s', async () => null);
        pieces.push(piece);
      }
      assert.is(Buffer.compare(Buffer.concat(pieces), bytes), 0);
      await fragments.close();
    },
  },
  {
    name: `any order of append, seal, abort and sync stores what was sealed (seed ${SEED})`,
    async run(place) {
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), sizeBytes: fc.nat(70_000) }) },
        { weight: 3, arbitrary: fc.record({ do: fc.constant('seal' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const fragments = await place.openFragments();
          const writer = await fragments.openWriter('s');
          const stored: [BlobLocation, Uint8Array][] = [];
          let inHand: Uint8Array[] = [];
          for (const [seed, action] of steps.entries()) {
            if (action.do === 'append') {
              const bytes = patternBytes(action.sizeBytes, seed);
              inHand.push(bytes.slice());
              await writer.append(bytes);
            } else if (action.do === 'seal') {
              stored.push([(await writer.seal()).location, new Uint8Array(Buffer.concat(inHand))]);
              inHand = [];
            } else if (action.do === 'abort') {
              await writer.abort();
              inHand = [];
            } else {
              await writer.sync();
            }
          }
          for (const [location, bytes] of stored) await assertBlob(fragments, location, bytes);
          await fragments.close();
        }),
        { seed: SEED, numRuns: 25 },
      );
    },
  },
];
