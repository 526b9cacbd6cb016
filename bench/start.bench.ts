/** What an application pays before its first frame: the core's file, compiled and instantiated. */
import { readFileSync, statSync } from 'node:fs';
import { Core } from '../sdk/core/index.ts';
import { CORE_FILES, coreFile, type PublishedFlavour } from './core-stream.ts';
import type { Measurement, Sized, Timed } from './row.ts';

const FLAVOURS = Object.keys(CORE_FILES) as PublishedFlavour[];
type CompiledFlavour = Exclude<PublishedFlavour, 'js'>;

function coreSize(flavour: PublishedFlavour): Sized {
  return { name: `core-size/${flavour}`, unit: 'KiB', sizeBytes: () => statSync(coreFile(flavour)).size };
}

const CUSTOM_SECTION = 0;
const NONCE_BYTES = 8;

/** The core's file with a number at its end: engines keep what they compiled, and know it again by its bytes. */
class FreshFile {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #nonce: DataView;
  #made = 0;

  constructor(flavour: CompiledFlavour) {
    const file = readFileSync(coreFile(flavour));
    // A custom section named `n` (WebAssembly core specification §5.5.3): id, size, length of the name, name, and the number.
    const section = [CUSTOM_SECTION, 2 + NONCE_BYTES, 1, 'n'.charCodeAt(0)];
    this.#bytes = new Uint8Array(file.length + section.length + NONCE_BYTES);
    this.#bytes.set(file);
    this.#bytes.set(section, file.length);
    this.#nonce = new DataView(this.#bytes.buffer, this.#bytes.length - NONCE_BYTES);
    // Nor does the engine know it from a run of the same program that it cached.
    this.#nonce.setFloat32(4, Math.random());
  }

  compile(): WebAssembly.Module {
    this.#nonce.setUint32(0, this.#made++);
    return new WebAssembly.Module(this.#bytes);
  }
}

function starting(step: 'compile' | 'instantiate' | 'compile-and-instantiate', flavour: CompiledFlavour): Timed {
  return {
    name: `core-start/${step}/${flavour}`,
    unit: 'ms',
    open() {
      const file = new FreshFile(flavour);
      const compiled = file.compile();
      return {
        amount: 1,
        run() {
          const module = step === 'instantiate' ? compiled : file.compile();
          if (step === 'compile') return;
          if (Core.create({ flavour, module }).bytes.length === 0) throw new Error('The core has no memory');
        },
      };
    },
  };
}

export const startRows: readonly Measurement[] = [
  ...FLAVOURS.map(coreSize),
  ...(['simd', 'plain'] as const).flatMap((flavour) => [
    starting('compile', flavour),
    starting('instantiate', flavour),
    starting('compile-and-instantiate', flavour),
  ]),
];
