/** Removes media past its stream's retention. Source: service-api §2.1 (retention counts from the server timestamp). */

import type { Timer } from '../../sdk/platform.ts';
import type { ServiceContext } from '../context.ts';
import { describeError } from '../errors.ts';
import type { StreamRow } from '../storage.ts';
import { allStreams } from './all-streams.ts';

const HOUR_MS = 3_600_000;

/** A sweep over all streams, repeated on the platform's timer until closed. */
export class RetentionSweep {
  readonly #context: ServiceContext;
  #timer: Timer | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = this.#context.platform.setTimer(this.#context.limits.retentionSweepIntervalMs, () => {
      this.#sweeping = this.#sweep()
        .catch((error: unknown) =>
          this.#context.platform.log('error', 'retention sweep failed', { error: describeError(error) }),
        )
        .then(() => this.start());
    });
  }

  /** Removes what is past the retention of one stream, rows first, then whatever space that frees. */
  async expire(row: StreamRow): Promise<void> {
    const { platform, streams, fragments } = this.#context;
    const limitMs = row.retentionHours === 0 ? Infinity : platform.now() - row.retentionHours * HOUR_MS;
    const removed = await streams.expireFragments(row.streamId, limitMs);
    if (removed === 0) return;
    await fragments.trim(row.streamId, () => streams.oldestBlob(row.streamId));
    platform.log('debug', 'fragments expired', { stream: row.name, removed });
  }

  /** Resolves when a running sweep has ended; none begins afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    for await (const row of allStreams(this.#context.streams)) {
      if (this.#closed) return;
      await this.expire(row);
    }
  }
}
