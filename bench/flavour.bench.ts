/** The same rows on each published flavour of the core: what SIMD gives, and what an engine without WebAssembly has to live with. */
import { storing } from './adapt.bench.ts';
import { CORE_FILES, type PublishedFlavour } from './core-stream.ts';
import { KB } from './payload.ts';
import { putReadTrim } from './put-read-trim.bench.ts';
import { reading } from './reader.bench.ts';
import type { Timed } from './row.ts';

export const flavourRows: readonly Timed[] = (Object.keys(CORE_FILES) as PublishedFlavour[]).flatMap((flavour) =>
  [
    storing('annexb-to-avcc', 100 * KB, 'hot', flavour),
    putReadTrim('annexb-to-avcc', 10 * KB, { flavour }),
    putReadTrim('none', 10 * KB, { flavour }),
    reading(10 * KB, '64KB', false, flavour),
  ].map((row) => ({ ...row, name: `flavour-${flavour}/${row.name}` })),
);
