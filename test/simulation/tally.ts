/** What simulations did, counted. */
import type { FramesDroppedEvent } from '../../sdk/producer/events.ts';
import type { FaultKind } from './faults.ts';

export interface Tally {
  runs: number;
  virtualMs: number;
  steps: number;
  sessions: number;
  framesPut: number;
  /** Frames that the service has on disk, each once. */
  framesPersisted: number;
  framesDropped: number;
  droppedBy: Partial<Record<FramesDroppedEvent['reason'], number>>;
  framesRejected: number;
  /** Frames told as lost by a stop that ran out of time, an abort, or a stream that failed. */
  framesLost: number;
  /** Frames that were RECEIVED, not persisted, and not sent again: the native policy for lost connections asks for no more. */
  framesTrusted: number;
  framesSkipped: number;
  /** Frames that no put took: too large for the store, or not valid. */
  framesRefused: number;
  /** Frames that reached the service again. */
  framesTwice: number;
  faults: Partial<Record<FaultKind, number>>;
}

export function createTally(): Tally {
  return {
    runs: 0,
    virtualMs: 0,
    steps: 0,
    sessions: 0,
    framesPut: 0,
    framesPersisted: 0,
    framesDropped: 0,
    droppedBy: {},
    framesRejected: 0,
    framesLost: 0,
    framesTrusted: 0,
    framesSkipped: 0,
    framesRefused: 0,
    framesTwice: 0,
    faults: {},
  };
}

/** Adds one tally to another. */
export function addTally(sum: Tally, part: Tally): void {
  for (const name of Object.keys(part) as (keyof Tally)[])
    if (name !== 'faults' && name !== 'droppedBy') sum[name] += part[name];
  addCounts(sum.faults, part.faults);
  addCounts(sum.droppedBy, part.droppedBy);
}

function addCounts<K extends string>(sum: Partial<Record<K, number>>, part: Partial<Record<K, number>>): void {
  for (const name of Object.keys(part) as K[]) sum[name] = (sum[name] ?? 0) + (part[name] ?? 0);
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** The tally as lines of text. `wallMs`: time that it took on this machine. */
export function describeTally(tally: Tally, wallMs: number): string {
  const hours = tally.virtualMs / 3_600_000;
  const count = Object.values(tally.faults).reduce((sum, times) => sum + times, 0);
  return [
    `runs ${tally.runs}, virtual ${hours.toFixed(1)} h, wall ${(wallMs / 1000).toFixed(1)} s (${(hours / (wallMs / 1000)).toFixed(2)} h/s), steps ${tally.steps}`,
    `frames put ${tally.framesPut}: persisted ${tally.framesPersisted}, dropped ${tally.framesDropped} (${listed(tally.droppedBy)}), rejected ${tally.framesRejected}, told as lost ${tally.framesLost}, received only ${tally.framesTrusted}`,
    `frames not taken: skipped ${tally.framesSkipped}, refused ${tally.framesRefused}; sent twice ${tally.framesTwice}; sessions ${tally.sessions}`,
    `faults ${count}: ${listed(tally.faults)}`,
  ].join('\n');
}
