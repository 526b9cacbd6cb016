/** Which tokens let a client in, and with what reason the others do not. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type RelayAccess, TokenCheck } from '../../../bindings/workers/relay/token-check.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { type RefusalName, RelayError } from '../../../sdk/relay/refusals.ts';
import { mintRelayTokenWith, type RelayTokenOptions } from '../../../sdk/relay/relay-token.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';

const SECRET = 'a secret of the relay that is long enough';
const NOW_MS = 1_700_000_000_000;
const CLAIMS = { stream: 'front-door', mode: 'frames', maxBitrateBps: 1_000_000, aud: 'penstock-relay', jti: 'one' };

const it = suite('relay tokens');

function stage(access: RelayAccess = { secret: SECRET }): {
  platform: ManualPlatform;
  tokens: TokenCheck;
  mint: (options?: Partial<RelayTokenOptions>) => Promise<string>;
} {
  const platform = new ManualPlatform(NOW_MS);
  const tokens = new TokenCheck({ platform, access, maxTokenLifetimeMs: 3_600_000, maxBitrateBps: 5_000_000 });
  const mint = (options: Partial<RelayTokenOptions> = {}): Promise<string> =>
    mintRelayTokenWith(platform, { key: SECRET, streamName: 'front-door', maxBitrateBps: 1_000_000, ...options });
  return { platform, tokens, mint };
}

/** A token of anyone's making. */
function forge(claims: Record<string, unknown>, secret = SECRET, alg = 'HS256'): Promise<string> {
  const times = { iat: NOW_MS / 1000, exp: NOW_MS / 1000 + 60 };
  const given = Object.entries({ ...CLAIMS, ...times, ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(given)).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

async function refused(check: Promise<unknown>, name: RefusalName): Promise<void> {
  const error = await check.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, RelayError, `${name} was let in`);
  assert.is((error as RelayError).code, name);
}

it('a token that was minted grants what it says, until it has expired', async () => {
  const { platform, tokens, mint } = stage();
  const token = await mint({ lifetimeMs: 60_000 });
  const grant = await tokens.check(token, 'front-door', 'frames');
  const { tokenId, ...rest } = grant;
  assert.match(tokenId, /^[0-9a-f]{32}$/);
  assert.equal(rest, {
    streamName: 'front-door',
    mode: 'frames',
    maxBitrateBps: 1_000_000,
    expiresAtMs: NOW_MS + 60_000,
  });
  await platform.advance(64_000);
  await tokens.check(token, 'front-door', 'frames');
  await platform.advance(1_500);
  await refused(tokens.check(token, 'front-door', 'frames'), 'token-expired');
});

it('another stream and another mode are refused', async () => {
  const { tokens, mint } = stage();
  const token = await mint();
  await refused(tokens.check(token, 'back-door', 'frames'), 'token-for-other-stream');
  await refused(tokens.check(token, 'front-door', 'pipe'), 'token-for-other-mode');
  await tokens.check(await mint({ mode: 'pipe' }), 'front-door', 'pipe');
});

it('a token that is not valid yet is refused until it is', async () => {
  const { platform, tokens, mint } = stage();
  const token = await mint({ notBeforeMs: NOW_MS + 30_000 });
  await refused(tokens.check(token, 'front-door', 'frames'), 'token-not-yet-valid');
  await platform.advance(30_000);
  await tokens.check(token, 'front-door', 'frames');
  const issuedLater = await forge({ iat: NOW_MS / 1000 + 90, exp: NOW_MS / 1000 + 120 });
  await refused(stage().tokens.check(issuedLater, 'front-door', 'frames'), 'token-not-yet-valid');
});

it('signatures that are not ours are refused', async () => {
  const { tokens, mint } = stage();
  const token = await mint();
  await refused(tokens.check(await mint({ key: `${SECRET}!` }), 'front-door', 'frames'), 'token-invalid');
  const [head, body, signature = ''] = token.split('.');
  const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
  await refused(tokens.check(`${head}.${body}.${flipped}`, 'front-door', 'frames'), 'token-invalid');
  await refused(tokens.check(`${head}.${body}.`, 'front-door', 'frames'), 'token-invalid');
  await refused(tokens.check('nonsense', 'front-door', 'frames'), 'token-invalid');
  await refused(tokens.check('', 'front-door', 'frames'), 'token-invalid');
});

it("the algorithm is ours to say: 'none' and others of the same family are refused", async () => {
  const { tokens } = stage();
  const unsigned = new UnsecuredJWT({ ...CLAIMS, iat: NOW_MS / 1000, exp: NOW_MS / 1000 + 60 }).encode();
  await refused(tokens.check(unsigned, 'front-door', 'frames'), 'token-invalid');
  await refused(tokens.check(await forge({}, SECRET + SECRET, 'HS512'), 'front-door', 'frames'), 'token-invalid');
});

it('a token that is too long is refused before anything is computed', async () => {
  const { tokens } = stage();
  await refused(tokens.check('x'.repeat(4_097), 'front-door', 'frames'), 'token-too-long');
  await refused(tokens.check(await forge({ more: 'x'.repeat(5_000) }), 'front-door', 'frames'), 'token-too-long');
});

for (const [name, value] of [
  ['exp', undefined],
  ['iat', undefined],
  ['jti', undefined],
  ['jti', ''],
  ['jti', 'x'.repeat(129)],
  ['jti', 7],
  ['stream', undefined],
  ['stream', 7],
  ['mode', undefined],
  ['mode', 'all'],
  ['maxBitrateBps', undefined],
  ['maxBitrateBps', 0],
  ['maxBitrateBps', '1000'],
  ['maxBitrateBps', 1.5],
  ['aud', undefined],
  ['aud', 'another-service'],
  ['exp', NOW_MS / 1000 + 3_700],
] as const) {
  it(`a token whose ${name} is ${String(value).slice(0, 12)} is refused`, async () => {
    await refused(stage().tokens.check(await forge({ [name]: value }), 'front-door', 'frames'), 'token-invalid');
  });
}

it("the relay's own limit of the bit rate holds, whatever a token says", async () => {
  const { tokens, mint } = stage();
  const grant = await tokens.check(await mint({ maxBitrateBps: 900_000_000 }), 'front-door', 'frames');
  assert.is(grant.maxBitrateBps, 5_000_000);
});

for (const algorithm of ['EdDSA', 'ES256'] as const) {
  it(`public keys let in what their private keys have signed: ${algorithm}`, async () => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const other = await generateKeyPair(algorithm);
    const jwk = { ...(await exportJWK(publicKey)), kid: 'cameras', alg: algorithm };
    const { tokens, mint } = stage({ publicKeys: { keys: [jwk] } });
    const options = { algorithm, keyId: 'cameras' };
    await tokens.check(await mint({ ...options, key: privateKey }), 'front-door', 'frames');
    await refused(
      tokens.check(await mint({ ...options, key: other.privateKey }), 'front-door', 'frames'),
      'token-invalid',
    );
    // A public key is no secret: who signs with it as if it were one is not let in.
    await refused(tokens.check(await forge({}, String(jwk.x).repeat(2)), 'front-door', 'frames'), 'token-invalid');
    await refused(tokens.check(await forge({}), 'front-door', 'frames'), 'token-invalid');
  });
}

it('a secret that is too short is refused by both ends', async () => {
  const { platform } = stage();
  const isShort = (error: unknown): boolean => error instanceof KvsError && /32/.test(error.message);
  assert.throws(
    () => new TokenCheck({ platform, access: { secret: 'short' }, maxTokenLifetimeMs: 1, maxBitrateBps: 1 }),
    isShort,
  );
  const minted = stage().mint({ key: 'short' });
  assert.ok(
    await minted.then(
      () => false,
      (error: unknown) => isShort(error),
    ),
  );
});

it.run();
