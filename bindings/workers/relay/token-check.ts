/** Whether a token is good, and what it grants. */
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTPayload } from 'jose';
import { KvsError } from '../../../sdk/errors.ts';
import type { Platform } from '../../../sdk/platform.ts';
import { TOKEN_AUDIENCE } from '../../../sdk/relay/protocol.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { MIN_SECRET_BYTES } from '../../../sdk/relay/relay-token.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import type { RelayGrant } from './grant.ts';

/** Who may sign tokens: whoever has the secret (HS256), or the private keys of a key set (EdDSA, ES256). */
export type RelayAccess = { readonly secret: string } | { readonly publicKeys: JSONWebKeySet };

/** Characters of a token; one that we mint has some 300. */
const MAX_TOKEN_CHARACTERS = 4096;
const MAX_TOKEN_ID_CHARACTERS = 128;
/** Clocks of the application's server and of the relay may differ so much, seconds. */
const CLOCK_TOLERANCE_S = 5;

export interface TokenCheckOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly access: RelayAccess;
  /** Tokens that were minted for longer are refused, milliseconds. */
  readonly maxTokenLifetimeMs: number;
  /** The relay's own limit, whatever the token says. */
  readonly maxBitrateBps: number;
}

type Verify = (token: string) => Promise<{ readonly payload: JWTPayload }>;

export class TokenCheck {
  readonly #options: TokenCheckOptions;
  readonly #verify: Verify;

  /** Throws `KvsError` of status STATUS_INVALID_ARG for a secret that is too short. */
  constructor(options: TokenCheckOptions) {
    this.#options = options;
    const { access, platform } = options;
    const claims = (algorithms: string[]): Parameters<typeof jwtVerify>[2] => ({
      algorithms,
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(platform.now()),
      requiredClaims: ['exp', 'iat', 'jti', 'stream', 'mode', 'maxBitrateBps'],
    });
    if ('secret' in access) {
      const secret = new TextEncoder().encode(access.secret);
      if (secret.length < MIN_SECRET_BYTES)
        throw new KvsError(
          STATUS.STATUS_INVALID_ARG,
          `The relay's secret has ${secret.length} bytes: ${MIN_SECRET_BYTES} are the least`,
        );
      this.#verify = (token) => jwtVerify(token, secret, claims(['HS256']));
    } else {
      const keys = createLocalJWKSet(access.publicKeys);
      this.#verify = (token) => jwtVerify(token, keys, claims(['EdDSA', 'ES256']));
    }
  }

  /** What the token grants. Rejects with `RelayError` that says why it grants nothing, or not this. */
  async check(token: string, streamName: string, mode: RelayGrant['mode']): Promise<RelayGrant> {
    if (token.length > MAX_TOKEN_CHARACTERS)
      throw new RelayError(
        'token-too-long',
        `a token of ${token.length} characters, more than ${MAX_TOKEN_CHARACTERS}`,
      );
    const grant = this.#grantOf(await this.#payloadOf(token));
    if (grant.streamName !== streamName)
      throw new RelayError('token-for-other-stream', `the token is not for the stream ${streamName}`);
    if (grant.mode !== mode) throw new RelayError('token-for-other-mode', `the token is not for the mode ${mode}`);
    return grant;
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    try {
      return (await this.#verify(token)).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new RelayError('token-expired', 'the token has expired', { cause: error });
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
        throw new RelayError('token-not-yet-valid', 'the token is not valid yet', { cause: error });
      const why = error instanceof errors.JOSEError ? `: ${error.message}` : '';
      throw new RelayError('token-invalid', `the token is not one of ours${why}`, { cause: error });
    }
  }

  #grantOf(payload: JWTPayload): RelayGrant {
    const { exp = 0, iat = 0, jti: tokenId = '', stream, mode, maxBitrateBps } = payload;
    const { platform, maxTokenLifetimeMs } = this.#options;
    const refuse = (what: string): never => {
      throw new RelayError('token-invalid', `the token's ${what}`);
    };
    if (typeof stream !== 'string') return refuse('stream is not a text');
    if (mode !== 'frames' && mode !== 'pipe') return refuse('mode is neither frames nor pipe');
    if (typeof maxBitrateBps !== 'number' || !Number.isSafeInteger(maxBitrateBps) || maxBitrateBps <= 0)
      return refuse('maxBitrateBps is not a whole number above 0');
    if (typeof tokenId !== 'string' || tokenId === '' || tokenId.length > MAX_TOKEN_ID_CHARACTERS)
      return refuse(`jti is not a text of up to ${MAX_TOKEN_ID_CHARACTERS} characters`);
    if (iat * 1000 > platform.now() + CLOCK_TOLERANCE_S * 1000)
      throw new RelayError('token-not-yet-valid', 'the token was issued in the future');
    if ((exp - iat) * 1000 > maxTokenLifetimeMs) return refuse(`life is longer than ${maxTokenLifetimeMs} ms`);
    return {
      streamName: stream,
      mode,
      maxBitrateBps: Math.min(maxBitrateBps, this.#options.maxBitrateBps),
      expiresAtMs: exp * 1000,
      tokenId,
    };
  }
}
