/** Ends a fragment that no frame was put into for a while: the intermittent producer of producer-core §15. */
import { delay } from '../../aws/backoff.ts';
import type { Platform } from '../../platform.ts';

/** Native default: an end of fragment after this pause, milliseconds; looked for every quarter of it. Source: producer-core §15, §20. */
export const IDLE_FRAGMENT_MS = 20_000;
const IDLE_CHECKS = 4;

export interface IdleFragmentsOptions {
  readonly platform: Pick<Platform, 'setTimer'>;
  /** Frames put until now. */
  readonly framesPut: () => number;
  /** There is a fragment to end, or frames wait for their turn. */
  readonly isOpen: () => boolean;
  /** Milliseconds without a frame; 0 never ends one. */
  readonly idleMs: number;
  /** Aborted when the stream has ended. */
  readonly signal: AbortSignal;
  /** Puts wait for room, or none will follow: then nothing is ended. */
  readonly isBusy: () => boolean;
  /** Ends the open fragment. */
  readonly endFragment: () => Promise<void>;
}

/**
 * Resolves when the signal is aborted. Never rejects: ending fails as the stream does, which everyone is told by other ways.
 *
 * Goes by its own timer alone: a wall clock that is set forward ends nothing, one that is set back puts nothing off (trap T13).
 */
export async function endIdleFragments(options: IdleFragmentsOptions): Promise<void> {
  const { platform, idleMs, signal } = options;
  let framesSeen = 0;
  let quietChecks = 0;
  while (idleMs > 0 && !signal.aborted) {
    await delay(platform, Math.ceil(idleMs / IDLE_CHECKS), signal).catch(() => undefined);
    const framesPut = options.framesPut();
    quietChecks = framesPut === framesSeen ? quietChecks + 1 : 0;
    framesSeen = framesPut;
    if (quietChecks < IDLE_CHECKS || !options.isOpen() || signal.aborted || options.isBusy()) continue;
    await options.endFragment().catch(() => undefined);
  }
}
