/** Writes H.264 sequence parameter sets, field by field (ITU-T H.264 §7.3.2.1.1), with emulation prevention. */

export interface SpsFields {
  readonly profile: number;
  readonly levelIdc?: number;
  readonly spsId?: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4; written for the profiles that carry it. */
  readonly chroma?: number;
  /** All scaling lists present, each with deltas of both signs. */
  readonly scaling?: boolean;
  readonly pocType?: 0 | 1 | 2;
  readonly widthMbs: number;
  readonly heightMapUnits: number;
  readonly interlaced?: boolean;
  /** Left, right, top, bottom, in crop units. */
  readonly crop?: readonly [number, number, number, number];
  /** Level and constraint flags zero, so that emulation prevention is needed in front of the size. */
  readonly zeros?: boolean;
}

const HIGH_PROFILES = new Set([100, 110, 122, 244]);
const DEFAULT_LEVEL = 40;

export class BitWriter {
  readonly #bits: number[] = [];

  bits(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bits.push((value >>> i) & 1);
  }

  unsigned(value: number): void {
    const length = 32 - Math.clz32(value + 1);
    this.bits(0, length - 1);
    this.bits(value + 1, length);
  }

  signed(value: number): void {
    this.unsigned(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** The bytes, closed by the stop bit. */
  bytes(): number[] {
    this.bits(1, 1);
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return Array.from({ length: this.#bits.length / 8 }, (_, i) =>
      this.#bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
    );
  }
}

export function withEmulationPrevention(bytes: readonly number[]): number[] {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out;
}

function writeScalingLists(out: BitWriter, count: number): void {
  out.bits(1, 1);
  for (let list = 0; list < count; list++) {
    out.bits(1, 1);
    const size = list < 6 ? 16 : 64;
    for (let i = 0; i < size; i++) out.signed(i % 2 === 0 ? 3 : -2);
  }
}

/** The NAL unit with its header byte. */
export function writeSps(fields: SpsFields): Uint8Array {
  const out = new BitWriter();
  out.bits(fields.profile, 8);
  out.bits(0, 8);
  out.bits(fields.zeros ? 0 : (fields.levelIdc ?? DEFAULT_LEVEL), 8);
  out.unsigned(fields.spsId ?? 0);
  if (HIGH_PROFILES.has(fields.profile)) {
    const chroma = fields.chroma ?? 1;
    out.unsigned(chroma);
    if (chroma === 3) out.bits(0, 1);
    out.unsigned(0);
    out.unsigned(0);
    out.bits(0, 1);
    if (fields.scaling) writeScalingLists(out, chroma === 3 ? 12 : 8);
    else out.bits(0, 1);
  }
  out.unsigned(0);
  writePictureOrderCount(out, fields.pocType ?? 0);
  out.unsigned(1);
  out.bits(0, 1);
  out.unsigned(fields.widthMbs - 1);
  out.unsigned(fields.heightMapUnits - 1);
  out.bits(fields.interlaced ? 0 : 1, 1);
  if (fields.interlaced) out.bits(0, 1);
  out.bits(1, 1);
  out.bits(fields.crop ? 1 : 0, 1);
  for (const edge of fields.crop ?? []) out.unsigned(edge);
  out.bits(0, 1);
  return Uint8Array.from([0x67, ...withEmulationPrevention(out.bytes())]);
}

function writePictureOrderCount(out: BitWriter, type: 0 | 1 | 2): void {
  out.unsigned(type);
  if (type === 0) out.unsigned(0);
  if (type !== 1) return;
  out.bits(0, 1);
  out.signed(-3);
  out.signed(4);
  out.unsigned(2);
  out.signed(5);
  out.signed(-6);
}
