/**
 * The messages of a relay's pipe: one WebSocket carries several HTTP exchanges, and each binary message belongs to one of them.
 *
 *     0         1         2                        6
 *     ┌─────────┬─────────┬────────────────────────┬──────────┐
 *     │ version │ type    │ exchange, u32, big end │ payload  │
 *     └─────────┴─────────┴────────────────────────┴──────────┘
 *
 * docs/relay-pipe.md says who sends what, and when.
 */

export const PIPE_VERSION = 1;

export const PIPE_MESSAGE = {
  /** Client: begins an exchange; payload `PipeRequestHead` as JSON. */
  OPEN: 1,
  /** Relay: the answer's head; payload `PipeResponseHead` as JSON. */
  HEAD: 2,
  /** Both: bytes of the body. */
  DATA: 3,
  /** Both: the body is complete. The relay's ends the exchange. */
  END: 4,
  /** Both: as many more bytes of body may be sent; payload u32. */
  CREDIT: 5,
  /** Both: the exchange is over before its end; payload u16 `PIPE_RESET` and a text for people. */
  RESET: 6,
  /** Client, exchange 0: asks for a PONG. */
  PING: 7,
  /** Relay, exchange 0. */
  PONG: 8,
} as const;

/** Why an exchange was given up. */
export const PIPE_RESET = {
  /** Whoever says so wants it no more. */
  ABORTED: 1,
  /** The relay could not reach the service, or lost it. */
  NETWORK: 2,
} as const;

/** Why the relay closes the whole socket: WebSocket close codes of the range for applications. */
export const PIPE_CLOSE = {
  /** The client wants it no more. */
  DONE: 1000,
  /** A message that cannot be: text, a wrong version, an unknown type, a malformed payload, or an exchange that is not the next one. */
  PROTOCOL: 4400,
  /** The grant has expired. */
  EXPIRED: 4401,
  /** Nothing was heard from the client. */
  SILENT: 4408,
  /** A message longer than `PIPE_LIMITS.messageBytes`. */
  TOO_LARGE: 4413,
  /** More body than there was credit for. */
  FLOW: 4429,
} as const;

const HEAD_BYTES = 6;

export const PIPE_LIMITS = {
  /** Body in one message. */
  dataBytes: 65_536,
  messageBytes: HEAD_BYTES + 65_536,
  /** Credit of a new exchange for the request's body: what may wait in the relay. */
  requestWindowBytes: 262_144,
  /** Credit of a new exchange for the answer's body. */
  responseWindowBytes: 65_536,
  exchanges: 4,
} as const;

/** Head of a request: the relay adds host, signature and whatever else. */
export interface PipeRequestHead {
  readonly method: string;
  /** Path of the API, such as `/putMedia`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PipeResponseHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PipeMessage {
  readonly type: number;
  readonly exchange: number;
  readonly payload: Uint8Array;
}

/** What the other side sent cannot be. `closeCode` is one of `PIPE_CLOSE`. */
export class PipeProtocolError extends Error {
  readonly closeCode: number;

  constructor(reason: string, closeCode: number = PIPE_CLOSE.PROTOCOL) {
    super(reason);
    this.name = 'PipeProtocolError';
    this.closeCode = closeCode;
  }
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeMessage(type: number, exchange: number, payload: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(HEAD_BYTES + payload.length);
  message[0] = PIPE_VERSION;
  message[1] = type;
  new DataView(message.buffer).setUint32(2, exchange);
  message.set(payload, HEAD_BYTES);
  return message;
}

/** Throws `PipeProtocolError`. The payload is a view of the message. */
export function decodeMessage(message: Uint8Array): PipeMessage {
  if (message.length > PIPE_LIMITS.messageBytes)
    throw new PipeProtocolError(`A message of ${message.length} bytes`, PIPE_CLOSE.TOO_LARGE);
  if (message.length < HEAD_BYTES) throw new PipeProtocolError(`A message of ${message.length} bytes`);
  const [version, type = 0] = message;
  if (version !== PIPE_VERSION) throw new PipeProtocolError(`Version ${version} of the protocol`);
  if (type < PIPE_MESSAGE.OPEN || type > PIPE_MESSAGE.PONG) throw new PipeProtocolError(`A message of type ${type}`);
  const exchange = new DataView(message.buffer, message.byteOffset).getUint32(2);
  return { type, exchange, payload: message.subarray(HEAD_BYTES) };
}

export function encodeJson(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** Throws `PipeProtocolError` for what is no JSON object. */
export function decodeJson(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new PipeProtocolError('A head that is no JSON object');
}

export function encodeCredit(bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return payload;
}

/** Throws `PipeProtocolError`. */
export function decodeCredit(payload: Uint8Array): number {
  if (payload.length !== 4) throw new PipeProtocolError('A credit that is not four bytes long');
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

export function encodeReset(code: number, reason: string): Uint8Array {
  const text = encoder.encode(reason);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return payload;
}

/** Throws `PipeProtocolError`. */
export function decodeReset(payload: Uint8Array): { readonly code: number; readonly reason: string } {
  if (payload.length < 2) throw new PipeProtocolError('A reset without a code');
  return {
    code: new DataView(payload.buffer, payload.byteOffset).getUint16(0),
    reason: new TextDecoder().decode(payload.subarray(2)),
  };
}
