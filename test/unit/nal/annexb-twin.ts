/** The Annex-B adapter again, byte by byte and obvious: what the core is compared with. */

/** AVCC, or null when more than three zeros stand in front of a non-zero byte. */
export function annexBToAvccTwin(input: Uint8Array): Uint8Array | null {
  const units: number[][] = [];
  let current: number[] = [];
  let leading = true;
  let zeros = 0;
  const leadingBytes: number[] = [];
  const target = (): number[] => (leading ? leadingBytes : current);
  for (const byte of input) {
    if (byte === 0) {
      zeros++;
      continue;
    }
    if (zeros > 3) return null;
    if (byte === 1 && zeros >= 2) {
      if (!leading) units.push(current);
      leading = false;
      current = [];
    } else {
      for (let i = 0; i < zeros; i++) target().push(0);
      target().push(byte);
    }
    zeros = 0;
  }
  for (let i = 0; i < zeros; i++) target().push(0);
  if (!leading) units.push(current);
  const lengths = (size: number): number[] => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255];
  return Uint8Array.from([...leadingBytes, ...units.flatMap((unit) => [...lengths(unit.length), ...unit])]);
}
