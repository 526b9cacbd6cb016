/** Minting tokens for the relay, on the application's own server: whoever has one may write to one stream for a while. */
import { type CryptoKey, type JWK, type KeyObject, SignJWT } from 'jose';
import { KvsError } from '../errors.ts';
import { toHex } from '../hex.ts';
import type { Platform } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import { isStreamName } from '../stream-name.ts';
import { TOKEN_AUDIENCE } from './protocol.ts';

export interface RelayTokenOptions {
  /** With what the token is signed: the secret that the relay has too (HS256, at least 32 bytes), or a private key. */
  readonly key: string | Uint8Array | CryptoKey | KeyObject | JWK;
  /** Of a private key. @default 'HS256' */
  readonly algorithm?: 'HS256' | 'EdDSA' | 'ES256';
  /** `kid` of the key, where the relay has several. */
  readonly keyId?: string;
  readonly streamName: string;
  /** @default 'frames' */
  readonly mode?: 'frames' | 'pipe';
  /** Most that the client may send, bits per second. */
  readonly maxBitrateBps: number;
  /** Milliseconds, up to what the relay allows (an hour unless it says otherwise). @default 300 000 */
  readonly lifetimeMs?: number;
  /** Wall clock before which the token is not valid, milliseconds since the epoch. @default none */
  readonly notBeforeMs?: number;
}

const LIFETIME_MS = 300_000;
const TOKEN_ID_BYTES = 16;
/** Source: RFC 7518 §3.2. */
export const MIN_SECRET_BYTES = 32;

/** Mints a token. Rejects with `KvsError` of status STATUS_INVALID_ARG for an option that cannot be. */
export async function mintRelayTokenWith(
  platform: Pick<Platform, 'now' | 'randomBytes'>,
  options: RelayTokenOptions,
): Promise<string> {
  const { key, algorithm = 'HS256', keyId, streamName, mode = 'frames', maxBitrateBps, notBeforeMs } = options;
  const { lifetimeMs = LIFETIME_MS } = options;
  if (!isStreamName(streamName)) refuse('streamName', streamName);
  if (!Number.isSafeInteger(maxBitrateBps) || maxBitrateBps <= 0) refuse('maxBitrateBps', maxBitrateBps);
  if (!(lifetimeMs >= 1000)) refuse('lifetimeMs', lifetimeMs);
  const signingKey = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  if (signingKey instanceof Uint8Array && signingKey.length < MIN_SECRET_BYTES)
    refuse('key', `a secret of ${signingKey.length} bytes, and not ${MIN_SECRET_BYTES}`);
  const issuedAtS = Math.floor(platform.now() / 1000);
  const tokenId = toHex(platform.randomBytes(TOKEN_ID_BYTES));
  const token = new SignJWT({ stream: streamName, mode, maxBitrateBps })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(issuedAtS)
    .setExpirationTime(Math.floor((platform.now() + lifetimeMs) / 1000))
    .setJti(tokenId);
  if (notBeforeMs !== undefined) token.setNotBefore(Math.ceil(notBeforeMs / 1000));
  return token.sign(signingKey);
}

function refuse(name: string, given: unknown): never {
  throw new KvsError(STATUS.STATUS_INVALID_ARG, `Cannot mint a token: option ${name} is ${String(given)}`);
}
