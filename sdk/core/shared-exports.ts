import type { CoreExports } from './exports.ts';

/** What the build for shared memory exports beside the others: frames that another thread has placed, `assembly/shared.ts`. */
export interface SharedCoreExports extends CoreExports {
  placedHeadroom(handle: number, flags: number): number;
  placedAdapt(nal: number, slot: number, payload: number, sizeBytes: number, room: number): number;
  placedCommit(
    handle: number,
    trackNumber: number,
    slot: number,
    payload: number,
    sizeBytes: number,
    flags: number,
    ptsUs: number,
    dtsUs: number,
    durationUs: number,
  ): number;
  placedHold(
    handle: number,
    trackNumber: number,
    slot: number,
    payload: number,
    sizeBytes: number,
    flags: number,
  ): number;
  spansGather(table: number, count: number, destination: number): number;
  bytesCopy(destination: number, source: number, sizeBytes: number): number;
}

/** What stands around each call into a core whose memory other threads use too. */
export interface CallGuard {
  /** Before a call; what it throws is a trap. */
  enter(): void;
  /** After it. */
  leave(): void;
}

/** The numbers that a function of the core takes; more than it has are ignored. */
type CoreFunction = (...numbers: number[]) => number;

/** The same functions, each within the guard. */
export function guardExports<T extends CoreExports>(exports: T, guard: CallGuard): T {
  const guarded = Object.entries(exports).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'function' ? guardCall(value as CoreFunction, guard) : value,
  ]);
  return Object.fromEntries(guarded) as T;
}

/** Without rest parameters, which would make an array of each call. */
function guardCall(call: CoreFunction, guard: CallGuard): CoreFunction {
  return (a, b, c, d, e, f, g, h, i) => {
    guard.enter();
    try {
      return call(a, b, c, d, e, f, g, h, i);
    } finally {
      guard.leave();
    }
  };
}
