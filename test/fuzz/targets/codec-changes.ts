/** What must hold where a key frame brings other parameter sets than its track had: which sessions there are, and what their headers say. */
import type { NalAdaptation } from '../../../sdk/core/stream-config.ts';
import { fromHex } from '../../support/core-fixture.ts';
import { asText, demand } from '../target.ts';
import { unitsOf } from './avcc.ts';

/** The frame that a fragment begins with. */
export interface Beginning {
  readonly frame: Uint8Array;
  /** Whether putFrame said that it is the first with changed codec private data. */
  readonly isChange: boolean;
}

const START_CODE = '\0\0\x01';
const AVCC_HEAD_BYTES = 5;
const HVCC_HEAD_BYTES = 22;

/** Three to five bytes, as the core takes it. */
const startsWithCode = (bytes: Uint8Array): boolean => /^\0{2,4}\x01/.test(asText(bytes.subarray(0, 5)));

/** Lines of each fragment, joined by session: one ends in front of each fragment that is named. */
export function inSessions(fragments: readonly string[][], endsBefore: ReadonlySet<number>): string[] {
  const sessions: string[][] = [];
  for (const [index, lines] of fragments.entries()) {
    if (index === 0 || endsBefore.has(index)) sessions.push([]);
    sessions.at(-1)?.push(...lines);
  }
  return sessions.map((lines) => lines.join());
}

/** The first track's codec private data, out of the log of a session. */
export function privateDataOf(log: readonly string[]): Uint8Array {
  const line = log.find((candidate) => /^value +63A2 /.test(candidate));
  return fromHex(line?.split(' ').at(-1) ?? '');
}

const withoutZeros = (unit: string): string => unit.replace(/\0+$/, '');

/** Finds parameter sets, as text. */
export class SetsOf {
  readonly #isH265: boolean;
  readonly #isH264: boolean;
  readonly #nal: NalAdaptation;

  constructor(codecId: string, nal: NalAdaptation) {
    this.#isH265 = codecId === 'V_MPEGH/ISO/HEVC';
    this.#isH264 = codecId === 'V_MPEG4/ISO/AVC';
    this.#nal = nal;
  }

  /** Of a frame as it was given, in front of its first slice. */
  frame(bytes: Uint8Array): string[] {
    const avcc = this.#nal === 'annexb-to-avcc' ? null : unitsOf(bytes);
    // A set that holds a start code, as none may, is passed over: private data is put together as Annex-B.
    if (avcc !== null) return this.#inFront(avcc.map(asText)).filter((unit) => !unit.includes(START_CODE));
    return this.#nal === 'avcc-to-annexb' || !startsWithCode(bytes) ? [] : this.#inFront(annexB(bytes));
  }

  /** Of codec private data in any form that a header has here; none of what cannot be read. */
  privateData(bytes: Uint8Array): string[] {
    if (startsWithCode(bytes)) return this.#inFront(annexB(bytes));
    return this.#inFront(this.#isH265 ? hvccUnits(bytes) : avccUnits(bytes));
  }

  #inFront(units: readonly string[]): string[] {
    const slice = units.findIndex((unit) => unit !== '' && this.#isSlice(unit.charCodeAt(0)));
    return (slice < 0 ? units : units.slice(0, slice)).filter((unit) => unit !== '' && this.#isSet(unit.charCodeAt(0)));
  }

  #isSlice(header: number): boolean {
    return this.#isH265 ? header >> 1 < 32 : (header & 31) >= 1 && (header & 31) <= 5;
  }

  #isSet(header: number): boolean {
    if (this.#isH265) return header >> 1 >= 32 && header >> 1 <= 34;
    return this.#isH264 && (header & 0x80) === 0 && (header & 0x60) !== 0 && [7, 8].includes(header & 31);
  }
}

/** Cut at start codes; zeros in front of one belong to it, those at the end to the unit. */
function pieces(text: string): string[] {
  const cut = text.split(START_CODE);
  return cut.map((piece, index) => (index + 1 < cut.length ? withoutZeros(piece) : piece));
}

const annexB = (bytes: Uint8Array): string[] => pieces(asText(bytes)).slice(1);

/** Units behind two-byte lengths, and the address after them. */
function recorded(bytes: Uint8Array, from: number, count: number): { readonly units: string[]; readonly end: number } {
  const units: string[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    units.push(asText(bytes.subarray(at + 2, end)));
    at = end;
  }
  return { units, end: at };
}

function avccUnits(bytes: Uint8Array): string[] {
  const sps = recorded(bytes, AVCC_HEAD_BYTES + 1, (bytes[AVCC_HEAD_BYTES] ?? 0) & 31);
  return [...sps.units, ...recorded(bytes, sps.end + 1, bytes[sps.end] ?? 0).units];
}

function hvccUnits(bytes: Uint8Array): string[] {
  const units: string[] = [];
  let at = HVCC_HEAD_BYTES + 1;
  for (let array = bytes[HVCC_HEAD_BYTES] ?? 0; array > 0; array--) {
    const { units: found, end } = recorded(bytes, at + 3, ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    units.push(...found);
    at = end;
  }
  return units;
}

/**
 * Where a change is told, the session that begins there has a parameter set of that very frame, which the one before did not have.
 * @param headers codec private data: what was given, then that of each session
 */
export function checkChanges(codec: SetsOf, beginnings: readonly Beginning[], headers: readonly Uint8Array[]): void {
  let session = 0;
  for (const [index, { frame, isChange }] of beginnings.entries()) {
    if (!isChange) continue;
    if (index > 0) session++;
    const before = codec.privateData(headers[session] ?? new Uint8Array());
    const after = codec.privateData(headers[session + 1] ?? new Uint8Array()).map(withoutZeros);
    const isTold = codec.frame(frame).some((set) => after.includes(withoutZeros(set)) && !before.includes(set));
    demand(isTold, () => `fragment ${index} begins with a change that its header does not tell`);
  }
}
