/** What the relay says to a client, and the bytes of it. */
import type { AckType } from '../producer/acks.ts';
import { HEAD_BYTES, MESSAGE } from './protocol.ts';
import {
  badMessage,
  type Head,
  jsonMessage,
  type JsonObject,
  listOf,
  newMessage,
  numberOf,
  objectOf,
  optional,
  readHead,
  readJson,
  readU64,
  textOf,
  writeU64,
} from './wire.ts';

const EVENTS = [
  'connected',
  'disconnected',
  'retrying',
  'store-full',
  'rate-limited',
  'token-expired',
  'upload-failed',
] as const;

/** How far the relay has come with what the client sent. */
export interface Progress {
  /** Everything up to it is in the store of the relay's memory; 0 for nothing. */
  readonly acceptedThrough: number;
  /** Everything up to it is PERSISTED by the service, or was told as lost: the client need not keep it. */
  readonly persistedThrough: number;
}

export interface WelcomeMessage extends Progress {
  readonly type: 'welcome';
  /** The next message that the relay takes is the one after it. */
  readonly receivedThrough: number;
  /** Another text for each session: reports of losses are numbered in it. */
  readonly session: string;
  /** Losses of the session that were told so far, the last ones: a connection that was lost may have taken some along. */
  readonly lost: readonly LostMessage[];
  /** The relay has still what it received from this client. */
  readonly isResumed: boolean;
  /** Bytes of messages that may be on their way: sent, and not accepted. */
  readonly creditBytes: number;
  /** The same, as a number of messages. */
  readonly creditMessages: number;
  readonly maxFrameBytes: number;
  readonly maxBitrateBps: number;
  /** Of the token, milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

export interface StatusMessage extends Progress {
  readonly type: 'status';
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
}

/** An ack of the service. */
export interface ServiceAckMessage {
  readonly type: 'service-ack';
  readonly ackType: AckType;
  readonly timecode: number | undefined;
  readonly fragmentNumber: string;
  readonly errorId: number | undefined;
  readonly errorCode: string | undefined;
}

/** Frames that will not be persisted. */
export interface LostMessage {
  readonly type: 'lost';
  /** Rises by one in a session, from 1. */
  readonly report: number;
  /** `skipped`: before a key frame. `refused`: by the packager. `no-room`: by the store. `rejected`: a fragment, by the service. */
  readonly reason: 'skipped' | 'refused' | 'no-room' | 'rejected';
  readonly frames: number;
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
  /** KVS status, its name, and what it means here. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What happened on the way from the relay to the service, or to the client's rate. */
export interface EventMessage {
  readonly type: 'event';
  readonly event: (typeof EVENTS)[number];
  /** KVS status; 0 where nothing is wrong. */
  readonly status: number;
  readonly message: string;
}

export interface RenewedMessage {
  readonly type: 'renewed';
  readonly expiresAtMs: number;
  readonly maxBitrateBps: number;
}

/** The upload has ended as the client asked; the socket is closed behind it. */
export interface StoppedMessage {
  readonly type: 'stopped';
  /** KVS status; 0 when everything is persisted or was told as lost. */
  readonly status: number;
  readonly message: string;
}

export type RelayMessage =
  WelcomeMessage | StatusMessage | ServiceAckMessage | LostMessage | EventMessage | RenewedMessage | StoppedMessage;

/** Reports that a welcome has at most. */
export const MAX_REPORTS = 100;
const STATUS_BYTES = HEAD_BYTES + 24;
const ACK_TYPES: readonly AckType[] = ['buffering', 'received', 'persisted', 'error', 'idle'];
const LOST_REASONS: ReadonlyArray<LostMessage['reason']> = ['skipped', 'refused', 'no-room', 'rejected'];
const JSON_TYPES = {
  welcome: MESSAGE.welcome,
  'service-ack': MESSAGE.serviceAck,
  lost: MESSAGE.lost,
  event: MESSAGE.event,
  renewed: MESSAGE.renewed,
  stopped: MESSAGE.stopped,
} as const;

export function encodeRelayMessage(message: RelayMessage): Uint8Array {
  if (message.type !== 'status') {
    const { type, ...body } = message;
    return jsonMessage(JSON_TYPES[type], body);
  }
  const bytes = newMessage(MESSAGE.status, STATUS_BYTES, message.acceptedThrough);
  const view = new DataView(bytes.buffer);
  writeU64(view, HEAD_BYTES, message.persistedThrough);
  writeU64(view, HEAD_BYTES + 8, message.storeUsedBytes);
  writeU64(view, HEAD_BYTES + 16, message.storeCapacityBytes);
  return bytes;
}

/** Throws `RelayError` bad-message for whatever is not a whole message of a relay. */
export function decodeRelayMessage(bytes: Uint8Array): RelayMessage {
  const head = readHead(bytes);
  switch (head.type) {
    case MESSAGE.welcome:
      return decodeWelcome(readJson(head));
    case MESSAGE.status:
      return decodeStatus(head);
    case MESSAGE.serviceAck:
      return decodeServiceAck(readJson(head));
    case MESSAGE.lost:
      return decodeLost(readJson(head));
    case MESSAGE.event: {
      const body = readJson(head);
      const event = oneOf(body, 'event', EVENTS);
      return { type: 'event', event, status: numberOf(body, 'status'), message: textOf(body, 'message') };
    }
    case MESSAGE.renewed: {
      const body = readJson(head);
      const expiresAtMs = numberOf(body, 'expiresAtMs');
      return { type: 'renewed', expiresAtMs, maxBitrateBps: numberOf(body, 'maxBitrateBps') };
    }
    case MESSAGE.stopped: {
      const body = readJson(head);
      return { type: 'stopped', status: numberOf(body, 'status'), message: textOf(body, 'message') };
    }
    default:
      throw badMessage(`type ${head.type} is not one of a relay's`);
  }
}

function decodeWelcome(body: JsonObject): WelcomeMessage {
  const isResumed = body['isResumed'];
  if (typeof isResumed !== 'boolean') throw badMessage("'isResumed' is not true or false");
  return {
    type: 'welcome',
    acceptedThrough: numberOf(body, 'acceptedThrough'),
    persistedThrough: numberOf(body, 'persistedThrough'),
    receivedThrough: numberOf(body, 'receivedThrough'),
    session: textOf(body, 'session'),
    lost: listOf(body, 'lost', MAX_REPORTS).map((report) => decodeLost(objectOf(report, 'a report'))),
    isResumed,
    creditBytes: numberOf(body, 'creditBytes'),
    creditMessages: numberOf(body, 'creditMessages'),
    maxFrameBytes: numberOf(body, 'maxFrameBytes'),
    maxBitrateBps: numberOf(body, 'maxBitrateBps'),
    expiresAtMs: numberOf(body, 'expiresAtMs'),
  };
}

function decodeStatus({ sequence, view, bytes }: Head): StatusMessage {
  if (bytes.length !== STATUS_BYTES) throw badMessage(`a status has ${STATUS_BYTES} bytes, not ${bytes.length}`);
  return {
    type: 'status',
    acceptedThrough: sequence,
    persistedThrough: readU64(view, HEAD_BYTES, 'the sequence'),
    storeUsedBytes: readU64(view, HEAD_BYTES + 8, 'the size'),
    storeCapacityBytes: readU64(view, HEAD_BYTES + 16, 'the size'),
  };
}

function decodeServiceAck(body: JsonObject): ServiceAckMessage {
  return {
    type: 'service-ack',
    ackType: oneOf(body, 'ackType', ACK_TYPES),
    timecode: optional(body, 'timecode', numberOf),
    fragmentNumber: textOf(body, 'fragmentNumber'),
    errorId: optional(body, 'errorId', numberOf),
    errorCode: optional(body, 'errorCode', textOf),
  };
}

function decodeLost(body: JsonObject): LostMessage {
  return {
    type: 'lost',
    report: numberOf(body, 'report'),
    reason: oneOf(body, 'reason', LOST_REASONS),
    frames: numberOf(body, 'frames'),
    firstTimestampUs: numberOf(body, 'firstTimestampUs'),
    lastTimestampUs: numberOf(body, 'lastTimestampUs'),
    status: numberOf(body, 'status'),
    code: textOf(body, 'code'),
    message: textOf(body, 'message'),
  };
}

function oneOf<T extends string>(body: JsonObject, name: string, allowed: readonly T[]): T {
  const value = textOf(body, name);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw badMessage(`'${name}' is none of ${allowed.join(', ')}`);
  return found;
}
