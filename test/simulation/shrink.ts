/** Finds a short schedule of faults that still breaks the same invariant. */
import type { Fault } from './faults.ts';
import { simulate, type SimulationOptions } from './simulation.ts';
import type { InvariantError } from './world.ts';

export interface Shortest {
  readonly faults: readonly Fault[];
  readonly failure: InvariantError;
}

/** Wall time that shrinking may take, milliseconds. */
const MAX_WALL_MS = 60_000;

/**
 * Leaves out faults, ever smaller parts of the schedule at a time, as long as the run without them fails in the same way. The run
 * keeps its length, so that the indices of what is left name faults of the same seed.
 */
export async function shrink(options: SimulationOptions, invariant: string): Promise<Shortest> {
  const untilMs = performance.now() + MAX_WALL_MS;
  const attempt = async (faults: readonly Fault[]): Promise<InvariantError | undefined> => {
    const { failure } = await simulate({ ...options, faults });
    return failure?.invariant === invariant ? failure : undefined;
  };
  let faults = options.faults ?? [];
  let failure = await attempt(faults);
  if (failure === undefined) throw new Error('The failure does not come again: the simulation is not deterministic');
  for (let part = Math.ceil(faults.length / 2); part >= 1 && performance.now() < untilMs;) {
    let hasShrunk = false;
    for (let from = 0; from < faults.length && performance.now() < untilMs;) {
      const rest = [...faults.slice(0, from), ...faults.slice(from + part)];
      const same = await attempt(rest);
      if (same === undefined) from += part;
      else {
        faults = rest;
        failure = same;
        hasShrunk = true;
      }
    }
    if (part === 1 && !hasShrunk) break;
    part = hasShrunk ? Math.max(1, Math.min(part, Math.ceil(faults.length / 2))) : Math.ceil(part / 2);
  }
  return { faults, failure };
}
