/** What simulations did, counted. */
import type { FaultKind } from './faults.ts';

export interface Tally {
  seeds: number;
  virtualMs: number;
  steps: number;
  sessions: number;
  framesPut: number;
  /** Frames that the service has on disk, each once. */
  framesPersisted: number;
  framesDropped: number;
  framesRejected: number;
  /** Frames told as lost by a stop that ran out of time, an abort, or a stream that failed. */
  framesLost: number;
  framesSkipped: number;
  /** Frames that no put took: too large for the store, or not valid. */
  framesRefused: number;
  /** Frames that reached the service again. */
  framesTwice: number;
  faults: Partial<Record<FaultKind, number>>;
}

export function createTally(): Tally {
  return {
    seeds: 0,
    virtualMs: 0,
    steps: 0,
    sessions: 0,
    framesPut: 0,
    framesPersisted: 0,
    framesDropped: 0,
    framesRejected: 0,
    framesLost: 0,
    framesSkipped: 0,
    framesRefused: 0,
    framesTwice: 0,
    faults: {},
  };
}

/** Adds one tally to another. */
export function addTally(sum: Tally, part: Tally): void {
  for (const name of Object.keys(part) as (keyof Tally)[]) if (name !== 'faults') sum[name] += part[name];
  for (const kind of Object.keys(part.faults) as FaultKind[])
    sum.faults[kind] = (sum.faults[kind] ?? 0) + (part.faults[kind] ?? 0);
}

/** The tally as lines of text. `wallMs`: time that it took on this machine. */
export function describeTally(tally: Tally, wallMs: number): string {
  const hours = tally.virtualMs / 3_600_000;
  const faults = Object.entries(tally.faults).sort(([a], [b]) => (a < b ? -1 : 1));
  const count = faults.reduce((sum, [, times]) => sum + times, 0);
  return [
    `seeds ${tally.seeds}, virtual ${hours.toFixed(1)} h, wall ${(wallMs / 1000).toFixed(1)} s (${(hours / (wallMs / 1000)).toFixed(2)} h/s), steps ${tally.steps}`,
    `frames put ${tally.framesPut}: persisted ${tally.framesPersisted}, dropped ${tally.framesDropped}, rejected ${tally.framesRejected}, told as lost ${tally.framesLost}`,
    `frames not taken: skipped ${tally.framesSkipped}, refused ${tally.framesRefused}; sent twice ${tally.framesTwice}; sessions ${tally.sessions}`,
    `faults ${count}: ${faults.map(([kind, times]) => `${kind} ${times}`).join(', ')}`,
  ].join('\n');
}
