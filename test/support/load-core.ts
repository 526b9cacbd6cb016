import { existsSync, readFileSync } from 'node:fs';
import { Core, type CoreSharing } from '../../sdk/core/core.ts';
import { SharedCoreStream } from '../../sdk/core/shared-core-stream.ts';
import { SHARED_CORE_MEMORY } from '../../sdk/core/shared-memory.ts';
import type { CompiledCore, CoreFlavour, CoreSource, SharedCore, TranslatedCore } from '../../sdk/platform.ts';

const FILES: Readonly<Record<CompiledCore['flavour'], string>> = {
  plain: 'core.wasm',
  simd: 'core.simd.wasm',
  debug: 'core.debug.wasm',
};

/** The flavours every unit test runs on. */
export const FLAVOURS: readonly CoreFlavour[] = ['plain', 'simd', 'js'];

/** A file of `build/`; fails with the command that makes it when it is missing. */
export function buildFile(name: string): URL {
  const url = new URL(`../../build/${name}`, import.meta.url);
  if (!existsSync(url)) throw new Error(`${name} is not built: run npm run build:core`);
  return url;
}

const { instantiate } = (await import(buildFile('core.js').href)) as Pick<TranslatedCore, 'instantiate'>;

/** The build for memory that threads share. */
export function sharedCore(): SharedCore {
  const module = new WebAssembly.Module(readFileSync(buildFile('core.shared.wasm')));
  return {
    flavour: 'shared',
    module,
    // As of the other flavours, every instance has its own.
    get memory() {
      return new WebAssembly.Memory(SHARED_CORE_MEMORY);
    },
  };
}

/** A core from `build/`, ready to be instantiated. */
export function coreSource(flavour: CoreFlavour): CoreSource {
  if (flavour === 'shared') return sharedCore();
  return flavour === 'js' ? { flavour, instantiate } : compiledCore(flavour);
}

/** A compiled core from `build/`. */
export function compiledCore(flavour: CompiledCore['flavour']): CompiledCore {
  return { flavour, module: new WebAssembly.Module(readFileSync(buildFile(FILES[flavour]))) };
}

/** Of a core whose memory other threads could use. */
const UNGUARDED: CoreSharing = { guardExports: (exports) => exports, Stream: SharedCoreStream };

/** A fresh core of this flavour. */
export function loadCore(flavour: CoreFlavour): Core {
  return Core.create(coreSource(flavour), flavour === 'shared' ? UNGUARDED : undefined);
}
