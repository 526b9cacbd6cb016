/** Annex-B → AVCC → Annex-B is the identity but for the length of start codes, and so is the way back. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Core, FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION, FRAME_FLAG } from '../../sdk/core/index.ts';
import { annexBToAvcc, avccToAnnexB } from '../../sdk/core/index.ts';
import { readFragments } from '../../sdk/consumer/index.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { openFixture, readAll } from '../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { bytesOf } from '../support/mkv-builder.ts';
import { announceSeed, noise, parameters } from './property.ts';
import { annexBOf, avccOf, unitBytes } from './random-frame.ts';

const RUNS = 1500;
const STREAM_RUNS = 300;

const annexB = suite('Annex-B → AVCC → Annex-B');
announceSeed();

/** Lengths around the widths of vectors, and some that are long. */
const unitLength = fc.oneof(
  { weight: 8, arbitrary: fc.nat(70) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 15, 16, 17, 31, 32, 33) },
  { weight: 1, arbitrary: fc.nat(3_000) },
);

const media = fc.record({
  seed: fc.integer(),
  lengths: fc.oneof(
    { weight: 8, arbitrary: fc.array(unitLength, { minLength: 1, maxLength: 10 }) },
    { weight: 1, arbitrary: fc.array(fc.nat(6), { minLength: 60, maxLength: 400 }) },
  ),
  shortCodes: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  trailingZeros: fc.oneof(fc.constant(0), fc.nat(6)),
  code: fc.constantFrom('none', 'none', 'at the end'),
});

interface Media {
  readonly units: Uint8Array[];
  readonly annexB: Uint8Array;
}

/** Zeros behind the last unit belong to it; a start code at the very end begins a unit without bytes. */
const generated = media.map(({ seed, lengths, shortCodes, trailingZeros, code }): Media => {
  const units = lengths.map((length, index) => unitBytes(seed + index, length));
  const last = units.pop() as Uint8Array;
  // Behind an empty unit zeros would be those of a longer start code.
  const zeros = code === 'none' ? trailingZeros : 0;
  units.push(bytesOf(last, new Uint8Array(zeros)), ...(code === 'none' ? [] : [new Uint8Array()]));
  return { units, annexB: annexBOf(units, shortCodes) };
});

/** Units of AVCC may hold anything. */
const anything = fc
  .tuple(fc.integer(), fc.array(unitLength, { minLength: 1, maxLength: 10 }))
  .map(([seed, lengths]) => lengths.map((length, index) => noise(seed + index, length).map((byte) => byte & 3)));

/** The frame as it leaves a stream that adapts NAL units this way. */
async function throughStream(
  core: Core,
  nal: 'annexb-to-avcc' | 'avcc-to-annexb',
  frame: Uint8Array,
): Promise<Uint8Array> {
  const { store, stream } = openFixture(core, { nal });
  try {
    const began = stream.putFrame(1, frame, FRAME_FLAG.key, 0, 0, 0);
    // Some of the units are parameter sets, and other ones than the stream was opened with.
    if (began === FRAME_BEGAN_GENERATION) assert.is(stream.changedTracks().length, 1);
    else assert.is(began, FRAME_BEGAN_FRAGMENT);
    stream.stop();
    stream.beginSession();
    const { items, error } = await collect(readFragments(core, chunked(readAll(stream))));
    assert.is(error, undefined);
    assert.is(items[0]?.frames.length, 1);
    return items[0]?.frames[0]?.data ?? new Uint8Array();
  } finally {
    store.dispose();
  }
}

function same(found: Uint8Array, expected: Uint8Array, what: string): void {
  assert.ok(Buffer.compare(found, expected) === 0, `${what}: ${found.length} bytes, ${expected.length} expected`);
}

for (const flavour of FLAVOURS) {
  annexB(`there and back, through the helpers [${flavour}]`, () => {
    const core = loadCore(flavour);
    fc.assert(
      fc.property(generated, ({ units, annexB: given }) => {
        const avcc = annexBToAvcc(core, given);
        same(avcc, avccOf(units), 'AVCC');
        const back = avccToAnnexB(core, avcc);
        same(back, annexBOf(units, [false]), 'Annex-B again');
        same(annexBToAvcc(core, back), avcc, 'AVCC again');
      }),
      parameters(RUNS),
    );
  });

  annexB(`from AVCC, whatever its units hold [${flavour}]`, () => {
    const core = loadCore(flavour);
    fc.assert(
      fc.property(anything, (units) => same(avccToAnnexB(core, avccOf(units)), annexBOf(units, [false]), 'Annex-B')),
      parameters(RUNS),
    );
  });

  annexB(`there and back, through streams [${flavour}]`, async () => {
    const core = loadCore(flavour);
    await fc.assert(
      fc.asyncProperty(generated, async ({ units, annexB: given }) => {
        const avcc = await throughStream(core, 'annexb-to-avcc', given);
        same(avcc, avccOf(units), 'AVCC');
        const back = await throughStream(core, 'avcc-to-annexb', avcc);
        same(back, annexBOf(units, [false]), 'Annex-B again');
      }),
      parameters(STREAM_RUNS),
    );
  });
}

annexB.run();
