/**
 * Where a call leaves results that are more than one i32: doubles at a fixed address, valid until the next call that fills them.
 */
const MAX_RESULTS: i32 = 16;

const RESULTS_ADDRESS: usize = memory.data(MAX_RESULTS * 8, 16);

/** Address of result 0. */
export function resultsAddress(): usize {
  return RESULTS_ADDRESS;
}

/** Leaves a number for the host. */
export function putResult(index: u32, value: f64): void {
  store<f64>(RESULTS_ADDRESS + (index << 3), value);
}
