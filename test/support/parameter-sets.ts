/** H.264 and H.265 parameter sets of several picture sizes, and frames around them in either framing. */
import { KNOWN_RECORDS } from '../unit/nal/h265-records.ts';
import { writeSps } from '../unit/nal/sps-writer.ts';
import { fromHex } from './core-fixture.ts';

export type Framing = 'annexb' | 'avcc';

/** What a decoder needs for one picture size. */
export interface ParameterSets {
  readonly codec: 'h264' | 'h265';
  readonly units: readonly Uint8Array[];
  readonly record: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** An avcC as the core writes it. ISO/IEC 14496-15 §5.3.3.1. */
function avcRecord(sps: Uint8Array, pps: Uint8Array): Uint8Array {
  const head = Uint8Array.of(1, sps[1] ?? 0, sps[2] ?? 0, sps[3] ?? 0, 0xff, 0xe1, 0, sps.length);
  return concat(head, sps, Uint8Array.of(1, 0, pps.length), pps);
}

/** Sizes in pixels, multiples of 16; picture parameter sets with the same identifier differ by `variant`. */
export function h264Sets(width: number, height: number, variant = 0): ParameterSets {
  const sps = writeSps({ profile: 66, widthMbs: width / 16, heightMapUnits: height / 16 });
  const pps = Uint8Array.of(0x68, 0xce, 0x38, 0x80 + variant);
  return { codec: 'h264', units: [sps, pps], record: avcRecord(sps, pps), width, height };
}

/** The sets of a record that ffmpeg wrote from an x265 stream. */
export function h265Sets(name: string): ParameterSets {
  const known = KNOWN_RECORDS.find((candidate) => candidate.name === name);
  if (known === undefined) throw new Error(`No record ${name}`);
  const record = fromHex(known.record);
  const units: Uint8Array[] = [];
  let at = 23;
  for (let array = 0; array < (record[22] ?? 0); array++) {
    const count = ((record[at + 1] ?? 0) << 8) | (record[at + 2] ?? 0);
    const isSet = ((record[at] ?? 0) & 0x3f) <= 34;
    at += 3;
    for (let i = 0; i < count; i++) {
      const size = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
      if (isSet) units.push(record.slice(at + 2, at + 2 + size));
      at += 2 + size;
    }
  }
  return { codec: 'h265', units, record, width: known.width, height: known.height };
}

/** NAL units one behind the other. */
export function framed(framing: Framing, units: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...units.flatMap((unit) => {
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, framing === 'annexb' ? 1 : unit.length);
      return [head, unit];
    }),
  );
}

/** A slice that says its number; of a key picture or another. */
export function slice(codec: 'h264' | 'h265', isKey: boolean, number: number): Uint8Array {
  const head = codec === 'h264' ? [isKey ? 0x65 : 0x41] : [isKey ? 0x26 : 0x02, 0x01];
  return Uint8Array.of(...head, 0x88, 0x10 + number, 0x80);
}
