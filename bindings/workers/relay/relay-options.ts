/** What a Worker says about the relay it runs. */
import { KvsError } from '../../../sdk/errors.ts';
import type { CredentialProvider, Credentials } from '../../../sdk/platform.ts';
import { FRAME_HEAD_BYTES } from '../../../sdk/relay/protocol.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import type { RelayAccess } from './token-check.ts';

export interface RelayLimits {
  /** Longest WebSocket message of a client; a frame has 32 bytes less. */
  readonly maxMessageBytes: number;
  /** Bytes of messages that a client may have on their way: sent, and not yet in the store. */
  readonly creditBytes: number;
  /** The same as a number of messages: each takes some hundred bytes of memory, however small it is. */
  readonly creditMessages: number;
  /** Content store of a stream, reserved in the memory of its Durable Object, which has 128 MB for everything. */
  readonly storeBytes: number;
  /** Of any client, whatever its token says, bits per second. */
  readonly maxBitrateBps: number;
  /** How much media at its bit rate a client may send at once, seconds: what it kept during an outage. */
  readonly burstSeconds: number;
  /** Media beyond it wait, as those beyond the bit rate do; other messages are refused. */
  readonly maxMessagesPerSecond: number;
  /** Sockets of a stream, both modes together. Frames mode takes one client. */
  readonly maxConnectionsPerStream: number;
  /** Tokens that were minted for longer are refused. */
  readonly maxTokenLifetimeMs: number;
  /** How long a connection may last after its token has expired. */
  readonly expiryGraceMs: number;
  /** How long a client that is gone finds its session as it left it. */
  readonly resumeWindowMs: number;
  /** How long a client may say nothing. */
  readonly clientSilenceMs: number;
}

export interface RelayOptions {
  readonly access: RelayAccess;
  /**
   * Origins whose pages may connect, such as `https://cameras.example.com`. Browsers from anywhere else are refused; who sends no `Origin` is no browser.
   * @default none: only pages of the relay's own origin
   */
  readonly allowedOrigins?: readonly string[];
  /** AWS region. @default 'us-west-2' */
  readonly region?: string;
  /** Control-plane URL. @default the region's AWS endpoint */
  readonly endpoint?: string;
  /** @default the Worker's variables and secrets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN */
  readonly credentials?: CredentialProvider | Credentials;
  /** Whether streams that the service does not know are created. @default false */
  readonly createIfMissing?: boolean;
  /** Of streams that are created, hours. @default 24 */
  readonly retentionHours?: number;
  readonly limits?: Partial<RelayLimits>;
  /** Name of the Durable Object's binding in the Worker's configuration. @default 'RELAY_STREAMS' */
  readonly binding?: string;
}

export const DEFAULT_LIMITS: RelayLimits = {
  // What every version of the platform takes.
  maxMessageBytes: 1 << 20,
  creditBytes: 4 << 20,
  creditMessages: 4096,
  storeBytes: 24 << 20,
  maxBitrateBps: 20_000_000,
  burstSeconds: 10,
  maxMessagesPerSecond: 500,
  maxConnectionsPerStream: 4,
  maxTokenLifetimeMs: 3_600_000,
  expiryGraceMs: 30_000,
  resumeWindowMs: 60_000,
  clientSilenceMs: 30_000,
};

/** Beside it there are the code, the messages on their way, and the bodies of the upload. */
const MAX_STORE_BYTES = 64 << 20;

/** Fills the defaults in. Throws `KvsError` of status STATUS_INVALID_ARG for limits that cannot be. */
export function resolveLimits(given: Partial<RelayLimits> = {}): RelayLimits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < (name === 'expiryGraceMs' || name === 'resumeWindowMs' ? 0 : 1))
      refuse(`limits.${name}`, value, 'a whole number above 0');
  const { maxMessageBytes, creditBytes, storeBytes } = limits;
  if (maxMessageBytes <= FRAME_HEAD_BYTES) refuse('limits.maxMessageBytes', maxMessageBytes, 'more than a head');
  if (creditBytes < maxMessageBytes) refuse('limits.creditBytes', creditBytes, 'at least maxMessageBytes');
  if (storeBytes < maxMessageBytes || storeBytes > MAX_STORE_BYTES)
    refuse('limits.storeBytes', storeBytes, `maxMessageBytes to ${MAX_STORE_BYTES}`);
  return limits;
}

/** Scheme, host and port as browsers send them. Some applications have schemes of their own. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@A-Z]+$/;

/** Throws `KvsError` of status STATUS_INVALID_ARG for what no page can have as its origin, such as an address with a path, `*`, or `null`. */
export function checkAllowedOrigins(origins: readonly string[] = []): void {
  for (const origin of origins)
    if (!ORIGIN.test(origin)) refuse('allowedOrigins', origin, 'origins such as https://cameras.example.com');
}

function refuse(name: string, given: unknown, allowed: string): never {
  throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option ${name} is ${String(given)}: it has to be ${allowed}`);
}
