/** Runs simulations in several threads, and tells what came of them in the order in which they were asked for. */
import { Worker } from 'node:worker_threads';
import type { SimulationOptions, SimulationResult } from './simulation.ts';

export interface PoolResult extends Omit<SimulationResult, 'failure'> {
  readonly options: SimulationOptions;
  readonly failure: { readonly invariant: string; readonly message: string } | undefined;
}

/** Room for what lives for one step only: with less much of it is taken for what lasts. */
const YOUNG_GENERATION_MB = 64;

/** `workers`: threads, each of `script`, the bundle of `run-worker.ts`. What is not wanted any more is not run. */
export async function* runInOrder(
  all: readonly SimulationOptions[],
  workers: number,
  script: URL,
): AsyncGenerator<PoolResult> {
  const results: (PoolResult | undefined)[] = [];
  let given = 0;
  let notify: () => void = () => undefined;
  let crash: Error | undefined;
  const threads = Array.from({ length: Math.min(workers, all.length) }, () => {
    const thread = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } });
    let index = -1;
    const next = (): void => {
      index = given++;
      const options = all[index];
      if (options !== undefined) thread.postMessage(options, []);
    };
    thread.on('message', (result: Omit<PoolResult, 'options'>) => {
      results[index] = { ...result, options: all[index] as SimulationOptions };
      next();
      notify();
    });
    thread.on('error', (error) => {
      crash = error instanceof Error ? error : new Error(String(error));
      notify();
    });
    next();
    return thread;
  });
  try {
    for (let index = 0; index < all.length; index++) {
      while (results[index] === undefined && crash === undefined)
        await new Promise<void>((resolve) => (notify = resolve));
      const result = results[index];
      if (result === undefined) throw crash;
      results[index] = undefined;
      yield result;
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
