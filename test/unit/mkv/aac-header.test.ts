/** What the stream header says of AAC: frequency and channels of AudioSpecificConfigs of every form, and configs that come late. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import type { CoreTrack } from '../../../sdk/core/content-store.ts';
import { fromHex, openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const aac = suite('aac in the header');

const TRACK: CoreTrack = { trackNumber: 1, trackId: 1, kind: 'audio', codecId: 'A_AAC' };

/** SamplingFrequency as it is written. */
function frequencyHex(frequencyHz: number): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, frequencyHz);
  return `b588${toHex(bytes)}`;
}

/** The Audio element: of this frequency, and of so many channels if they are known. */
function audioHex(frequencyHz: number, channels: number | null): string {
  const body = frequencyHex(frequencyHz) + (channels === null ? '' : `9f81${channels.toString(16).padStart(2, '0')}`);
  return `e1100000${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
}

function headerOf(core: Core, track: Partial<CoreTrack>): string {
  const { store, stream } = openFixture(core, { tracks: [{ ...TRACK, ...track }], contentType: '' });
  stream.beginSession();
  putAt(stream, 0, true);
  const bytes = toHex(readAll(stream));
  store.dispose();
  return bytes.slice(0, bytes.indexOf('1f43b675'));
}

/** A string of bits as hex, filled up with zeros. */
function bitsHex(bits: string): string {
  const digits = bits.replaceAll(' ', '');
  return digits
    .padEnd(Math.ceil(digits.length / 8) * 8, '0')
    .replaceAll(/[01]{8}/g, (octet) => Number.parseInt(octet, 2).toString(16).padStart(2, '0'));
}

const LC_OPEN_CHANNELS = '00010 0011 0000';
/** Front: a pair and a single element; side: none; back: a pair; one low frequency channel. Then mixdowns, and the elements. */
const PROGRAM_5_1 = '0000 01 0011 0010 0000 0001 01 000 0000 0 0 0 1 0000 0 0000 1 0001 0000';
const PROGRAM_MIXDOWNS = '0000 01 0011 0001 0001 0000 00 000 0000 1 1010 1 0101 1 011 1 0000 0 0001';

const CONFIGS: readonly (readonly [name: string, config: string, frequencyHz: number, channels: number | null])[] = [
  ['stereo', '1190', 48_000, 2],
  ['configuration 6 is 5.1', '11b0', 48_000, 6],
  ['configuration 7 is eight channels', '11b8', 48_000, 8],
  ['an explicit frequency', bitsHex('00010 1111 000000001011101110000001 0010'), 48_001, 2],
  ['an escaped object type', bitsHex('11111 001010 0100 0001'), 44_100, 1],
  ['SBR tells the frequency of the core', bitsHex('00101 0110 0010 0011 00010 000'), 24_000, 2],
  ['SBR behind the config', '131056e598', 24_000, 2],
  ['a program config element', bitsHex(`${LC_OPEN_CHANNELS} 0 0 0 ${PROGRAM_5_1}`), 48_000, 6],
  ['a program config element with mixdowns', bitsHex(`${LC_OPEN_CHANNELS} 0 0 0 ${PROGRAM_MIXDOWNS}`), 48_000, 3],
  [
    'a program config element behind a core coder delay',
    bitsHex(`${LC_OPEN_CHANNELS} 0 1 01010101010101 0 ${PROGRAM_5_1}`),
    48_000,
    6,
  ],
  ['a program config element behind SBR', bitsHex(`00101 0110 0000 0011 00010 0 0 0 ${PROGRAM_5_1}`), 24_000, 6],
  ['channels left open', bitsHex(`${LC_OPEN_CHANNELS} 0 0 0`), 48_000, null],
  ['channels left open, and another kind of config', bitsHex('01000 0100 0000'), 44_100, null],
];

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);

  for (const [name, config, frequencyHz, channels] of CONFIGS) {
    aac(`${name} [${flavour}]`, () => {
      const header = headerOf(core, { codecPrivateData: fromHex(config) });
      assert.ok(header.includes(audioHex(frequencyHz, channels)), `${audioHex(frequencyHz, channels)} in ${header}`);
    });
  }

  aac(`a program config element cut at every byte leaves the channels to the caller [${flavour}]`, () => {
    const whole = fromHex(bitsHex(`${LC_OPEN_CHANNELS} 0 0 0 ${PROGRAM_5_1}`));
    for (let length = 2; length < whole.length; length++) {
      const header = headerOf(core, { codecPrivateData: whole.slice(0, length), channels: 5 });
      assert.ok(header.includes(audioHex(48_000, 5)), `${length} bytes: ${header}`);
    }
  });

  aac(`a config that cannot be read leaves everything to the caller [${flavour}]`, () => {
    const header = headerOf(core, { codecPrivateData: fromHex('1788'), samplingFrequencyHz: 16_000, channels: 2 });
    assert.ok(header.includes(audioHex(16_000, 2)), header);
  });

  aac(`private data of another codec leaves everything to the caller [${flavour}]`, () => {
    const header = headerOf(core, {
      codecId: 'A_OPUS',
      codecPrivateData: fromHex('4f707573'),
      samplingFrequencyHz: 48_000,
      channels: 2,
    });
    assert.ok(header.includes(`${frequencyHex(48_000)}9f8102`), header);
  });

  aac(`a config given late finds room in the header [${flavour}]`, () => {
    for (let length = 2; length < 20; length++) {
      const config = Uint8Array.from({ length }, (_, index) => [0x11, 0x90][index] ?? 0);
      const before = core.exports.memoryInUse();
      const { store, stream } = openFixture(core, { tracks: [TRACK], contentType: 'audio/aac' });
      assert.is(stream.setCodecPrivateData(1, config), 0);
      const behind = openFixture(core);
      stream.beginSession();
      putAt(stream, 0, true);
      assert.ok(toHex(readAll(stream)).includes(audioHex(48_000, 2)));
      behind.store.dispose();
      store.dispose();
      assert.is(core.exports.memoryInUse(), before, `${length} bytes: all memory came back`);
    }
  });
}

aac.run();
