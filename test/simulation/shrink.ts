/** Finds a short run with few faults that still breaks the same invariant. */
import { endAt, type Fault, makeSchedule } from './faults.ts';
import { simulate, type SimulationOptions } from './simulation.ts';
import type { InvariantError } from './world.ts';

export interface Shortest {
  readonly durationMs: number;
  readonly faults: readonly Fault[];
  readonly failure: InvariantError;
}

/** Wall time that shrinking may take, milliseconds. */
const MAX_WALL_MS = 60_000;
/** A run is not made shorter by less than this share. */
const LEAST_SHARE = 0.05;

/**
 * Ends the run earlier, then leaves out faults, ever smaller parts of the schedule at a time, then ends it earlier once more: as long as
 * what is left fails in the same way. Throws where the failure does not come again.
 */
export async function shrink(options: SimulationOptions, invariant: string): Promise<Shortest> {
  const { seed, profile, durationMs } = options;
  const shrinking = new Shrinking(options, invariant);
  const faults = options.faults ?? makeSchedule(seed, profile, durationMs);
  const first = await shrinking.attempt(durationMs, faults);
  if (first === undefined) throw new Error('The failure does not come again: the simulation is not deterministic');
  return shrinking.endEarlier(await shrinking.leaveOut(await shrinking.endEarlier(first)));
}

class Shrinking {
  readonly #options: SimulationOptions;
  readonly #invariant: string;
  readonly #untilMs = performance.now() + MAX_WALL_MS;

  constructor(options: SimulationOptions, invariant: string) {
    this.#options = options;
    this.#invariant = invariant;
  }

  async attempt(durationMs: number, all: readonly Fault[]): Promise<Shortest | undefined> {
    const faults = endAt(all, durationMs);
    const { failure } = await simulate({ ...this.#options, durationMs, faults });
    return failure?.invariant === this.#invariant ? { durationMs, faults, failure } : undefined;
  }

  /** Nothing behind the failure is needed; of what is in front of it, about as much as halving finds out. */
  async endEarlier(from: Shortest): Promise<Shortest> {
    let best = from;
    let tooShortMs = 0;
    for (let ms = Math.ceil(from.failure.atMs); this.#hasTime; ms = Math.ceil((tooShortMs + best.durationMs) / 2)) {
      if (best.durationMs - tooShortMs < Math.max(1000, LEAST_SHARE * best.durationMs)) break;
      if (ms >= best.durationMs) ms = Math.ceil((tooShortMs + best.durationMs) / 2);
      const shorter = await this.attempt(ms, best.faults);
      if (shorter === undefined) tooShortMs = ms;
      else best = shorter;
    }
    return best;
  }

  async leaveOut(from: Shortest): Promise<Shortest> {
    let best = from;
    for (let part = Math.ceil(best.faults.length / 2); part >= 1 && this.#hasTime;) {
      let hasShrunk = false;
      for (let at = 0; at < best.faults.length && this.#hasTime;) {
        const rest = [...best.faults.slice(0, at), ...best.faults.slice(at + part)];
        const shorter = await this.attempt(best.durationMs, rest);
        if (shorter === undefined) at += part;
        else {
          best = shorter;
          hasShrunk = true;
        }
      }
      if (part === 1 && !hasShrunk) break;
      part = hasShrunk ? Math.max(1, Math.min(part, Math.ceil(best.faults.length / 2))) : Math.ceil(part / 2);
    }
    return best;
  }

  get #hasTime(): boolean {
    return performance.now() < this.#untilMs;
  }
}
