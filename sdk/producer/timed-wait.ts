/** A wait that may not last longer than so long. */
import { Deadline } from '../aws/backoff.ts';
import type { Platform } from '../platform.ts';

/** Rejects with what `work` rejects with, the outer signal's reason among it, or with the error for a wait that was too long. */
export async function withinTime(
  platform: Pick<Platform, 'setTimer'>,
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<void>,
  tooLong: () => Error,
): Promise<void> {
  const deadline = new Deadline(platform, timeoutMs, outer);
  try {
    await work(deadline.signal);
  } catch (error) {
    throw deadline.expired && error === deadline.signal.reason ? tooLong() : error;
  } finally {
    deadline.clear();
  }
}
