/** What a stream has taken and not delivered, frames that wait for their turn included. */
import { NotPersistedError, type UnpersistedMedia } from '../errors.ts';
import type { StreamParts } from './stream-parts.ts';

type OwingParts = Pick<StreamParts, 'ledger' | 'order'>;

/** There is an open fragment, or frames that wait for their turn. */
export function hasOpenFrames({ ledger, order }: OwingParts): boolean {
  return ledger.newest?.isClosed === false || (order?.waiting ?? 0) > 0;
}

/** Everything that is put and not settled. */
function owedMedia({ ledger, order }: OwingParts): UnpersistedMedia {
  const owed = ledger.owed();
  const waiting = order?.summary();
  if (waiting === undefined || waiting.frames === 0) return owed;
  const isAlone = owed.frames === 0;
  return {
    fragments: owed.fragments,
    frames: owed.frames + waiting.frames,
    firstTimestampUs: isAlone ? waiting.firstTimestampUs : Math.min(owed.firstTimestampUs, waiting.firstTimestampUs),
    lastTimestampUs: isAlone ? waiting.lastTimestampUs : Math.max(owed.lastTimestampUs, waiting.lastTimestampUs),
  };
}

/** The error of a stream that gives up what it owes. `error`: what ended it, where nothing went wrong on the way to the service. */
export function notPersisted(
  streamName: string,
  reason: string,
  parts: OwingParts & Pick<StreamParts, 'engine'>,
  error: unknown,
): NotPersistedError {
  const { lastError } = parts.engine;
  const why = lastError === undefined ? '' : `; ${lastError.message}`;
  return new NotPersistedError(streamName, `${reason}${why}`, owedMedia(parts), { cause: lastError ?? error });
}
