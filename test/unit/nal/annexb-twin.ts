/** The Annex-B adapter again, byte by byte and obvious: what the core is compared with. */

export interface AnnexBUnits {
  /** What stands in front of the first start code. */
  readonly leading: readonly number[];
  readonly units: readonly (readonly number[])[];
}

/** The units; null when more than three zeros stand in front of a non-zero byte. */
export function annexBUnits(input: Uint8Array): AnnexBUnits | null {
  const units: number[][] = [];
  const leading: number[] = [];
  let current = leading;
  let zeros = 0;
  for (const byte of input) {
    if (byte === 0) {
      zeros++;
      continue;
    }
    if (zeros > 3) return null;
    if (byte === 1 && zeros >= 2) {
      current = [];
      units.push(current);
    } else {
      for (let i = 0; i < zeros; i++) current.push(0);
      current.push(byte);
    }
    zeros = 0;
  }
  for (let i = 0; i < zeros; i++) current.push(0);
  return { leading, units };
}

function withLengths({ leading, units }: AnnexBUnits): Uint8Array {
  const length = (size: number): number[] => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255];
  return Uint8Array.from([...leading, ...units.flatMap((unit) => [...length(unit.length), ...unit])]);
}

/** AVCC, or null when more than three zeros stand in front of a non-zero byte. */
export function annexBToAvccTwin(input: Uint8Array): Uint8Array | null {
  const found = annexBUnits(input);
  return found === null ? null : withLengths(found);
}

/** A unit without the 03 of each 00 00 03. */
export function unitPayloadTwin(unit: readonly number[]): number[] {
  return unit.filter((byte, at) => !(byte === 3 && at >= 2 && unit[at - 1] === 0 && unit[at - 2] === 0));
}

/** The same as {@link annexBToAvccTwin} with the emulation prevention taken out of each unit. */
export function annexBToAvccPayloadsTwin(input: Uint8Array): Uint8Array | null {
  const found = annexBUnits(input);
  return found === null ? null : withLengths({ leading: found.leading, units: found.units.map(unitPayloadTwin) });
}
