/**
 * The states of a stream and the way out of the passing ones.
 *
 *   CREATING ─▶ ACTIVE ⇄ UPDATING        ACTIVE ─▶ DELETING ─▶ gone
 *
 * With no transition delay, CREATING and UPDATING are never seen. DELETING is always written first, so that a crash
 * in the middle of a deletion is finished by `resume`.
 */

import type { Timer } from '../../sdk/platform.ts';
import type { ServiceContext } from '../context.ts';
import { describeError } from '../errors.ts';
import type { StreamRow, StreamStatus } from '../storage.ts';
import { allStreams } from './all-streams.ts';

export class StreamLifecycle {
  readonly #context: ServiceContext;
  readonly #timers = new Map<string, Timer>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** The status that an accepted change gives a stream: the passing one, or ACTIVE where there is no delay. */
  statusAfter(passing: Exclude<StreamStatus, 'ACTIVE' | 'DELETING'>): StreamStatus {
    return this.#context.limits.transitionDelayMs > 0 ? passing : 'ACTIVE';
  }

  /** Takes a stream out of a passing status after the transition delay; resolves at once if there is a delay. */
  async settle(row: StreamRow): Promise<void> {
    const delayMs = this.#context.limits.transitionDelayMs;
    if (row.status === 'ACTIVE') return;
    if (row.status === 'DELETING') await this.#hideMedia(row);
    if (delayMs === 0) return this.#finish(row);
    const timer = this.#context.platform.setTimer(delayMs, () => {
      this.#timers.delete(row.streamId);
      this.#finish(row).catch((error: unknown) => {
        this.#context.platform.log('error', 'stream transition failed', {
          stream: row.name,
          status: row.status,
          error: describeError(error),
        });
      });
    });
    this.#timers.get(row.streamId)?.cancel();
    this.#timers.set(row.streamId, timer);
  }

  /** Settles what an earlier process left in a passing status. */
  async resume(): Promise<void> {
    for await (const row of allStreams(this.#context.streams)) await this.settle(row);
  }

  /** Stops the timers; a later `resume` finishes what they would have done. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** A deleted stream's media is out of reach at once, whatever the delay. */
  async #hideMedia(row: StreamRow): Promise<void> {
    this.#context.live.endStream(row.streamId);
    await this.#context.streams.expireFragments(row.streamId, Infinity);
    await this.#context.fragments.deleteStream(row.streamId);
  }

  async #finish(row: StreamRow): Promise<void> {
    if (row.status === 'DELETING') {
      await this.#context.streams.deleteStream(row.streamId);
      // Whoever found the stream just before it was hidden may have begun something on it since.
      this.#context.live.endStream(row.streamId);
    } else {
      await this.#context.streams.updateStream({ ...row, status: 'ACTIVE' }, row.version);
    }
  }
}
