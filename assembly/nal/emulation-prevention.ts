import { nalEnd, nextNal } from './annexb-walk';
import { findZeroPair } from './zero-pair';

/**
 * Takes emulation prevention out of NAL units: the 03 of every 00 00 03, which an encoder puts there so that no start code shows up inside.
 * What is left of a unit is its header and the raw byte sequence payload.
 *
 * The rule is the syntax table's, which looks at nothing behind the 03: it goes at the end of a unit as well, where it stands behind
 * trailing `cabac_zero_word`s. One scan, whatever the input.
 * Source: ITU-T H.264 §7.3.1 and §7.4.1, H.265 §7.3.1.1 and §7.4.2.
 */

const EMULATION_PREVENTION: u8 = 3;

/**
 * Copies one NAL unit without emulation prevention.
 * @param destination at or below `unit`, or anywhere that does not overlap it
 * @param unit        first byte of the unit; no start code, no length
 * @returns bytes written, 0…sizeBytes
 */
export function withoutEmulationPrevention(destination: usize, unit: usize, sizeBytes: u32): u32 {
  const end = unit + sizeBytes;
  let out = destination;
  let kept = unit;
  let at = unit;
  while (true) {
    const pair = findZeroPair(at, end);
    if (pair >= end) break;
    let after = pair + 2;
    while (after < end && load<u8>(after) == 0) after++;
    if (after < end && load<u8>(after) == EMULATION_PREVENTION) {
      memory.copy(out, kept, after - kept);
      out += after - kept;
      kept = after + 1;
    }
    at = after + 1;
    if (at >= end) break;
  }
  if (kept < end) memory.copy(out, kept, end - kept);
  return <u32>(out - destination) + <u32>(end - kept);
}

/**
 * Annex-B → four-byte lengths and the units without emulation prevention; a length counts what is left of its unit. Bytes in front of
 * the first start code are no NAL unit and are copied as they are.
 * @param destination below `payload` by a third of the size or more: each three-byte start code becomes a byte longer. The data has passed `checkAnnexB`.
 * @returns bytes written
 */
export function annexBWithoutEmulationPrevention(destination: usize, payload: usize, sizeBytes: u32): u32 {
  const end = payload + sizeBytes;
  const firstCode = nalEnd(payload, end);
  memory.copy(destination, payload, firstCode - payload);
  let out = destination + (firstCode - payload);
  let unit = nextNal(firstCode, end);
  while (unit != 0) {
    const unitEnd = nalEnd(unit, end);
    const next = nextNal(unitEnd, end);
    const bytes = withoutEmulationPrevention(out + 4, unit, <u32>(unitEnd - unit));
    store<u32>(out, bswap(bytes), 0, 1);
    out += 4 + bytes;
    unit = next;
  }
  return <u32>(out - destination);
}
