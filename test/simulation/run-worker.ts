/** A thread that runs simulations, one after the other, as it is asked to. */
import { parentPort } from 'node:worker_threads';
import { simulate, type SimulationOptions } from './simulation.ts';

// Most errors of a simulation are meant: to say where each was made would take a twentieth of all time. Shrinking says it.
Error.stackTraceLimit = 0;

parentPort?.on('message', (options: SimulationOptions) => void run(options));

async function run(options: SimulationOptions): Promise<void> {
  const { failure, ...rest } = await simulate(options);
  const told = failure === undefined ? undefined : { invariant: failure.invariant, message: failure.message };
  parentPort?.postMessage({ ...rest, failure: told }, []);
}
