/** Several providers behind one callback, in the order in which they were added. Source: c-producer §3.2. */
import { KvsError } from '../../errors.ts';
import { CALLBACK_STATUS } from './callback-status.ts';

/** As the ready-made providers of the native library. */
export const DEFAULT_CHAIN_LENGTH = 5;
/** Chains are shorter than 20. */
export const MAX_CHAIN_LENGTH = 19;

type Callback = (...args: unknown[]) => unknown;

/** True for what a notification may answer when all is well. */
export function isSuccess(status: unknown): boolean {
  return status === undefined || status === 0 || status === CALLBACK_STATUS.STATUS_STOP_CALLBACK_CHAIN;
}

export class CallbackChain<T extends { free?(): void }> {
  readonly #maxLength: number;
  readonly #duplicate: keyof typeof CALLBACK_STATUS;
  readonly #entries: T[] = [];

  /** `duplicate`: the status of a provider that is added twice. */
  constructor(maxLength: number, duplicate: keyof typeof CALLBACK_STATUS) {
    this.#maxLength = maxLength;
    this.#duplicate = duplicate;
  }

  /** Throws `KvsError` when the chain is full, or holds this provider already: it would be freed twice. */
  add(entry: T): void {
    if (this.#entries.length >= this.#maxLength)
      throw chainError('STATUS_MAX_CALLBACK_CHAIN', `A chain holds at most ${this.#maxLength} providers`);
    if (this.#entries.includes(entry)) throw chainError(this.#duplicate, 'The provider is in the chain already');
    this.#entries.push(entry);
  }

  hears(name: keyof T): boolean {
    return this.#entries.some((entry) => entry[name] !== undefined);
  }

  /**
   * Notifies one after another. STATUS_STOP_CALLBACK_CHAIN ends the round well; another status that is not 0 ends it and is what
   * comes of it, and so does what a provider throws.
   */
  async notify(name: keyof T, ...args: unknown[]): Promise<number | undefined> {
    for (const entry of this.#entries) {
      const status = await (entry[name] as Callback | undefined)?.apply(entry, args);
      if (status === CALLBACK_STATUS.STATUS_STOP_CALLBACK_CHAIN) return undefined;
      if (!isSuccess(status)) return status as number;
    }
    return undefined;
  }

  /** Asks one after another until one answers. */
  async ask<R>(name: keyof T, ...args: unknown[]): Promise<R | undefined> {
    for (const entry of this.#entries) {
      const answer = await (entry[name] as Callback | undefined)?.apply(entry, args);
      if (answer !== undefined) return answer as R;
    }
    return undefined;
  }

  /** Frees each provider, whatever one of them throws; the first error is thrown at the end. */
  free(): void {
    const errors: unknown[] = [];
    for (const entry of this.#entries) {
      try {
        entry.free?.();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

export function chainError(name: keyof typeof CALLBACK_STATUS, message: string): KvsError {
  return new KvsError(CALLBACK_STATUS[name], message, { code: name });
}
