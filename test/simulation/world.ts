/** What all parts of one simulation share: time, random numbers, the faults that are on, the invariants and the tally. */
import { createTally, type Tally } from './tally.ts';
import type { Fault, FaultKind } from './faults.ts';
import { Random } from './random.ts';
import { VirtualTime } from './virtual-time.ts';

/** The moment at which simulations begin, milliseconds since the epoch. */
export const EPOCH_MS = 1_700_000_000_000;

/** Something that must hold did not. */
export class InvariantError extends Error {
  readonly invariant: string;
  /** When, on the simulation's clock, milliseconds. */
  readonly atMs: number;

  constructor(invariant: string, detail: string, atMs: number) {
    super(`${invariant}: ${detail}`);
    this.name = 'InvariantError';
    this.invariant = invariant;
    this.atMs = atMs;
  }
}

export class World {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly tally: Tally = createTally();
  /** The first invariant that was broken. */
  failure: InvariantError | undefined;
  readonly #active = new Map<FaultKind, Fault[]>();
  readonly #handlers = new Map<FaultKind, (fault: Fault) => void>();

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** What a fault does at its beginning. */
  on(kind: FaultKind, handler: (fault: Fault) => void): void {
    this.#handlers.set(kind, handler);
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) this.time.at(fault.atMs, () => this.#begin(fault));
  }

  /** The fault of this kind that is on now. */
  active(kind: FaultKind): Fault | undefined {
    return this.#active.get(kind)?.[0];
  }

  isOn(kind: FaultKind): boolean {
    return this.active(kind) !== undefined;
  }

  /** The time on the service's clock, which is right: milliseconds since the epoch. */
  get trueMs(): number {
    return EPOCH_MS + this.time.nowMs;
  }

  /** Tells that an invariant is broken. The run ends after this step. */
  fail(invariant: string, detail: string): void {
    this.time.note(`BROKEN ${invariant}: ${detail}`);
    this.failure ??= new InvariantError(invariant, detail, this.time.nowMs);
  }

  check(holds: boolean, invariant: string, detail: () => string): void {
    if (!holds) this.fail(invariant, detail());
  }

  #begin(fault: Fault): void {
    const { kind, forMs } = fault;
    this.time.note(`fault ${kind} ${forMs} ${fault.value.toFixed(3)}`);
    this.tally.faults[kind] = (this.tally.faults[kind] ?? 0) + 1;
    if (forMs > 0) {
      const active = this.#active.get(kind) ?? [];
      active.push(fault);
      this.#active.set(kind, active);
      this.time.after(forMs, () => void active.splice(active.indexOf(fault), 1));
    }
    this.#handlers.get(kind)?.(fault);
  }
}
