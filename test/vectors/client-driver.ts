import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentStore } from '../../sdk/core/content-store.ts';
import type { Core } from '../../sdk/core/core.ts';
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import {
  FRAME_BEGAN_FRAGMENT,
  FRAME_FLAG,
  FRAME_PRESSURE,
  FRAME_RESULT_MASK,
} from '../../sdk/core/core-stream-types.ts';
import type { StreamEventType } from '../../sdk/core/event-metadata.ts';
import { FrameOrder } from '../../sdk/producer/frames/frame-order.ts';
import type { FrameSink } from '../../sdk/producer/frames/frame-intake.ts';
import { statusName } from '../../sdk/status.ts';
import { coreSettings } from './core-settings.ts';
import { withRightHvcc } from './hevc-records.ts';
import { rightSession } from './right-sessions.ts';
import { dataBytes, isHostDead, microseconds, type Operation, type Scenario } from './scenario.ts';

/** The store of the machine that made the vectors. */
export const STORE_BYTES = 64 * 1024 * 1024;

const MAX_CLIENT_ID_LENGTH = 64;

/** Size of a drain's chunks; odd, so that items are cut anywhere. */
const DRAIN_CHUNK_BYTES = 1021;

const FLAG_BITS: Readonly<Record<string, number>> = {
  key_frame: FRAME_FLAG.key,
  discardable: FRAME_FLAG.discardable,
  invisible: FRAME_FLAG.invisible,
};

/** Puts one frame of a scenario. */
export function putScenarioFrame(
  stream: Pick<FrameSink, 'putFrame'>,
  scenario: Scenario,
  operation: Operation,
): number {
  const { frame_timecodes: ownTimes, tracks } = scenario.stream_info;
  const flags = (operation.flags ?? []).reduce((bits, flag) => bits | (FLAG_BITS[flag] ?? 0), 0);
  const position = tracks.findIndex((track) => track.track_id === operation.track_id);
  // A track that does not exist has a number that does not exist.
  const trackNumber = position < 0 ? tracks.length + 1 : position + 1;
  const pts = microseconds(ownTimes ? operation.presentation_ts : operation.now);
  const dts = microseconds(ownTimes ? operation.decoding_ts : operation.now);
  return stream.putFrame(
    trackNumber,
    dataBytes(operation.data ?? []),
    flags,
    pts,
    dts,
    microseconds(operation.duration),
  );
}

/** Puts a scenario's frames in order, as a stream of the producer does; undefined where they stay as they are put. */
function frameOrder(store: ContentStore, stream: CoreStream, { stream_info: info }: Scenario): FrameOrder | undefined {
  if (info.frame_order_mode === 'pass_through') return undefined;
  return new FrameOrder({
    stream,
    store,
    tracks: info.tracks.map(({ track_type: kind, codec_private_data: cpd }, index) => ({
      number: index + 1,
      kind,
      hasNalUnits: kind === 'video',
      privateDataBytes: dataBytes(cpd).length,
    })),
    orderedBy: info.frame_order_mode.includes('_dts_') ? 'decode-time' : 'presentation-time',
    byKeyFrame: info.key_frame_fragmentation,
    timecodeScaleUs: microseconds(info.timecode_scale || 10_000),
    now: () => 0,
    checkPrivateData: () => 0,
    commit: ({ trackNumber, ptsUs, dtsUs, durationUs }) =>
      stream.releaseFrame(trackNumber, ptsUs, dtsUs, durationUs) & FRAME_RESULT_MASK,
    onSilent: ({ trackNumber }) => assert.unreachable(`track ${trackNumber} is not silent`),
  });
}

/** Name of a call's status: skipping a frame is a success. */
export function resultName(result: number): string {
  return statusName(result >= 0 ? 0 : -result);
}

/** Reads until there is no more; the bytes, and the final status's name. */
export function drain(stream: CoreStream, chunkBytes: number = DRAIN_CHUNK_BYTES): { bytes: Buffer; status: string } {
  const pieces: Buffer[] = [];
  do {
    const chunk = Buffer.alloc(chunkBytes);
    pieces.push(chunk.subarray(0, stream.read(chunk)));
  } while (stream.readStatus === 0);
  return { bytes: Buffer.concat(pieces), status: statusName(stream.readStatus) };
}

/**
 * The bytes with the named native defects put right: the fields of an hvcC; and the last character of a client id of the full length, which
 * becomes NUL since the native buffer is one byte too small.
 */
export function withoutNativeDefects(scenario: Scenario, bytes: Buffer): Buffer {
  const { client_id: clientId, content_type: contentType, nal_adaptation_flags: flags } = scenario.stream_info;
  if (contentType === 'video/h265' && flags.includes('annexb_cpd_nals')) return withRightHvcc(bytes);
  if (clientId.length < MAX_CLIENT_ID_LENGTH) return bytes;
  const text = bytes.toString('latin1').replaceAll(`${clientId.slice(0, -1)}\0`, clientId);
  return Buffer.from(text, 'latin1');
}

/** What the sessions of a scenario have to be, by upload handle, and which of them are not as native has them. */
export interface ExpectedSessions {
  readonly bytes: ReadonlyMap<number, Buffer>;
  readonly notNative: ReadonlySet<number>;
}

/** Reads the sessions of a scenario and puts right where native is wrong. */
export function expectedSessions(scenario: Scenario, folder: string): ExpectedSessions {
  const bytes = new Map<number, Buffer>();
  const notNative = new Set<number>();
  for (const { driver, upload_handle: handle = 0, file } of scenario.outputs)
    if (driver === 'client') bytes.set(handle, readFileSync(join(folder, file)));
  const first = bytes.get(0) ?? Buffer.alloc(0);
  for (const { new_upload_handle: handle } of scenario.operations) {
    if (typeof handle !== 'number') continue;
    const right = rightSession(scenario, handle, bytes.get(handle) ?? Buffer.alloc(0), first);
    if (right === null) continue;
    bytes.set(handle, right);
    notNative.add(handle);
  }
  for (const [handle, native] of bytes) {
    const right = withoutNativeDefects(scenario, native);
    if (!right.equals(native)) notNative.add(handle);
    bytes.set(handle, right);
  }
  return { bytes, notNative };
}

/** What the upload sessions of one scenario have given so far. */
class Sessions {
  readonly expected: ExpectedSessions;
  readonly #outputs = new Map<number, Buffer[]>();
  /** The live session's handle; null before the first and between two. */
  current: number | null = null;
  /** The last connection was lost with everything sent to a host that died: the next one begins with a key frame. */
  awaitsKey = false;
  /** The view holds the buffer duration. */
  isOverdue = false;

  readonly order: FrameOrder | undefined;

  constructor(expected: ExpectedSessions, order: FrameOrder | undefined) {
    this.expected = expected;
    this.order = order;
  }

  add(bytes: Buffer): void {
    if (this.current === null) return;
    const pieces = this.#outputs.get(this.current) ?? [];
    pieces.push(bytes);
    this.#outputs.set(this.current, pieces);
  }

  output(handle: number): Buffer {
    return Buffer.concat(this.#outputs.get(handle) ?? []);
  }

  /** True when the live session's bytes come at other times than native's. */
  get isOurs(): boolean {
    return this.expected.notNative.has(this.current ?? 0) && this.current !== 0;
  }
}

/** Runs a scenario as the stream client does; compares each status, each count of bytes, and every session's bytes. */
export function runClient(core: Core, scenario: Scenario, folder: string): void {
  const store = core.openStore(STORE_BYTES);
  try {
    const stream = store.openStream(coreSettings(scenario));
    assert.is(stream.watchPressure({ bufferUs: microseconds(scenario.stream_info.buffer_duration) }), 0);
    const sessions = new Sessions(expectedSessions(scenario, folder), frameOrder(store, stream, scenario));
    scenario.operations.forEach((operation, index) => {
      const label = `operation ${index} ${operation.op}`;
      if (operation.skipped === undefined) runOperation(stream, scenario, sessions, operation, label);
    });
    for (const [handle, expected] of sessions.expected.bytes)
      assert.is(sessions.output(handle).toString('hex'), expected.toString('hex'), `bytes of session ${handle}`);
    stream.dispose();
    assert.is(store.usedBytes, 0, 'store bytes left behind');
  } finally {
    store.dispose();
  }
}

function runOperation(
  stream: CoreStream,
  scenario: Scenario,
  sessions: Sessions,
  operation: Operation,
  label: string,
): void {
  switch (operation.op) {
    case 'put_frame':
    case 'stop_stream':
    case 'put_fragment_metadata':
    case 'put_event_metadata':
      putInto(stream, scenario, sessions, operation, label);
      if (operation.output_bytes !== undefined) drainAfter(stream, sessions, operation, label);
      return;
    case 'get_stream_data':
      getData(stream, sessions, operation, label);
      return;
    case 'fragment_ack':
      acknowledge(stream, sessions, operation, label);
      return;
    case 'stream_terminated':
      loseConnection(stream, scenario, sessions, operation);
      return;
    default:
      throw new Error(`Unknown operation ${operation.op}`);
  }
}

function putInto(
  stream: CoreStream,
  scenario: Scenario,
  sessions: Sessions,
  operation: Operation,
  label: string,
): void {
  if (sessions.isOverdue) while (stream.dropOverdueFragment().frames > 0);
  const result = put(stream, scenario, sessions, operation);
  assert.is(resultName(result), operation.status, label);
  sessions.isOverdue = result >= 0 && (result & FRAME_PRESSURE.buffer) !== 0;
  if (!sessions.awaitsKey || (result & FRAME_RESULT_MASK) !== FRAME_BEGAN_FRAGMENT) return;
  sessions.awaitsKey = false;
  beginAgain(stream, scenario, false);
  sessions.current = Math.max(...sessions.expected.bytes.keys());
}

/** The client's side of a lost connection, by the native policy. */
function loseConnection(stream: CoreStream, scenario: Scenario, sessions: Sessions, operation: Operation): void {
  sessions.current = operation.new_upload_handle ?? null;
  sessions.awaitsKey = isHostDead(operation) && stream.stats.unsentItems === 0;
  if (sessions.awaitsKey) stream.awaitKeyFrame();
  else beginAgain(stream, scenario, !isHostDead(operation));
}

function beginAgain(stream: CoreStream, scenario: Scenario, isHostAlive: boolean): void {
  const { streaming_type: type, replay_duration: replay } = scenario.stream_info;
  // An offline stream goes back to everything that is not persisted.
  if (type === 'offline') stream.rollBack('unpersisted');
  else stream.rollBackByDuration(microseconds(replay), isHostAlive);
  stream.beginSession();
}

function put(stream: CoreStream, scenario: Scenario, { order }: Sessions, operation: Operation): number {
  if (operation.op === 'stop_stream') {
    order?.releaseAll();
    return stream.stop();
  }
  if (operation.op === 'put_fragment_metadata') {
    return stream.putFragmentMetadata(operation.name ?? '', operation.value ?? '', operation.persistent ?? false);
  }
  if (operation.op === 'put_event_metadata') return putEvents(stream, operation);
  if (operation.flags?.includes('end_of_fragment')) return stream.endFragment();
  return putScenarioFrame(order ?? stream, scenario, operation);
}

function putEvents(stream: CoreStream, { events = [], metadata }: Operation): number {
  const types = events.map((event) => event.replace('_', '-') as StreamEventType);
  const { image_prefix: imagePrefix, pairs } = metadata ?? {};
  return stream.putEventMetadata(types, { ...(imagePrefix && { imagePrefix }), ...(pairs && { pairs }) });
}

/** The client opens its first session when there is something to send. */
function openFirstSession(stream: CoreStream, sessions: Sessions): void {
  if (sessions.current !== null || stream.stats.items === 0) return;
  stream.beginSession();
  sessions.current = 0;
}

function drainAfter(stream: CoreStream, sessions: Sessions, operation: Operation, label: string): void {
  openFirstSession(stream, sessions);
  // Nothing was stored yet, so there is no session to be asked.
  if (operation.get_status === null) return assert.is(sessions.current, null, label);
  const { bytes, status } = drain(stream);
  sessions.add(bytes);
  assert.is(bytes.length, operation.output_bytes, `${label}: output bytes`);
  assert.is(status, operation.get_status, `${label}: read status`);
}

function getData(stream: CoreStream, sessions: Sessions, operation: Operation, label: string): void {
  openFirstSession(stream, sessions);
  if (operation.upload_handle !== sessions.current) {
    // A session given up has nothing more to say.
    assert.is(operation.bytes, 0, label);
    return;
  }
  const { bytes, status: readStatus } = drain(stream, operation.buffer_size);
  sessions.add(bytes);
  // The session is over, and its fragments are not acknowledged: native says so in one word.
  const isAwaiting = readStatus === 'STATUS_END_OF_STREAM' && stream.stats.items > 0;
  const status = isAwaiting ? 'STATUS_AWAITING_PERSISTED_ACK' : readStatus;
  if (sessions.isOurs) return;
  assert.is(bytes.length, operation.bytes, `${label}: bytes`);
  assert.is(status, operation.status, `${label}: status`);
}

function acknowledge(stream: CoreStream, sessions: Sessions, operation: Operation, label: string): void {
  const { event_type: type = '', fragment_timecode: timecode = 0 } = operation.ack ?? {};
  if (type === 'ERROR') {
    // The client ends the connection itself and goes on behind the refused fragment.
    assert.ok(stream.skipFragment(timecode).frames > 0, label);
    stream.rollBack('unpersisted');
    stream.beginSession();
    sessions.current = (operation.upload_handle ?? 0) + 1;
    return;
  }
  const outcome = stream.acknowledge(type.toLowerCase() as 'buffering' | 'received' | 'persisted', timecode);
  assert.is(statusName(outcome.status), operation.status, label);
}
