import { instantiateSync } from '@assemblyscript/loader';
import type { CoreSource } from '../platform.ts';
import type { CoreExports } from './exports.ts';

/** As in asconfig.json, pages of 64 KiB: what the build for shared memory asks its memory for. */
const SHARED_MEMORY = { initial: 2, maximum: 32_768, shared: true } as const;

/** Instantiates the core in any of its flavours. The only place that knows the loader. */
export function instantiateCore(source: CoreSource): CoreExports {
  if (source.flavour === 'js') return source.instantiate() as CoreExports;
  const memory = source.flavour === 'shared' ? (source.memory ?? new WebAssembly.Memory(SHARED_MEMORY)) : undefined;
  const imports = memory === undefined ? {} : { env: { memory } };
  const { instance } = instantiateSync<Record<string, unknown>>(source.module, imports);
  return { ...instance.exports } as unknown as CoreExports;
}
