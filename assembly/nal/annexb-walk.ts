import { findZeroPair } from './zero-pair';

/** Walks Annex-B NAL units without changing them: for parameter sets and for the search in a first key frame. */

/** First byte of the NAL unit after the next start code at or behind `from`; 0 when there is no further start code. */
export function nextNal(from: usize, end: usize): usize {
  let at = from;
  while (true) {
    const pair = findZeroPair(at, end);
    if (pair >= end) return 0;
    let after = pair + 2;
    while (after < end && load<u8>(after) == 0) after++;
    if (after >= end) return 0;
    if (load<u8>(after) == 1) return after + 1;
    at = after + 1;
  }
}

/** Address after a NAL unit's last byte: the zeros of the next start code do not belong to it, those at the end of the data do. */
export function nalEnd(nal: usize, end: usize): usize {
  let at = nal;
  while (true) {
    const pair = findZeroPair(at, end);
    if (pair >= end) return end;
    let after = pair + 2;
    while (after < end && load<u8>(after) == 0) after++;
    if (after >= end) return end;
    if (load<u8>(after) == 1) return pair;
    at = after + 1;
  }
}

/** True when the data begins with a start code of three to five bytes. */
export function startsWithCode(from: usize, end: usize): bool {
  let at = from;
  while (at < end && load<u8>(at) == 0) at++;
  const zeros = at - from;
  return at < end && load<u8>(at) == 1 && zeros >= 2 && zeros <= 4;
}
