import type { Core } from '../../sdk/core/core.ts';
import type { GuardedMemory } from './guarded-memory.ts';
import type { Mutator } from './mutate/bytes.ts';

/** One instance of the core, and how it is to be driven: what both ways give must be the same. */
export interface Bench {
  readonly core: Core;
  readonly memory: GuardedMemory;
  /** False: the input as a whole, against the end of memory. True: in pieces where it can be split, between guard bytes. */
  readonly isSplit: boolean;
}

export interface Outcome {
  /** What every flavour must agree on. */
  readonly agreed: string;
  /** What kind of outcome it was; an input with a new kind is kept and mutated further. */
  readonly kind: string;
}

/** Something that takes untrusted bytes. */
export interface Target {
  readonly name: string;
  /** Bytes in front that choose settings; the rest is input. */
  readonly knobBytes: number;
  readonly maxBytes: number;
  readonly mutators: readonly Mutator[];
  /** Well-formed inputs by name: what `--renew-corpus` writes. */
  seeds(): ReadonlyMap<string, Uint8Array>;
  /** @throws when an invariant is broken */
  run(bench: Bench, input: Uint8Array): Outcome | Promise<Outcome>;
  /** The bare work, where a run's bookkeeping takes longer than the work itself: for measuring how the time grows. */
  work?(bench: Bench, input: Uint8Array): void;
}

/** For what must hold whatever the input. */
export function demand(condition: boolean, invariant: () => string): asserts condition {
  if (!condition) throw new Error(invariant());
}

/** Bytes as a string that can be compared. */
export function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A start code of three or four bytes in front. */
export const startsWithCode = (input: Uint8Array): boolean => /^\0{2,3}\x01/.test(asText(input.subarray(0, 4)));

/** Bits of a number: for kinds that tell sizes apart, but not each one. */
export const magnitude = (value: number): number => 32 - Math.clz32(value);
