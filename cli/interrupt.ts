/** SIGINT and SIGTERM as an abort signal: the first one asks to stop in order, the second one ends the process. */
import type { StopSignal } from './exit.ts';
import { exitCodeOf, InterruptedError } from './exit.ts';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

export interface InterruptWatch extends Disposable {
  /** Aborts with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
}

export function watchInterrupts(): InterruptWatch {
  const controller = new AbortController();
  const stop = (name: StopSignal): void => {
    const reason = new InterruptedError(name);
    if (controller.signal.aborted) process.exit(exitCodeOf(reason));
    controller.abort(reason);
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of STOP_SIGNALS) process.off(name, stop);
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
