/** AudioSpecificConfig: read, and written again. */
import { statusName } from '../../../sdk/status.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { type Bench, demand, type Outcome, type Target } from '../target.ts';

const OUTPUT_BYTES = 8;
const CONFIG_BYTES = 2;

/** An explicit frequency has 24 bits. */
const MAX_EXPLICIT_HZ = 0xff_ffff;

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map([
  ['lc-44100-stereo', Uint8Array.of(0x12, 0x10)],
  ['lc-48000-mono', Uint8Array.of(0x11, 0x88)],
  ['he-24000', Uint8Array.of(0x2b, 0x11, 0x88, 0x00)],
  ['explicit-frequency', Uint8Array.of(0x17, 0x80, 0x5d, 0xc0, 0x10)],
]);

interface Config {
  readonly samplingFrequencyHz: number;
  readonly channels: number;
}

/** The config, or minus a status. */
function read({ core, memory, isSplit }: Bench, bytes: Uint8Array): Config | number {
  memory.place(bytes, { isSplit, outputBytes: OUTPUT_BYTES });
  const status = core.run((exports) => exports.aacConfigRead(memory.address, bytes.length, memory.outputAddress));
  memory.check();
  if (status < 0) {
    demand(memory.isOutputUntouched(OUTPUT_BYTES), () => 'wrote a config and failed');
    return status;
  }
  const [samplingFrequencyHz = 0, channels = 0] = new Uint32Array(
    memory.read(memory.outputAddress, OUTPUT_BYTES).buffer,
  );
  return { samplingFrequencyHz, channels };
}

function run(bench: Bench, input: Uint8Array): Outcome {
  const config = read(bench, input);
  if (typeof config === 'number') return { agreed: String(config), kind: statusName(-config) };
  const { samplingFrequencyHz, channels } = config;
  demand(
    channels <= 7 && samplingFrequencyHz > 0 && samplingFrequencyHz <= MAX_EXPLICIT_HZ,
    () => `${channels} channels of ${samplingFrequencyHz} Hz`,
  );
  const { core, memory, isSplit } = bench;
  memory.place(new Uint8Array(CONFIG_BYTES), { isSplit });
  const objectType = (input[0] as number) >> 3;
  const written = core.run((exports) =>
    exports.aacConfigWrite(memory.address, objectType, samplingFrequencyHz, channels),
  );
  memory.check();
  if (written > 0) {
    const again = read(bench, memory.read(memory.address, written));
    demand(
      typeof again !== 'number' && again.channels === channels && again.samplingFrequencyHz === samplingFrequencyHz,
      () => 'what was written reads differently',
    );
  }
  return { agreed: `${samplingFrequencyHz} ${channels} ${written}`, kind: `${samplingFrequencyHz} ${channels}` };
}

export const aac: Target = {
  name: 'aac',
  knobBytes: 0,
  maxBytes: 64,
  mutators: BYTE_MUTATORS,
  seeds: () => SEEDS,
  run,
};
