import { acquireRegion, releaseRegion } from './arena';
import { root } from './root';

/** The first scratch region: a stream's settings fit, so opening streams does not move it. */
const SMALLEST_SCRATCH_BYTES: u32 = 4096;

/**
 * Makes room for data that the host hands over outside the frame path: strings, settings, input of the pure helpers.
 * The region stays and is used again; asking for more replaces it, and its former content is lost.
 * @returns its address, or 0 when there is no memory for it
 */
export function reserveScratch(sizeBytes: u32): usize {
  const state = root();
  if (state.scratch != 0 && state.scratchBytes >= sizeBytes) return state.scratch;
  if (state.scratch != 0) {
    releaseRegion(state.scratch);
    state.scratch = 0;
    state.scratchBytes = 0;
  }
  const wanted = max<u32>(sizeBytes, SMALLEST_SCRATCH_BYTES);
  const region = acquireRegion(wanted);
  if (region == 0) return 0;
  state.scratch = region;
  state.scratchBytes = wanted;
  return region;
}
