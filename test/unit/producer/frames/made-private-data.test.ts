/** Codec private data that the producer makes before there is a core: the same bytes that the core makes, and the same refusals. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../../sdk/errors.ts';
import { g711WaveFormat } from '../../../../sdk/producer/frames/codec-private-data.ts';
import { aacSpecificConfig } from '../../../../sdk/producer/frames/codecs.ts';
import { toHex } from '../../../support/core-fixture.ts';
import { loadCore } from '../../../support/load-core.ts';

const core = loadCore('plain');
const it = suite('codec private data that is made');
const ROOM_BYTES = 32;
const LOW_COMPLEXITY = 2;
const RATES_HZ = [
  0, 7350, 7999, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000, 96_001,
  192_000, 192_001,
];

function made(make: () => Uint8Array): string {
  try {
    return toHex(make());
  } catch (error) {
    assert.instance(error, KvsError);
    return 'refused';
  }
}

function written(write: (address: number) => number): string {
  const address = core.scratch(new Uint8Array(ROOM_BYTES));
  const bytes = core.run(() => write(address));
  return bytes < 0 ? 'refused' : toHex(core.bytes.slice(address, address + bytes));
}

for (const rate of RATES_HZ) {
  it(`at ${rate} Hz`, () => {
    for (let channels = 0; channels <= 9; channels++) {
      assert.is(
        made(() => aacSpecificConfig(rate, channels)),
        written((at) => core.exports.aacConfigWrite(at, LOW_COMPLEXITY, rate, channels)),
        `AAC, ${channels} channels`,
      );
      for (const [codec, tag] of [
        ['alaw', 6],
        ['mulaw', 7],
      ] as const)
        assert.is(
          made(() => g711WaveFormat(codec, rate, channels)),
          written((at) => core.exports.waveFormatWrite(at, tag, rate, channels)),
          `${codec}, ${channels} channels`,
        );
    }
  });
}
it.run();
