/** Random decisions that a seed repeats. Each part of a simulation draws from a source of its own, so that one does not shift another. */
import { seededRandom } from '../support/seeded-random.ts';

export class Random {
  readonly #seed: number;
  readonly #next: () => number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#next = seededRandom(seed);
  }

  /** A source of its own for the part of this name. */
  fork(name: string): Random {
    let mixed = this.#seed ^ 0x9e3779b9;
    for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193);
    return new Random(mixed ^ (mixed >>> 15));
  }

  /** From 0 up to, not including, 1. */
  unit(): number {
    return this.#next();
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.#next();
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor((most - least + 1) * this.#next());
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(choices.length * this.#next())] as T;
  }
}
