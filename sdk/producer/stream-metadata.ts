/** Metadata for the fragments of a stream, checked and handed to the core. */
import type { CoreStream } from '../core/core-stream.ts';
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import { coreError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';

/** Attaches a name and value to the next fragment, or to every one; false while the store has no room. Throws `KvsError`. */
export function attachMetadata(stream: CoreStream, name: string, value: string, isPersistent: boolean): boolean {
  const status = -stream.putFragmentMetadata(name, value, isPersistent);
  if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) return false;
  if (status > 0) throw coreError(status, `put the fragment metadata '${name}'`);
  return true;
}

/** Attaches events to the next fragment. Throws `KvsError`. */
export function attachEvents(stream: CoreStream, events: readonly StreamEventType[], metadata: EventMetadata): true {
  const status = -stream.putEventMetadata(events, metadata);
  if (status > 0) throw coreError(status, `put event metadata (${events.join(', ')})`);
  return true;
}
