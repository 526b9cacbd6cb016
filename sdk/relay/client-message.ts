/** What a client says to the relay, and the bytes of it. */
import type { TrackOptions } from '../producer/options.ts';
import { FRAME_BIT, FRAME_HEAD_BYTES, HEAD_BYTES, MESSAGE, METADATA_PERSISTENT } from './protocol.ts';
import { readTrack, trackJson } from './track-json.ts';
import {
  badMessage,
  type Head,
  jsonMessage,
  listOf,
  newMessage,
  numberOf,
  objectOf,
  readHead,
  readJson,
  readU64,
  textOf,
  writeU64,
} from './wire.ts';

/** A name and value of fragments. */
export interface MetadataItem {
  readonly name: string;
  readonly value: string;
}

export interface HelloMessage {
  readonly type: 'hello';
  /** Sequence of the first message that the client will send, or send again: it keeps none before. From 1. */
  readonly firstSequence: number;
  readonly tracks: readonly TrackOptions[];
  /** Persistent metadata that were put before `firstSequence`. */
  readonly metadata: readonly MetadataItem[];
}

export interface FrameMessage {
  readonly type: 'frame';
  readonly sequence: number;
  readonly trackNumber: number;
  /** Microseconds. */
  readonly timestampUs: number;
  readonly decodeTimestampUs: number | undefined;
  readonly durationUs: number;
  readonly isKey: boolean;
  readonly discardable: boolean;
  readonly invisible: boolean;
  /** A view into the message. */
  readonly data: Uint8Array;
}

export interface EndOfFragmentMessage {
  readonly type: 'end-of-fragment';
  readonly sequence: number;
}

export interface MetadataMessage extends MetadataItem {
  readonly type: 'metadata';
  readonly sequence: number;
  readonly persistent: boolean;
}

/** No more frames: what was put is to be persisted, and the upload to end. */
export interface StopMessage {
  readonly type: 'stop';
  readonly sequence: number;
}

export interface RenewMessage {
  readonly type: 'renew';
  readonly token: string;
}

export interface PingMessage {
  readonly type: 'ping';
}

/** Messages that are numbered, kept until they are persisted, and sent again. */
export type MediaMessage = FrameMessage | EndOfFragmentMessage | MetadataMessage | StopMessage;
export type ClientMessage = HelloMessage | MediaMessage | RenewMessage | PingMessage;

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  switch (message.type) {
    case 'hello': {
      const { firstSequence, tracks, metadata } = message;
      return jsonMessage(MESSAGE.hello, { firstSequence, tracks: tracks.map(trackJson), metadata });
    }
    case 'frame':
      return encodeFrame(message);
    case 'end-of-fragment':
      return newMessage(MESSAGE.endOfFragment, HEAD_BYTES, message.sequence);
    case 'metadata': {
      const { sequence, name, value, persistent } = message;
      return jsonMessage(MESSAGE.metadata, { name, value }, sequence, persistent ? METADATA_PERSISTENT : 0);
    }
    case 'stop':
      return newMessage(MESSAGE.stop, HEAD_BYTES, message.sequence);
    case 'renew':
      return jsonMessage(MESSAGE.renew, { token: message.token });
    case 'ping':
      return newMessage(MESSAGE.ping, HEAD_BYTES);
  }
}

/** Throws `RelayError` bad-message for whatever is not a whole message of a client. */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  const head = readHead(bytes);
  switch (head.type) {
    case MESSAGE.hello:
      return decodeHello(head);
    case MESSAGE.frame:
      return decodeFrame(head);
    case MESSAGE.endOfFragment:
      return { type: 'end-of-fragment', sequence: sequenceOf(bare(head)) };
    case MESSAGE.metadata:
      return decodeMetadata(head);
    case MESSAGE.stop:
      return { type: 'stop', sequence: sequenceOf(bare(head)) };
    case MESSAGE.renew:
      return { type: 'renew', token: textOf(readJson(head), 'token') };
    case MESSAGE.ping:
      bare(head);
      return { type: 'ping' };
    default:
      throw badMessage(`type ${head.type} is not one of a client's`);
  }
}

function encodeFrame(frame: FrameMessage): Uint8Array {
  const { decodeTimestampUs } = frame;
  const flags =
    (frame.isKey ? FRAME_BIT.key : 0) |
    (frame.discardable ? FRAME_BIT.discardable : 0) |
    (frame.invisible ? FRAME_BIT.invisible : 0) |
    (decodeTimestampUs === undefined ? 0 : FRAME_BIT.decodeTimestamp);
  const sizeBytes = FRAME_HEAD_BYTES + frame.data.length;
  const bytes = newMessage(MESSAGE.frame, sizeBytes, frame.sequence, flags, frame.trackNumber);
  const view = new DataView(bytes.buffer);
  writeU64(view, HEAD_BYTES, frame.timestampUs);
  writeU64(view, HEAD_BYTES + 8, decodeTimestampUs ?? 0);
  view.setUint32(HEAD_BYTES + 16, frame.durationUs);
  bytes.set(frame.data, FRAME_HEAD_BYTES);
  return bytes;
}

function decodeFrame(head: Head): FrameMessage {
  const { bytes, view, flags } = head;
  if (bytes.length <= FRAME_HEAD_BYTES) throw badMessage(`a frame of ${bytes.length} bytes has no payload`);
  if (flags > 15) throw badMessage(`flags ${flags} are not known`);
  const decodeTimestampUs = readU64(view, HEAD_BYTES + 8, 'the decode timestamp');
  return {
    type: 'frame',
    sequence: sequenceOf(head),
    trackNumber: head.track,
    timestampUs: readU64(view, HEAD_BYTES, 'the timestamp'),
    decodeTimestampUs: (flags & FRAME_BIT.decodeTimestamp) === 0 ? undefined : decodeTimestampUs,
    durationUs: view.getUint32(HEAD_BYTES + 16),
    isKey: (flags & FRAME_BIT.key) !== 0,
    discardable: (flags & FRAME_BIT.discardable) !== 0,
    invisible: (flags & FRAME_BIT.invisible) !== 0,
    data: bytes.subarray(FRAME_HEAD_BYTES),
  };
}

function decodeHello(head: Head): HelloMessage {
  const body = readJson(head);
  const firstSequence = numberOf(body, 'firstSequence');
  if (firstSequence === 0) throw badMessage('sequences begin with 1');
  const tracks = listOf(body, 'tracks', MAX_LIST).map((track) => readTrack(objectOf(track, 'a track')));
  const metadata = listOf(body, 'metadata', MAX_LIST).map((item) => metadataOf(objectOf(item, 'metadata')));
  return { type: 'hello', firstSequence, tracks, metadata };
}

function decodeMetadata(head: Head): MetadataMessage {
  const persistent = (head.flags & METADATA_PERSISTENT) !== 0;
  return { type: 'metadata', sequence: sequenceOf(head), persistent, ...metadataOf(readJson(head)) };
}

function metadataOf(body: Parameters<typeof textOf>[0]): MetadataItem {
  return { name: textOf(body, 'name'), value: textOf(body, 'value') };
}

/** More than any stream has of them. */
const MAX_LIST = 64;

function sequenceOf({ sequence }: Head): number {
  if (sequence === 0) throw badMessage('sequences begin with 1');
  return sequence;
}

function bare(head: Head): Head {
  if (head.bytes.length !== HEAD_BYTES) throw badMessage(`a message of type ${head.type} has nothing behind its head`);
  return head;
}
