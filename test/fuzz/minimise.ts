import { replace } from './mutate/bytes.ts';

const MOST_TRIES = 3000;

/** A small input that still fails: bytes are taken out in ever smaller slices, then set to zero. */
export async function minimise(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  const attempt = async (candidate: Uint8Array): Promise<boolean> => {
    if (++tries > MOST_TRIES || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let slice = Math.ceil(input.length / 2); slice > 0; slice = Math.floor(slice / 2)) {
    for (let at = 0; at < smallest.length && tries <= MOST_TRIES;) {
      if (!(await attempt(replace(smallest, at, slice, [])))) at += slice;
    }
  }
  for (let at = 0; at < smallest.length && tries <= MOST_TRIES; at++) {
    if (smallest[at] !== 0) await attempt(replace(smallest, at, 1, [0]));
  }
  return smallest;
}
