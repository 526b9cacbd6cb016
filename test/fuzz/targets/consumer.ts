/** GetMedia responses, read as fragments and merged into one document. One knob byte: the size of the pieces when split. */
import { createHash } from 'node:crypto';
import { readFragments } from '../../../sdk/consumer/fragment-reader.ts';
import { mergeSegments } from '../../../sdk/consumer/merge.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { chunked, collect } from '../../support/byte-chunks.ts';
import { errorTags, getMediaChunk } from '../../support/get-media-builder.ts';
import { bytesOf, plainFragment, simpleBlock, sizedCluster, streamHeader, tags } from '../../support/mkv-builder.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { EBML_MUTATORS } from '../mutate/ebml.ts';
import { type Bench, demand, type Outcome, type Target } from '../target.ts';

const LIMITS = { maxFragmentBytes: 100_000 };
/** Cluster and frame of a fragment take at least this much. */
const SMALLEST_FRAGMENT_BYTES = 2;

const chunk = (fragmentNumber: string, producerTimestamp: string, timecode: number): Uint8Array =>
  getMediaChunk({ fragmentNumber, cluster: plainFragment(timecode), producerTimestamp, tags: tags(['a', 'b']) });

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries({
    fragments: bytesOf([0], chunk('11', '100.000', 1000), chunk('12', '101.000', 2000)),
    replay: bytesOf([5], chunk('11', '100.000', 1000), chunk('12', '100.000', 1000)),
    'sized-cluster': bytesOf([9], getMediaChunk({ fragmentNumber: '12', cluster: sizedCluster(2000, simpleBlock(0)) })),
    error: bytesOf([50], chunk('13', '102.000', 3000), streamHeader(), errorTags('5000', 'INTERNAL_ERROR')),
    'put-media': bytesOf(
      [1],
      streamHeader({ trackNumbers: [1, 2] }),
      plainFragment(0),
      tags(['x', 'y']),
      plainFragment(2000),
    ),
  }),
);

function nameOf(error: unknown): string {
  if (error === undefined) return 'end';
  if (error instanceof KvsError) return `${error.name} ${error.message}`;
  throw error;
}

async function run({ core, isSplit }: Bench, input: Uint8Array): Promise<Outcome> {
  const body = input.subarray(1);
  const pieceBytes = isSplit ? 1 + (input[0] ?? 0) : Math.max(1, body.length);
  const before = core.exports.memoryInUse();
  const fragments = await collect(readFragments(core, chunked(body, pieceBytes), LIMITS));
  const merged = await collect(mergeSegments(core, chunked(body, pieceBytes), { rebase: true }));
  demand(core.exports.memoryInUse() === before, () => 'kept memory');
  demand(
    fragments.items.length <= body.length / SMALLEST_FRAGMENT_BYTES + 1,
    () => `${fragments.items.length} fragments out of ${body.length} bytes`,
  );
  const document = createHash('sha256');
  for (const piece of merged.items) document.update(piece);
  const text = JSON.stringify(fragments.items, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  const ends = [nameOf(fragments.error), nameOf(merged.error)];
  return {
    agreed: [text, ...ends, document.digest('hex')].join('\n'),
    kind: [Math.min(3, fragments.items.length), ...ends.map((end) => end.replaceAll(/\d+/g, ''))].join(),
  };
}

export const consumer: Target = {
  name: 'consumer',
  knobBytes: 1,
  maxBytes: 4096,
  mutators: [...BYTE_MUTATORS, ...EBML_MUTATORS, ...EBML_MUTATORS],
  seeds: () => SEEDS,
  run,
};
