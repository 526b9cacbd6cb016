import { CorePoisonedError, KvsError } from '../errors.ts';
import type { CoreFlavour, CoreSource } from '../platform.ts';
import { ContentStore } from './content-store.ts';
import { CoreStream } from './core-stream.ts';
import type { CoreExports, CoreMemory } from './exports.ts';
import { instantiateCore } from './instantiate.ts';
import { checked } from './status-check.ts';

/** What a core has in addition whose memory other threads use too. */
export interface CoreSharing {
  /** The same functions, with what stands around each call. */
  guardExports(exports: CoreExports): CoreExports;
  /** The class of its streams. */
  readonly Stream: typeof CoreStream;
}

/** One instance of the core: its exports, its memory, and the objects opened in it. */
export class Core {
  readonly flavour: CoreFlavour;
  /** The class of its streams. */
  readonly Stream: typeof CoreStream;
  #exports: CoreExports;
  #poisoned = false;
  readonly #memory: CoreMemory;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #doubles: Float64Array;
  /** Index of the first result in 64-bit words. */
  readonly #resultsIndex: number;

  /**
   * Instantiates the core; synchronous, since a platform hands over what is ready to run.
   * @param sharing where other threads use the same memory
   */
  static create(source: CoreSource, sharing?: CoreSharing): Core {
    return new Core(source, sharing);
  }

  private constructor(source: CoreSource, sharing: CoreSharing | undefined) {
    this.flavour = source.flavour;
    const exports = instantiateCore(source);
    this.#exports = sharing?.guardExports(exports) ?? exports;
    this.Stream = sharing?.Stream ?? CoreStream;
    this.#memory = this.#exports.memory;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#doubles = new Float64Array(this.#memory.buffer);
    this.#resultsIndex = this.#exports.results() >>> 3;
  }

  /**
   * Reserves a content store.
   * @param capacityBytes 4 KiB … 2 GiB less 16 MiB
   * @throws KvsError STATUS_INVALID_STORAGE_SIZE, or STATUS_NOT_ENOUGH_MEMORY when the engine has no more
   */
  openStore(capacityBytes: number): ContentStore {
    const handle = this.run((exports) => checked(exports.storeOpen(capacityBytes), 'open the store'));
    return new ContentStore(this, handle);
  }

  /**
   * The functions of the core. Every caller passes what they throw to {@link poison}: the core imports nothing, so whatever comes
   * out of it is a trap.
   * @throws CorePoisonedError from any property after a trap
   */
  get exports(): CoreExports {
    return this.#exports;
  }

  /** What another instance of the build for shared memory is made over. */
  get memory(): CoreMemory {
    return this.#memory;
  }

  /**
   * The byte view over linear memory. Take it anew after every call that may open something, never hold it across an `await`:
   * it is replaced when memory has grown.
   */
  get bytes(): Uint8Array {
    // A view whose buffer was detached by growth has no length. Asking the memory for its buffer on each frame would cost more than
    // storing a small one; `run`, through which everything that may grow goes, does ask.
    if (this.#bytes.length === 0) this.#renewViews();
    return this.#bytes;
  }

  /** The same memory as 32-bit words, for tables of addresses and lengths. Index = address / 4. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#renewViews();
    return this.#words;
  }

  #renewViews(): void {
    const buffer = this.#memory.buffer;
    // Compared by identity: a wasm2js memory keeps the length of a stale view.
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }

  /** One of the doubles that the last call left as results. */
  result(index: number): number {
    if (this.#doubles.length === 0) this.#renewViews();
    return this.#doubles[this.#resultsIndex + index] as number;
  }

  /** Copies byte strings into scratch memory, one behind the other; the address of the first, valid until the next use of scratch memory. */
  scratch(...parts: readonly Uint8Array[]): number {
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    const address = this.run((exports) => checked(exports.scratchReserve(sizeBytes), 'hand data over to the core'));
    const bytes = this.bytes;
    let at = address;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return address;
  }

  /** True after a trap. */
  get poisoned(): boolean {
    return this.#poisoned;
  }

  /**
   * Marks the core as unusable: a trap leaves its memory in an unknown state. Every later use throws a CorePoisonedError.
   * @returns the error to throw now
   */
  poison(cause: unknown): CorePoisonedError {
    if (cause instanceof CorePoisonedError) return cause;
    const error = new CorePoisonedError(`its ${this.flavour} build`, { cause });
    this.#poisoned = true;
    this.#exports = new Proxy({} as CoreExports, {
      get(): never {
        throw error;
      },
    });
    return error;
  }

  /** What to throw on: an error of the SDK as it is, anything else as the trap that it was. */
  rethrown(error: unknown): KvsError {
    return error instanceof KvsError ? error : this.poison(error);
  }

  /** Runs calls into the core outside the hot paths: all that may make memory grow. A trap poisons the core. */
  run<T>(calls: (exports: CoreExports) => T): T {
    try {
      return calls(this.#exports);
    } catch (error) {
      throw this.rethrown(error);
    } finally {
      this.#renewViews();
    }
  }
}
