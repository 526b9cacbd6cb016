/**
 * Splits an H.264 byte stream (Annex B of ITU-T H.264) into access units.
 *
 * This is a demultiplexer in front of the producer, like the container reader beside it, not a part of the frame path: it
 * finds start codes with the runtime's native search, reads two bytes of each NAL unit and copies nothing else.
 */
import { Buffer } from 'node:buffer';
import { MediaSourceError } from './media-source.ts';

/** One coded picture with the parameter sets, SEI and delimiter in front of it. */
export interface AccessUnit {
  /** Annex-B bytes from the first start code on; its own copy. */
  readonly data: Uint8Array;
  /** True when it holds an IDR slice. */
  readonly isKey: boolean;
  /** The first sequence parameter set in it, header byte included, without start code. */
  readonly sequenceParameterSet?: Uint8Array;
}

/** No conforming level allows a coded picture near this size (level 6.2, lossless 8K I-frame); beyond it the input is not H.264. */
export const MAX_ACCESS_UNIT_BYTES: number = 32 << 20;

const START_CODE = Buffer.from([0, 0, 1]);
const NAL_SLICE = 1;
const NAL_IDR_SLICE = 5;
const NAL_SPS = 7;

/** True for a NAL unit that may only stand in front of the first slice of an access unit (H.264 §7.4.1.2.3). */
function precedesPicture(nalType: number): boolean {
  return (nalType >= 6 && nalType <= 9) || (nalType >= 14 && nalType <= 18);
}

function isSlice(nalType: number): boolean {
  return nalType >= NAL_SLICE && nalType <= NAL_IDR_SLICE;
}

/** Slices and data partition A begin with `first_mb_in_slice`, ue(v): its first bit is set exactly when the value is 0. */
function isFirstSlice(nalType: number, byteAfterHeader: number): boolean {
  return (nalType <= 2 || nalType === NAL_IDR_SLICE) && (byteAfterHeader & 0x80) !== 0;
}

/** Takes bytes in pieces of any size, gives back whole access units. Holds at most one access unit and one piece. */
export class AccessUnitSplitter {
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the search for the next start code goes on. */
  #searchAt = 0;
  /** Start of the open access unit, −1 before the first start code. */
  #unitAt = -1;
  #hasSlice = false;
  #isKey = false;
  #spsAt = -1;
  #sps: Uint8Array | undefined;

  /**
   * Adds input and returns the access units that it completes.
   * @throws MediaSourceError when the input holds something else in front of its first start code, or no boundary within
   *   `MAX_ACCESS_UNIT_BYTES`
   */
  push(chunk: Uint8Array): AccessUnit[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
    const units: AccessUnit[] = [];
    for (;;) {
      const codeAt = this.#bytes.indexOf(START_CODE, this.#searchAt);
      if (codeAt < 0) {
        this.#searchAt = Math.max(this.#searchAt, this.#bytes.length - 2);
        break;
      }
      this.#searchAt = codeAt;
      if (codeAt + 4 >= this.#bytes.length) break; // header and first slice byte decide; wait for both
      const complete = this.#startNalUnit(codeAt);
      if (complete) units.push(complete);
    }
    this.#checkBound();
    return units;
  }

  /** Returns the last access unit, or null when the input held none. */
  finish(): AccessUnit | null {
    const codeAt = this.#bytes.indexOf(START_CODE, this.#searchAt);
    // A NAL unit of one byte (end of sequence, end of stream) never filled the look-ahead of push(): it stays in this unit.
    this.#endSps(codeAt < 0 ? this.#bytes.length : codeAt);
    return this.#hasSlice ? this.#take(this.#bytes.length) : null;
  }

  #startNalUnit(codeAt: number): AccessUnit | null {
    const nalType = this.#bytes[codeAt + 3]! & 0x1f;
    // The zero_byte in front of a start code belongs to the NAL unit that follows (§B.1.1).
    const nalAt = codeAt > 0 && this.#bytes[codeAt - 1] === 0 ? codeAt - 1 : codeAt;
    this.#endSps(nalAt);
    let complete: AccessUnit | null = null;
    let headerAt = codeAt + 3;
    if (this.#unitAt < 0) {
      this.#refuseLeadingBytes(nalAt);
      this.#unitAt = nalAt;
    } else if (this.#hasSlice && (precedesPicture(nalType) || isFirstSlice(nalType, this.#bytes[headerAt + 1]!))) {
      complete = this.#take(nalAt);
      headerAt -= nalAt;
    }
    if (isSlice(nalType)) this.#hasSlice = true;
    if (nalType === NAL_IDR_SLICE) this.#isKey = true;
    if (nalType === NAL_SPS && this.#sps === undefined) this.#spsAt = headerAt;
    this.#searchAt = headerAt;
    return complete;
  }

  #endSps(end: number): void {
    if (this.#spsAt < 0) return;
    this.#sps = Uint8Array.from(this.#bytes.subarray(this.#spsAt, end));
    this.#spsAt = -1;
  }

  /** Cuts the open access unit off at `end`; what follows moves to the front. */
  #take(end: number): AccessUnit {
    const data = Uint8Array.from(this.#bytes.subarray(this.#unitAt, end));
    const unit = { data, isKey: this.#isKey, ...(this.#sps ? { sequenceParameterSet: this.#sps } : {}) };
    this.#bytes = this.#bytes.subarray(end);
    this.#unitAt = 0;
    this.#hasSlice = false;
    this.#isKey = false;
    this.#sps = undefined;
    return unit;
  }

  #refuseLeadingBytes(nalAt: number): void {
    const strange = this.#bytes.subarray(0, nalAt).findIndex((byte) => byte !== 0);
    if (strange >= 0) throw new MediaSourceError(`Not H.264 Annex-B: byte ${strange} is not part of a start code`);
  }

  #checkBound(): void {
    if (this.#bytes.length <= MAX_ACCESS_UNIT_BYTES) return;
    const limit = `${MAX_ACCESS_UNIT_BYTES >> 20} MiB`;
    throw new MediaSourceError(`Not H.264 Annex-B: no access unit boundary within ${limit}`);
  }
}

/** Access units of a byte stream, one behind the input. */
export async function* accessUnits(input: AsyncIterable<Uint8Array>): AsyncGenerator<AccessUnit> {
  const splitter = new AccessUnitSplitter();
  for await (const chunk of input) yield* splitter.push(chunk);
  const last = splitter.finish();
  if (last) yield last;
}
