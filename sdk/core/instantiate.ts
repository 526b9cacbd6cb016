import { instantiateSync } from '@assemblyscript/loader';
import type { CoreExports } from './exports.ts';

/** Instantiates a compiled core. The only place that knows the loader. */
export function instantiateCore(module: WebAssembly.Module): CoreExports {
  return instantiateSync<Record<string, unknown>>(module).exports as unknown as CoreExports;
}
