/** Runs one input on several flavours of the core, and says what is wrong with what they make of it. */
import type { CoreFlavour } from '../../sdk/platform.ts';
import { loadCore } from '../support/load-core.ts';
import { GuardedMemory } from './guarded-memory.ts';
import type { Bench, Outcome, Target } from './target.ts';

/** Most that a target's input, room and output take, with room for inputs that are grown to see how the time grows. */
const GUARDED_BYTES = 8 << 20;
const SCRATCH_BYTES = 4 << 20;
/** The translated core is some times slower, and is plain code: it sees every so many inputs. */
const JS_EVERY = 16;

export interface Verdict {
  /** The broken invariant, or null. */
  readonly failure: string | null;
  /** Of the outcome; empty when it failed. */
  readonly kind: string;
  /** The slower of the two compiled flavours, milliseconds. */
  readonly elapsedMs: number;
}

function newBench(flavour: CoreFlavour): Bench {
  const core = loadCore(flavour);
  // Scratch memory is kept and grows; from now on it does not.
  core.scratch(new Uint8Array(SCRATCH_BYTES));
  return { core, memory: new GuardedMemory(core, GUARDED_BYTES), isSplit: flavour === 'simd' };
}

/** Judges the inputs of one target. Cores live as long as nothing traps in them. */
export class Judge {
  readonly #target: Target;
  readonly #benches = new Map<CoreFlavour, Bench>();
  #inputs = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @param isThorough also on the translated core; by default every so often */
  async judge(input: Uint8Array, isThorough: boolean = this.#inputs++ % JS_EVERY === 0): Promise<Verdict> {
    const flavours: readonly CoreFlavour[] = isThorough ? ['plain', 'simd', 'js'] : ['plain', 'simd'];
    let first: Outcome | null = null;
    let elapsedMs = 0;
    for (const flavour of flavours) {
      const startedMs = performance.now();
      try {
        const outcome = await this.run(input, flavour);
        if (flavour !== 'js') elapsedMs = Math.max(elapsedMs, performance.now() - startedMs);
        first ??= outcome;
        if (outcome.agreed !== first.agreed) {
          return { failure: `plain and ${flavour} disagree`, kind: '', elapsedMs };
        }
      } catch (error) {
        this.#benches.delete(flavour);
        const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
        return {
          failure: `${flavour}: ${error instanceof Error ? error.message : String(error)}${cause}`,
          kind: '',
          elapsedMs,
        };
      }
    }
    return { failure: null, kind: first?.kind ?? '', elapsedMs };
  }

  /** @throws when an invariant is broken; nothing is compared */
  run(input: Uint8Array, flavour: CoreFlavour): Outcome | Promise<Outcome> {
    let bench = this.#benches.get(flavour);
    if (bench === undefined) this.#benches.set(flavour, (bench = newBench(flavour)));
    return this.#target.run(bench, input);
  }
}
