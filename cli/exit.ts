/** How the command ends: exit codes and the one line that says what went wrong. */
import { KvsError } from '../sdk/errors.ts';
import { statusName } from '../sdk/all-statuses.ts';
import { MediaSourceError } from './sources/media-source.ts';

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** By shell convention, 128 plus the signal's number. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_BY_SIGNAL;

/** The command line itself is wrong; nothing was tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was interrupted and has stopped in order. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`Interrupted by ${signal}`);
    this.signal = signal;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT_BY_SIGNAL[error.signal];
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
}

/** The innermost reason that is worth a line; network libraries hide it under "fetch failed". */
function deepestReason(error: Error): Error {
  let reason = error;
  for (let depth = 0; depth < 8 && reason.cause instanceof Error; depth++) reason = reason.cause;
  return reason;
}

/** Errors written for the person at the terminal have put their cause into words already. */
function explainsItself(error: Error): boolean {
  return error instanceof KvsError || error instanceof MediaSourceError || error instanceof UsageError;
}

/** One line for the terminal: what happened, why, and the KVS status where there is one. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return `penstock: ${String(error)}`;
  const reason = explainsItself(error) ? '' : deepestReason(error).message;
  const why = reason === '' || error.message.includes(reason) ? '' : `: ${reason}`;
  const status =
    error instanceof KvsError ? ` [${statusName(error.status)} 0x${(error.status >>> 0).toString(16)}]` : '';
  return `penstock: ${error.message}${why}${status}`.replaceAll(/\s*\n\s*/g, ' ');
}
