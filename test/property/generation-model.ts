/** Generations of codec private data: which a fragment belongs to, and what the header of each says of every track. */
import type { ParameterSets } from '../support/parameter-sets.ts';
import type { Described } from './picture-sets.ts';

/** A track as the header has it. */
export interface ModelTrack {
  readonly number: number;
  readonly described: Described;
  /** The parameter sets that the header tells; undefined while there are none. */
  readonly sets?: ParameterSets | undefined;
}

/** What a key frame carries, and what the header says once it has been taken over. */
export interface Brought {
  readonly sets: ParameterSets;
  readonly described: Described;
}

export class GenerationModel {
  /** Headers of the generations that are over, oldest first. */
  readonly #older: ReadonlyArray<ModelTrack>[] = [];
  #tracks: readonly ModelTrack[];
  #isHeaderGiven = false;
  #hasFragments = false;

  constructor(tracks: readonly ModelTrack[]) {
    this.#tracks = tracks;
  }

  get newest(): number {
    return this.#older.length;
  }

  /** Tracks as the header of this generation has them now. */
  headerOf(generation: number): readonly ModelTrack[] {
    return this.#older[generation] ?? this.#tracks;
  }

  /** A session has begun with the header of this generation. */
  give(generation: number): void {
    if (generation === this.newest) this.#isHeaderGiven = true;
  }

  has(trackNumber: number): boolean {
    return this.#tracks.some(({ number }) => number === trackNumber);
  }

  /** Whether what a key frame brings is not what the header says. */
  isNew(trackNumber: number, brought: Brought | undefined): brought is Brought {
    return brought !== undefined && this.#setsOf(trackNumber) !== brought.sets;
  }

  /** Whether it has to wait for a generation of its own: the header has been given, or tells the fragments that are there something else. */
  beginsGeneration(trackNumber: number, brought: Brought | undefined): boolean {
    if (!this.isNew(trackNumber, brought)) return false;
    return this.#isHeaderGiven || (this.#hasFragments && this.#setsOf(trackNumber) !== undefined);
  }

  /** Takes a stored key frame's sets over; true when that is a change, and not what was missing until now. */
  take(trackNumber: number, brought: Brought | undefined): boolean {
    if (!this.isNew(trackNumber, brought)) return false;
    const begins = this.beginsGeneration(trackNumber, brought);
    const isChange = begins || this.#setsOf(trackNumber) !== undefined;
    if (begins) {
      this.#older.push(this.#tracks);
      this.#isHeaderGiven = false;
      this.#hasFragments = false;
    }
    this.#tracks = this.#tracks.map((track) => (track.number === trackNumber ? { ...track, ...brought } : track));
    return isChange;
  }

  fragmentBegan(): void {
    this.#hasFragments = true;
  }

  #setsOf(trackNumber: number): ParameterSets | undefined {
    return this.#tracks.find(({ number }) => number === trackNumber)?.sets;
  }
}
