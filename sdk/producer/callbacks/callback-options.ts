/** Whether a producer has callbacks: known without their code. */
import type { ProducerOptions } from '../options.ts';
import type { CallbackSet } from './default-provider.ts';

/** The options that hold callbacks one by one, beside `callbackProvider`. */
export const CALLBACK_SETS: ReadonlyArray<keyof CallbackSet> = [
  'clientCallbacks',
  'streamCallbacks',
  'apiCallbacks',
  'authCallbacks',
  'platformCallbacks',
];

/** The options name callbacks, be they such that can be or not. */
export function namesCallbacks(options: ProducerOptions): boolean {
  return options.callbackProvider !== undefined || CALLBACK_SETS.some((name) => options[name] !== undefined);
}
