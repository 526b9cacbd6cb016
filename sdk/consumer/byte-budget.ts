import { MediaTooLargeError } from './errors.ts';

/** What an object costs beside its bytes, roughly; keeps a flood of empty frames or tags from being free. */
const OBJECT_BYTES = 128;

/** Keeps count of what a reader holds, so that no input makes it hold more than the caller allows. */
export class ByteBudget {
  readonly #what: string;
  readonly #limitBytes: number;
  #usedBytes = 0;

  /** @param what for the error's message, such as `a fragment` */
  constructor(what: string, limitBytes: number) {
    this.#what = what;
    this.#limitBytes = limitBytes;
  }

  /**
   * Asks for one more object with this many bytes. To be called before anything is allocated.
   * @throws MediaTooLargeError
   */
  charge(sizeBytes: number): void {
    this.#usedBytes += sizeBytes + OBJECT_BYTES;
    if (this.#usedBytes > this.#limitBytes) throw new MediaTooLargeError(this.#what, this.#limitBytes);
  }

  /** Everything that was charged has been let go. */
  reset(): void {
    this.#usedBytes = 0;
  }
}
