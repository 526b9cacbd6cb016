/**
 * Fragments that were stored and are given up: by the native roll back, refused by the service, or with a reset. Each is entered as lost, and
 * told.
 */
import type { CoreStream } from '../core/core-stream.ts';
import type { AckError } from '../errors.ts';
import type { StreamEvent } from './events.ts';
import type { FragmentLedger, LedgerEntry } from './fragment-ledger.ts';
import type { StreamCounters } from './metrics/stream-metrics.ts';
import type { Timecodes } from './timecodes.ts';

export interface FragmentLossesOptions {
  readonly stream: CoreStream;
  readonly ledger: FragmentLedger;
  readonly counters: StreamCounters;
  readonly timecodes: Timecodes;
  readonly onEvent: (event: StreamEvent) => void;
  /** Store memory was freed. */
  readonly onFreed: () => void;
}

export class FragmentLosses {
  readonly #options: FragmentLossesOptions;

  constructor(options: FragmentLossesOptions) {
    this.#options = options;
  }

  /** Rolls back at most `replayUs` of media time, as natively; what lies before is lost. Fragments that will be sent again. */
  rollBackByDuration(replayUs: number, isHostAlive: boolean): number {
    const { stream, ledger, counters, onEvent, onFreed } = this.#options;
    const frames = ledger.entries.map(({ sequence }) => ({ sequence, lost: stream.framesOf(sequence) }));
    const outcome = stream.rollBackByDuration(replayUs, isHostAlive);
    if (outcome.fragments === 0) return outcome.resentFragments;
    const { firstFragment, lastFragment } = outcome;
    const lost = ledger.loseRange(firstFragment, lastFragment);
    counters.fragmentsDropped += outcome.fragments;
    counters.framesDropped += outcome.frames;
    onEvent({
      type: 'frames-dropped',
      reason: 'roll-back',
      fragments: outcome.fragments,
      frames: outcome.frames,
      bytes: outcome.bytes,
      firstTimestampUs: lost[0]?.lowestTimestampUs ?? outcome.firstPtsUs,
      lastTimestampUs: lost.at(-1)?.highestTimestampUs ?? outcome.lastPtsUs,
      isFragment: true,
      lostFrames: frames
        .filter(({ sequence }) => sequence >= firstFragment && sequence <= lastFragment)
        .flatMap((fragment) => fragment.lost),
    });
    onFreed();
    return outcome.resentFragments;
  }

  /** Skips a fragment that the service will never take, so that it does not come back with every connection. */
  reject(entry: LedgerEntry, error: AckError): void {
    const { stream, ledger, counters, timecodes, onEvent, onFreed } = this.#options;
    const timecode = timecodes.onWire(entry);
    const lostFrames = stream.framesOf(entry.sequence);
    const { frames, bytes } = stream.skipFragment(timecode);
    ledger.lose(entry);
    counters.fragmentsRejected++;
    counters.framesRejected += frames;
    onEvent({
      type: 'fragment-rejected',
      timecode,
      error,
      frames,
      bytes,
      firstTimestampUs: entry.lowestTimestampUs,
      lastTimestampUs: entry.highestTimestampUs,
      lostFrames,
    });
    onFreed();
  }

  /** Gives up everything that is not persisted; what follows begins at the next key frame. */
  dropAll(): void {
    const { stream, ledger, counters, timecodes, onEvent, onFreed } = this.#options;
    // Before the first connection nobody has asked what timecodes count from.
    timecodes.countFrom(stream.streamStartUs);
    for (let entry = ledger.oldest; entry !== undefined; entry = ledger.oldest) {
      const lostFrames = stream.framesOf(entry.sequence);
      const { frames, bytes } = stream.skipFragment(timecodes.onWire(entry));
      ledger.lose(entry);
      counters.fragmentsDropped++;
      counters.framesDropped += frames;
      onEvent({
        type: 'frames-dropped',
        reason: 'reset',
        fragments: 1,
        frames,
        bytes,
        firstTimestampUs: entry.lowestTimestampUs,
        lastTimestampUs: entry.highestTimestampUs,
        isFragment: true,
        lostFrames,
      });
    }
    onFreed();
  }
}
