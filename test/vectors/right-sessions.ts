/**
 * The sessions behind a lost connection where native is wrong, as they have to come out: built frame by frame from the scenario's operations
 * and the stream header of its first session. Each rule looks at the operations and settings; docs/deviations.md lists them.
 */
import { annexBToAvccTwin } from '../unit/nal/annexb-twin.ts';
import { END_OF_FRAGMENT_TAGS, firstTimecode, headerOf, putCluster, putSimpleBlock } from './matroska-twin.ts';
import { dataBytes, isHostDead, microseconds, type Operation, type Scenario } from './scenario.ts';

const US_PER_MS = 1000;

const isFrame = (operation: Operation): boolean =>
  operation.op === 'put_frame' && !operation.flags?.includes('end_of_fragment');
const isKey = (operation: Operation): boolean => isFrame(operation) && operation.flags?.includes('key_frame') === true;
const ptsMs = (operation: Operation): number => microseconds(operation.presentation_ts) / US_PER_MS;

/** What a session's cluster timecodes count from. */
function baseMs({ stream_info: info, operations }: Scenario): number {
  const first = operations.find(isFrame);
  return info.absolute_fragment_times || first === undefined ? 0 : ptsMs(first);
}

/** Index of the operation with which the session of this handle begins by the rules; null where none applies. */
function ruledStart(scenario: Scenario, handle: number, native: Buffer): number | null {
  const { operations, stream_info: info } = scenario;
  const lost = operations.findIndex(({ op, new_upload_handle: next }) => op === 'stream_terminated' && next === handle);
  if (lost < 0 || info.streaming_type !== 'realtime') return null;
  const before = operations.slice(0, lost);
  const read = before.findLastIndex(({ op }) => op === 'get_stream_data');
  const unread = before.findIndex((operation, index) => index > read && isFrame(operation));
  const replayMs = microseconds(info.replay_duration) / US_PER_MS;
  // No replay: from the fragment on whose frames are not all sent. Native begins without a header, behind that fragment.
  if (replayMs === 0)
    return before.findLastIndex((operation, index) => isKey(operation) && index <= (unread < 0 ? lost : unread));
  // The beginning of the oldest fragment fell off: native makes the header for what it then leaves out.
  if (headerOf(native).length === 0)
    return operations.findIndex(
      (operation) => isKey(operation) && ptsMs(operation) - baseMs(scenario) === firstTimecode(native),
    );
  if (isHostDead(operations[lost])) return null;
  // Native books a received ack on the frame that ends where the fragment begins.
  const received = before.flatMap(({ ack }) => (ack?.event_type === 'RECEIVED' ? [ack.fragment_timecode] : [])).at(-1);
  if (received !== undefined)
    return before.findIndex((operation) => isKey(operation) && ptsMs(operation) - baseMs(scenario) > received);
  // Everything was read: native measures the replay duration from time 0, and goes back to whatever it has.
  const newest = before.findLast(isFrame);
  if (newest === undefined || unread >= 0) return null;
  const endMs = ptsMs(newest) + microseconds(newest.duration) / US_PER_MS;
  const start = before.findLastIndex((operation) => isKey(operation) && ptsMs(operation) + replayMs <= endMs);
  return start < 0 ? before.findIndex(isKey) : start;
}

/** A frame's data as the session carries it; no scenario with a lost connection has other than Annex-B video. */
function payload({ stream_info: info }: Scenario, operation: Operation): Uint8Array {
  const data = dataBytes(operation.data ?? []);
  return info.nal_adaptation_flags.includes('annexb_nals') ? (annexBToAvccTwin(data) ?? data) : data;
}

/** Bytes of a last session, which begins with this operation and goes on to the stop. */
function buildSession(scenario: Scenario, header: Buffer, start: number): Buffer {
  const pieces = [header];
  let clusterMs = 0;
  for (const operation of scenario.operations.slice(start).filter(isFrame)) {
    if (isKey(operation)) {
      clusterMs = ptsMs(operation);
      pieces.push(putCluster(clusterMs - baseMs(scenario)));
    }
    pieces.push(putSimpleBlock(1, ptsMs(operation) - clusterMs, isKey(operation), payload(scenario, operation)));
  }
  return Buffer.concat([...pieces, END_OF_FRAGMENT_TAGS]);
}

/**
 * What a session has to be where native's is not right; null where it is.
 * @param native its bytes, empty when there are none
 * @param first bytes of the scenario's first session
 */
export function rightSession(scenario: Scenario, handle: number, native: Buffer, first: Buffer): Buffer | null {
  const start = ruledStart(scenario, handle, native);
  const begin = start === null ? undefined : scenario.operations[start];
  if (start === null || begin === undefined) return null;
  const isRight = headerOf(native).length > 0 && firstTimecode(native) === ptsMs(begin) - baseMs(scenario);
  return isRight ? null : buildSession(scenario, headerOf(first), start);
}
