/** Reading and writing the messages' common parts. Everything that is read is checked: it comes from the network. */
import { RelayError } from './refusals.ts';
import { HEAD_BYTES, PROTOCOL_VERSION } from './protocol.ts';

/** The head of a message, and what follows it. */
export interface Head {
  readonly type: number;
  readonly flags: number;
  readonly track: number;
  /** 0 where the type has none. */
  readonly sequence: number;
  readonly view: DataView;
  /** The whole message. */
  readonly bytes: Uint8Array;
}

/** Throws `RelayError` bad-message for what has no head, another version, or a sequence beyond 2^53 − 1. */
export function readHead(bytes: Uint8Array): Head {
  if (bytes.length < HEAD_BYTES) throw badMessage(`${bytes.length} bytes are no message`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== PROTOCOL_VERSION) throw badMessage(`version ${bytes[0]} is not known`);
  return {
    type: view.getUint8(1),
    flags: view.getUint8(2),
    track: view.getUint8(3),
    sequence: readU64(view, 4, 'the sequence'),
    view,
    bytes,
  };
}

/** A message of the given size with its head written. */
export function newMessage(type: number, sizeBytes: number, sequence = 0, flags = 0, track = 0): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  bytes[0] = PROTOCOL_VERSION;
  bytes[1] = type;
  bytes[2] = flags;
  bytes[3] = track;
  writeU64(new DataView(bytes.buffer), 4, sequence);
  return bytes;
}

/** A message whose body is JSON. */
export function jsonMessage(type: number, body: unknown, sequence = 0, flags = 0): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(body));
  const bytes = newMessage(type, HEAD_BYTES + text.length, sequence, flags);
  bytes.set(text, HEAD_BYTES);
  return bytes;
}

/** The object behind the head. Throws `RelayError` bad-message where it is none. */
export function readJson({ bytes }: Head): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEAD_BYTES)));
  } catch (error) {
    throw badMessage('the body is not JSON', error);
  }
  return objectOf(body, 'the body');
}

export function readU64(view: DataView, at: number, what: string): number {
  const value = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  if (!Number.isSafeInteger(value)) throw badMessage(`${what} is beyond 2^53 − 1`);
  return value;
}

export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

export function badMessage(reason: string, cause?: unknown): RelayError {
  return new RelayError('bad-message', reason, cause === undefined ? {} : { cause });
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badMessage(`${what} is not an object`);
  return value as JsonObject;
}

export function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw badMessage(`'${name}' is not a text`);
  return value;
}

/** A whole number from 0 to 2^53 − 1. */
export function numberOf(body: JsonObject, name: string): number {
  const value = body[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw badMessage(`'${name}' is not a number from 0`);
  return value as number;
}

export function optional<T>(
  body: JsonObject,
  name: string,
  read: (body: JsonObject, name: string) => T,
): T | undefined {
  return body[name] === undefined || body[name] === null ? undefined : read(body, name);
}

/** A list of so many items at most. */
export function listOf(body: JsonObject, name: string, maxItems: number): readonly unknown[] {
  const value = body[name];
  if (!Array.isArray(value) || value.length > maxItems) throw badMessage(`${name} is not a list of up to ${maxItems}`);
  return value;
}
