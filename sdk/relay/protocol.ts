/**
 * The numbers and names of the relay's protocol, version 1. One WebSocket message is one message of the protocol, and begins with
 *
 *     0        1        2        3        4                                12
 *     +--------+--------+--------+--------+--------------------------------+
 *     | version| type   | flags  | track  | sequence, u64 big-endian       |
 *     +--------+--------+--------+--------+--------------------------------+
 *
 * Integers are unsigned and big-endian; those of 64 bits are at most 2^53 − 1. docs/relay.md has every byte.
 */

/** Name of the WebSocket subprotocol; the only one that the relay answers with. */
export const RELAY_PROTOCOL = 'penstock.relay.v1';
/** In front of the token, and of the resume key, in `Sec-WebSocket-Protocol`: a browser can set no other header. */
export const BEARER_PREFIX = 'bearer.';
export const RESUME_PREFIX = 'resume.';
/** Asks that a refusal be a socket that is closed at once: no script sees status and body of an upgrade that is refused. */
export const REFUSE_BY_CLOSE = 'refuse.by-close';
/** `aud` of a token for the relay. */
export const TOKEN_AUDIENCE = 'penstock-relay';

export const PROTOCOL_VERSION = 1;
export const HEAD_BYTES = 12;
/** Head of a frame: that of every message, then timestamp, decode timestamp and duration. */
export const FRAME_HEAD_BYTES = 32;

/** Types of messages from the client; the relay's have the highest bit. */
export const MESSAGE = {
  hello: 0x01,
  frame: 0x02,
  endOfFragment: 0x03,
  metadata: 0x04,
  stop: 0x05,
  renew: 0x06,
  ping: 0x07,
  welcome: 0x81,
  status: 0x82,
  serviceAck: 0x83,
  lost: 0x84,
  event: 0x85,
  renewed: 0x86,
  stopped: 0x87,
} as const;

/** Bits of the flags of a frame. */
export const FRAME_BIT = { key: 1, discardable: 2, invisible: 4, decodeTimestamp: 8 } as const;
/** Bit of the flags of metadata. */
export const METADATA_PERSISTENT = 1;
