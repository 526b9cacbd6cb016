/** GetMedia responses that are cut or mutated: typed errors only, the same on every flavour and at every split. */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../../sdk/consumer/fragment-reader.ts';
import { mergeSegments } from '../../../sdk/consumer/merge.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { chunked, collect } from '../../support/byte-chunks.ts';
import { errorTags, getMediaChunk } from '../../support/get-media-builder.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { bytesOf, plainFragment, sizedCluster, simpleBlock, streamHeader, tags } from '../../support/mkv-builder.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SEED = 4_006;
const ROUNDS = 300;
const LIMITS = { maxFragmentBytes: 100_000 };

const SAMPLE = bytesOf(
  getMediaChunk({
    fragmentNumber: '11',
    cluster: plainFragment(1000),
    producerTimestamp: '100.000',
    tags: tags(['a', 'b']),
  }),
  getMediaChunk({ fragmentNumber: '12', cluster: sizedCluster(2000, simpleBlock(0)), producerTimestamp: '101.000' }),
  getMediaChunk({ fragmentNumber: '13', cluster: plainFragment(2000), producerTimestamp: '101.000' }),
  streamHeader(),
  errorTags('5000', 'INTERNAL_ERROR'),
);

const cores = FLAVOURS.map((flavour) => loadCore(flavour));

/** What both readers make of the bytes, as one line. */
async function outcome(coreIndex: number, bytes: Uint8Array, split: number): Promise<string> {
  const core = cores[coreIndex % cores.length]!;
  const fragments = await collect(readFragments(core, chunked(bytes, split), LIMITS));
  const merged = await collect(mergeSegments(core, chunked(bytes, split), { rebase: true }));
  const digest = createHash('sha256');
  for (const piece of merged.items) digest.update(piece);
  for (const { error } of [fragments, merged]) {
    if (error !== undefined && !(error instanceof KvsError)) throw error;
  }
  const text = JSON.stringify(fragments.items, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  return [text, String(fragments.error), digest.digest('hex'), String(merged.error)].join('\n');
}

async function checkAgreement(bytes: Uint8Array, split: number, note: string): Promise<void> {
  const expected = await outcome(0, bytes, 100_000);
  for (let coreIndex = 0; coreIndex < cores.length; coreIndex++) {
    assert.is(await outcome(coreIndex, bytes, split), expected, `${note}, split at ${split}, flavour ${coreIndex}`);
  }
}

const it = suite('consumer, hostile input [plain, simd]');
console.log(`seed ${SEED}`);

it('agrees about a response that is cut at any byte', async () => {
  for (let end = 0; end <= SAMPLE.length; end += 3) await checkAgreement(SAMPLE.subarray(0, end), 11, `cut at ${end}`);
});

it('agrees about mutated responses', async () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = SAMPLE.slice();
    for (let mutations = 1 + Math.floor(random() * 3); mutations > 0; mutations--) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    await checkAgreement(bytes, 1 + Math.floor(random() * 60), `round ${round}`);
  }
});

it('gives all memory back', () => {
  for (const core of cores) assert.is(core.exports.memoryInUse(), 0);
});

it.run();
