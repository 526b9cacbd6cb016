/** Runs one input on several flavours of the core, and says what is wrong with what they make of it. */
import type { CoreFlavour } from '../../sdk/platform.ts';
import { loadCore } from '../support/load-core.ts';
import { GuardedMemory } from './guarded-memory.ts';
import type { Bench, Outcome, Target } from './target.ts';

/** Most that a target's input, room and output take, with room for inputs that are grown to see how the time grows. */
const GUARDED_BYTES = 8 << 20;
const SCRATCH_BYTES = 4 << 20;
/** The translated core is some times slower, and is the plain one's code: it sees every so many inputs. */
const JS_EVERY = 16;

export interface Verdict {
  /** The broken invariant, or null. */
  readonly failure: string | null;
  /** Of the outcome; empty when it failed. */
  readonly kind: string;
  /** The slower of the two compiled flavours, milliseconds. */
  readonly elapsedMs: number;
}

type Way = readonly [flavour: CoreFlavour, isSplit: boolean];

/** By turns, so that each flavour sees inputs against the end of memory. */
const USUAL_WAYS: ReadonlyArray<readonly Way[]> = [
  [
    ['plain', false],
    ['simd', true],
  ],
  [
    ['simd', false],
    ['plain', true],
  ],
];
const ALL_WAYS: readonly Way[] = [...USUAL_WAYS.flat(), ['js', true]];

function newBench(flavour: CoreFlavour): Omit<Bench, 'isSplit'> {
  const core = loadCore(flavour);
  // Scratch memory is kept and grows; from now on it does not.
  core.scratch(new Uint8Array(SCRATCH_BYTES));
  return { core, memory: new GuardedMemory(core, GUARDED_BYTES) };
}

/** Judges the inputs of one target. Cores live as long as nothing traps in them. */
export class Judge {
  readonly #target: Target;
  readonly #benches = new Map<CoreFlavour, Omit<Bench, 'isSplit'>>();
  #inputs = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @param isThorough in all ways; by default every so often */
  async judge(input: Uint8Array, isThorough: boolean = this.#inputs % JS_EVERY === 0): Promise<Verdict> {
    const ways = isThorough ? ALL_WAYS : (USUAL_WAYS[this.#inputs % USUAL_WAYS.length] as readonly Way[]);
    this.#inputs++;
    let first: Outcome | null = null;
    let elapsedMs = 0;
    for (const way of ways) {
      const startedMs = performance.now();
      try {
        const outcome = await this.run(input, way);
        if (way[0] !== 'js') elapsedMs = Math.max(elapsedMs, performance.now() - startedMs);
        first ??= outcome;
        if (outcome.agreed !== first.agreed)
          return { failure: `plain and ${nameOf(way)} disagree`, kind: '', elapsedMs };
      } catch (error) {
        this.#benches.delete(way[0]);
        return { failure: `${nameOf(way)}: ${textOf(error)}`, kind: '', elapsedMs };
      }
    }
    return { failure: null, kind: first?.kind ?? '', elapsedMs };
  }

  /** @throws when an invariant is broken; nothing is compared */
  run(input: Uint8Array, way: Way): Outcome | Promise<Outcome> {
    return this.#target.run(this.#bench(way), input);
  }

  /** For measuring: the work without what is done to check it, where the target tells them apart. */
  async work(input: Uint8Array): Promise<void> {
    const bench = this.#bench(['plain', false]);
    if (this.#target.work === undefined) await this.#target.run(bench, input);
    else this.#target.work(bench, input);
  }

  #bench([flavour, isSplit]: Way): Bench {
    let bench = this.#benches.get(flavour);
    if (bench === undefined) this.#benches.set(flavour, (bench = newBench(flavour)));
    return { ...bench, isSplit };
  }
}

const nameOf = ([flavour, isSplit]: Way): string => (isSplit ? `${flavour}, split` : flavour);

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
