/** Fuzzes one target: mutates what is kept, judges, keeps what is new, minimises what fails. */
import { keepFound, readCorpus } from './corpus.ts';
import { type Growth, measureGrowth, NO_GROWTH } from './growth.ts';
import { Judge } from './judge.ts';
import { minimise } from './minimise.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

const MOST_KEPT = 2000;
const MOST_FOUND = 5;
const MOST_MUTATIONS = 5;
/** The slowest inputs whose growth is measured. */
const SLOWEST = 4;

const TIMED_AGAIN = 3;

export interface Finding {
  readonly failure: string;
  /** Of the minimised input. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface Report {
  readonly target: string;
  readonly inputs: number;
  readonly elapsedS: number;
  /** Kinds of outcome seen. */
  readonly kinds: number;
  readonly worstMs: number;
  readonly worstBytes: number;
  /** Of the slowest inputs, the one that took longest when it had grown. */
  readonly worstGrowth: Growth;
  readonly findings: readonly Finding[];
}

interface Timed {
  readonly input: Uint8Array;
  readonly elapsedMs: number;
}

export class Campaign {
  readonly #target: Target;
  readonly #random: Random;
  readonly #judge: Judge;
  readonly #kept: Uint8Array[] = [];
  readonly #kinds = new Set<string>();
  readonly #failures = new Set<string>();
  readonly #findings: Finding[] = [];
  #slowest: Timed[] = [];

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#random = new Random(seed);
    this.#judge = new Judge(target);
  }

  /** Judges the corpus on every flavour, then this many mutated inputs; ends early when enough has failed. */
  async run(inputs: number): Promise<Report> {
    const startedMs = performance.now();
    for (const input of readCorpus(this.#target).values()) {
      this.#kept.push(input);
      await this.#try(input, true);
    }
    let done = 0;
    while (done < inputs && this.#findings.length < MOST_FOUND) {
      await this.#try(this.#mutated());
      done++;
    }
    const elapsedS = (performance.now() - startedMs) / 1000;
    const worstGrowth = await this.#worstGrowth();
    const [worst] = this.#slowest;
    return {
      target: this.#target.name,
      inputs: done,
      elapsedS,
      kinds: this.#kinds.size,
      worstMs: worst?.elapsedMs ?? 0,
      worstBytes: worst?.input.length ?? 0,
      worstGrowth,
      findings: this.#findings,
    };
  }

  #mutated(): Uint8Array {
    const random = this.#random;
    let input = random.pick(this.#kept);
    for (let left = 1 + random.below(MOST_MUTATIONS); left > 0; left--) {
      const mutate = random.pick(this.#target.mutators);
      input = mutate(input, random, random.pick(this.#kept));
    }
    return input.slice(0, this.#target.maxBytes);
  }

  async #try(input: Uint8Array, isThorough?: boolean): Promise<void> {
    const verdict = await this.#judge.judge(input, isThorough);
    if (verdict.failure !== null) return this.#report(input, verdict.failure);
    if (!this.#kinds.has(verdict.kind)) {
      this.#kinds.add(verdict.kind);
      if (this.#kept.length < MOST_KEPT) this.#kept.push(input);
    }
    await this.#time(input, verdict.elapsedMs);
  }

  async #report(input: Uint8Array, failure: string): Promise<void> {
    if (this.#failures.has(failure)) return;
    this.#failures.add(failure);
    const smallest = await minimise(input, async (candidate) => {
      const verdict = await this.#judge.judge(candidate, true);
      return verdict.failure === failure;
    });
    const path = keepFound(this.#target, smallest);
    this.#findings.push({ failure, path, sizeBytes: smallest.length });
  }

  /** Keeps the slowest inputs. What looks slow is run again: the machine does other things, too. */
  async #time(input: Uint8Array, elapsedMs: number): Promise<void> {
    const isSlow = (ms: number): boolean =>
      this.#slowest.length < SLOWEST || ms > (this.#slowest.at(-1)?.elapsedMs ?? 0);
    if (!isSlow(elapsedMs)) return;
    let least = elapsedMs;
    for (let again = 0; again < TIMED_AGAIN && isSlow(least); again++) {
      least = Math.min(least, (await this.#judge.judge(input, false)).elapsedMs);
    }
    if (!isSlow(least)) return;
    this.#slowest = [...this.#slowest, { input, elapsedMs: least }]
      .sort((a, b) => b.elapsedMs - a.elapsedMs)
      .slice(0, SLOWEST);
  }

  async #growthOf(input: Uint8Array): Promise<Growth> {
    try {
      return await measureGrowth(this.#judge, this.#target, input);
    } catch (error) {
      const failure = `grown to a megabyte: ${error instanceof Error ? error.message : String(error)}`;
      this.#findings.push({ failure, path: keepFound(this.#target, input), sizeBytes: input.length });
      return NO_GROWTH;
    }
  }

  async #worstGrowth(): Promise<Growth> {
    let worst = NO_GROWTH;
    for (const { input } of this.#slowest) {
      const growth = await this.#growthOf(input);
      if (growth.isSuperlinear) {
        const path = keepFound(this.#target, input);
        this.#findings.push({
          failure: `time grows by ${growth.ratio.toFixed(0)} for 16`,
          path,
          sizeBytes: input.length,
        });
      }
      if (growth.largeMs > worst.largeMs) worst = growth;
    }
    return worst;
  }
}
