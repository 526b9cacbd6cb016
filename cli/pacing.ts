/** Real time: holds each frame back until it is due. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SourceFrame } from './sources/media-source.ts';

export interface Paced {
  readonly frame: SourceFrame;
  /** How late the frame is, milliseconds; 0 when it had to wait. */
  readonly lagMs: number;
}

/**
 * Yields the frames at the speed at which they are shown. A source that falls behind is not hurried: frames that are late
 * go at once.
 * @param signal ends the sequence quietly
 */
export async function* inRealTime(frames: AsyncIterable<SourceFrame>, signal: AbortSignal): AsyncGenerator<Paced> {
  let startMs: number | null = null;
  for await (const frame of frames) {
    const dueMs = frame.dueUs / 1000;
    const nowMs = performance.now();
    startMs ??= nowMs - dueMs;
    const waitMs = startMs + dueMs - nowMs;
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    yield { frame, lagMs: Math.max(0, -waitMs) };
  }
}

/** Yields the frames as fast as they are taken. */
export async function* asFastAsPossible(
  frames: AsyncIterable<SourceFrame>,
  signal: AbortSignal,
): AsyncGenerator<Paced> {
  for await (const frame of frames) {
    if (signal.aborted) return;
    yield { frame, lagMs: 0 };
  }
}
