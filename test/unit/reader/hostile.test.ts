/** Input that is cut, random, mutated, or lies: never a trap, never more memory, always the same on every flavour. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import type { Core } from '../../../sdk/core/core.ts';
import { MkvReader, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  claimElement,
  cluster,
  openElement,
  plainFragment,
  simpleBlock,
  streamHeader,
  tags,
} from '../../support/mkv-builder.ts';
import { BLOCK_GROUP, TWO_TRACKS } from '../../support/mkv-documents.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SEED = 20_261_121;
const RANDOM_ROUNDS = 400;
const MUTATION_ROUNDS = 1000;

const SMALL = bytesOf(TWO_TRACKS, BLOCK_GROUP, streamHeader(), plainFragment(3000));

/** Each event uses at least one byte, except that an end may follow each start, and the last words. */
const maxEvents = (bytes: Uint8Array): number => 2 * bytes.length + 2;

const cores = FLAVOURS.map((flavour) => ({ flavour, core: loadCore(flavour) }));
const memoryPages = (core: Core): number => core.exports.memory.buffer.byteLength;

/** Reads on all flavours, in both modes, and returns the log that all agree on. */
function readEverywhere(bytes: Uint8Array, splits: readonly number[], note: string): readonly string[] {
  let agreed: readonly string[] = [];
  for (const strict of [false, true]) {
    let first: readonly string[] | null = null;
    for (const { core, flavour } of cores) {
      for (const split of splits) {
        const log = logEvents(core, cut(bytes, split), { strict, windowBytes: 512, maxValueBytes: 200 });
        assert.ok(log.length <= maxEvents(bytes), `${note}: ${log.length} events out of ${bytes.length} bytes`);
        assert.match(log.at(-1) ?? '', /^(?:finished|fault )/);
        if (first === null) first = log;
        else assert.is(log.join('\n'), first.join('\n'), `${note} [${flavour}, split ${split}, strict ${strict}]`);
      }
    }
    if (!strict) agreed = first ?? [];
  }
  return agreed;
}

const it = suite('reader, hostile input [plain, simd]');
console.log(`seed ${SEED}`);

it('reads the sample to its end', () => {
  assert.is(logEvents(cores[0]!.core, [SMALL]).at(-1), 'finished');
});

it('is not surprised by an end at any byte', () => {
  const wholeFacts = logEvents(cores[0]!.core, [SMALL]).filter((line) => !line.startsWith('end'));
  for (let end = 0; end < SMALL.length; end++) {
    const log = readEverywhere(SMALL.subarray(0, end), [1, 4096], `cut at ${end}`);
    // Only ends may come earlier than in the whole stream, since the input's end causes them.
    const facts = log.slice(0, -1).filter((line) => !line.startsWith('end'));
    assert.is(facts.join('\n'), wholeFacts.slice(0, facts.length).join('\n'), `cut at ${end}`);
  }
});

it('survives random bytes', () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < RANDOM_ROUNDS; round++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 600) }, () => Math.floor(random() * 256));
    readEverywhere(bytes, [1 + Math.floor(random() * 50), 4096], `random round ${round}`);
  }
});

it('survives mutations of a valid stream', () => {
  const random = seededRandom(SEED + 1);
  for (let round = 0; round < MUTATION_ROUNDS; round++) {
    const bytes = SMALL.slice();
    for (let mutations = 1 + Math.floor(random() * 4); mutations > 0; mutations--) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    readEverywhere(bytes, [1 + Math.floor(random() * 50), 4096], `mutation round ${round}`);
  }
});

it('survives random sequences of elements with random sizes', () => {
  const random = seededRandom(SEED + 2);
  const ids = Object.values(id);
  for (let round = 0; round < RANDOM_ROUNDS; round++) {
    const parts = Array.from({ length: 30 }, () => {
      const elementId = ids[Math.floor(random() * ids.length)] as number;
      return random() < 0.2 ? openElement(elementId) : claimElement(elementId, Math.floor(random() ** 3 * 40));
    });
    readEverywhere(bytesOf(...parts), [1 + Math.floor(random() * 50), 4096], `element round ${round}`);
  }
});

it('does not go deeper than it was told', () => {
  const bytes = bytesOf(...Array.from({ length: 100_000 }, () => claimElement(id.SIMPLE_TAG, 2 ** 40)));
  for (const { core } of cores) {
    const log = logEvents(core, cut(bytes, 65_536), { maxDepth: 64 });
    assert.is(log.length, 65);
    assert.match(log[64] ?? '', /^fault too-deep/);
  }
});

it('takes sizes up to the largest for what they say', () => {
  const huge = bytesOf(
    streamHeader(),
    cluster(0),
    [0xa3, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x81, 0, 0, 0, 1],
  );
  for (const { core } of cores) {
    const log = logEvents(core, [huge]);
    assert.match(log.at(-2) ?? '', / 72057594037927\d+$/);
    assert.match(log.at(-1) ?? '', /^fault truncated A3/);
    assert.match(logEvents(core, [huge], { strict: true, skipPayloads: true }).at(-1) ?? '', /^fault truncated A3/);
  }
});

it('reads 10 000 tags without more memory', () => {
  const bytes = bytesOf(
    streamHeader(),
    ...Array.from({ length: 10_000 }, (_, index) => tags([`name ${index}`, 'v'.repeat(200)])),
  );
  for (const { core } of cores) {
    logEvents(core, [SMALL]);
    const before = memoryPages(core);
    const log = logEvents(core, cut(bytes, 65_536), { strict: true });
    assert.is(log.filter((line) => line.includes('45A3')).length, 10_000);
    assert.is(memoryPages(core), before);
  }
});

it('counts offsets beyond 2^32', () => {
  for (const { core } of cores) {
    const reader = new MkvReader(core, { skipPayloads: true });
    const skipped = 5 * 2 ** 30;
    reader.push(bytesOf(streamHeader(), cluster(0), claimElement(id.VOID, skipped)));
    while (reader.next() !== READER_EVENT.NEED_DATA);
    const start = reader.position;
    const chunk = new Uint8Array(2 ** 26);
    for (let left = skipped; left > 0; left -= chunk.length) assert.is(reader.push(chunk), chunk.length);
    reader.push(simpleBlock(7));
    assert.is(reader.next(), READER_EVENT.BLOCK);
    assert.is(reader.elementOffset, start + skipped);
    assert.is(reader.payloadOffset, start + skipped + 13);
    reader.dispose();
  }
});

it.run();
