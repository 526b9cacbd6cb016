import { instantiateSync } from '@assemblyscript/loader';
import type { CoreSource } from '../platform.ts';
import type { CoreExports } from './exports.ts';

/** Instantiates the core in any of its flavours. The only place that knows the loader. */
export function instantiateCore(source: CoreSource): CoreExports {
  if (source.flavour === 'js') return source.instantiate() as CoreExports;
  return { ...instantiateSync<Record<string, unknown>>(source.module).instance.exports } as unknown as CoreExports;
}
