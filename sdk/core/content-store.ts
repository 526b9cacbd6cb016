import type { Core } from './core.ts';
import type { CoreMemory } from './exports.ts';
import type { CoreStream } from './core-stream.ts';
import { checked } from './status-check.ts';
import { type CoreStreamConfig, encodeStreamConfig } from './stream-config.ts';

export type { CoreStreamConfig, CoreTrack, NalAdaptation } from './stream-config.ts';

/** A bounded piece of the core's memory in which all frames of a client live. Reserved when opened, it never grows. */
export class ContentStore {
  readonly #core: Core;
  /** For an instance of the core in another thread. */
  readonly handle: number;
  readonly #streams = new Set<CoreStream>();
  #disposed = false;
  /** What slots may take together, bytes. */
  readonly capacityBytes: number;

  /** Opened through {@link Core.openStore}. */
  constructor(core: Core, handle: number) {
    this.#core = core;
    this.handle = handle;
    this.capacityBytes = core.run((exports) =>
      checked(exports.storeCapacityBytes(handle), 'read the capacity of the store'),
    );
  }

  /** Of the core; what another instance is made over. */
  get memory(): CoreMemory {
    return this.#core.memory;
  }

  /** Bytes in use, headers and rounding of the slots included: exactly what is not free. */
  get usedBytes(): number {
    return this.#core.run((exports) => checked(exports.storeUsedBytes(this.handle), 'read the use of the store'));
  }

  /**
   * Opens a stream in the store.
   * @throws KvsError with the KVS status of the setting that is refused
   */
  openStream(config: CoreStreamConfig): CoreStream {
    const settings = this.#core.scratch(encodeStreamConfig(config));
    const handle = this.#core.run((exports) => checked(exports.streamOpen(this.handle, settings), 'open the stream'));
    const { Stream } = this.#core;
    const stream: CoreStream = new Stream(this.#core, handle, this.#core.result(0), () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  /**
   * Keeps room in the store for something that must not fail later.
   * @returns what {@link give} takes; or minus STATUS_STORE_OUT_OF_MEMORY
   */
  take(sizeBytes: number): number {
    return this.#core.run((exports) => exports.storeTake(this.handle, sizeBytes));
  }

  /** Gives back what {@link take} gave. */
  give(slot: number): void {
    if (!this.#core.poisoned) this.#core.run((exports) => exports.storeGive(this.handle, slot));
  }

  /** Closes the store and every stream in it. Calling it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const stream of this.#streams) stream.dispose();
    if (!this.#core.poisoned) this.#core.run((exports) => exports.storeClose(this.handle));
  }
}
