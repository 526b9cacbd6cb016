/** Cuts a link again and again: at once, at a byte on its way up or down, or so that it stays open and carries nothing more. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CuttingProxy } from '../support/cutting-proxy.ts';

/** Between two cuts, milliseconds. */
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
const MOST_BYTES_UP = 1_000_000;
/** Acks are short. */
const MOST_BYTES_DOWN = 2_000;

/** Runs until the signal is aborted. */
export async function cutAgainAndAgain(link: CuttingProxy, random: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pauseMs = SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const kind = Math.floor(random() * 4);
    const bytes = Math.floor(random() * (kind === 2 ? MOST_BYTES_DOWN : MOST_BYTES_UP));
    if (kind === 0) link.cut();
    else if (kind === 1) link.cutAfter(bytes, { direction: 'upload', mode: 'reset' });
    else if (kind === 2) link.cutAfter(bytes, { direction: 'download', mode: 'reset' });
    else link.cutAfter(bytes, { direction: 'upload', mode: 'stall' });
  }
  link.cutAfter(Infinity);
}
