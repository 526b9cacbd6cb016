import { instantiateSync } from '@assemblyscript/loader';
import type { CoreSource } from '../platform.ts';
import type { CoreExports } from './exports.ts';

/** Instantiates the core in any of its flavours. The only place that knows the loader. */
export function instantiateCore(source: CoreSource): CoreExports {
  if (source.flavour === 'js') return source.instantiate() as CoreExports;
  const imports = source.flavour === 'shared' ? { env: { memory: source.memory } } : {};
  const { instance } = instantiateSync<Record<string, unknown>>(source.module, imports);
  return { ...instance.exports } as unknown as CoreExports;
}
