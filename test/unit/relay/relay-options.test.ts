/** What a Worker may say about its relay: limits and origins that cannot be are refused when it starts, not passed over. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkAllowedOrigins, DEFAULT_LIMITS, resolveLimits } from '../../../bindings/workers/relay/relay-options.ts';
import { relayOptionsOf } from '../../../bindings/workers/relay/relay-variables.ts';
import { KvsError } from '../../../sdk/errors.ts';

const it = suite('relay: options');

const isNamed =
  (name: string) =>
  (error: unknown): boolean =>
    error instanceof KvsError && error.message.includes(name);

for (const origin of [
  'https://cameras.example.com/',
  'https://cameras.example.com/page',
  'cameras.example.com',
  'https://Cameras.example.com',
  'https://user@cameras.example.com',
  'https://',
  '*',
  'null',
])
  it(`${origin} is no origin of any page`, () => assert.throws(() => checkAllowedOrigins([origin]), isNamed(origin)));

it('origins with a port, and of applications with a scheme of their own, are', () => {
  checkAllowedOrigins([
    'https://cameras.example.com',
    'http://127.0.0.1:8080',
    'http://[::1]:80',
    'capacitor://localhost',
  ]);
  checkAllowedOrigins();
});

for (const [name, value] of [
  ['maxBitrateBps', 0],
  ['creditMessages', 0],
  ['creditMessages', 1.5],
  ['maxMessageBytes', 32],
  ['creditBytes', DEFAULT_LIMITS.maxMessageBytes - 1],
  ['storeBytes', (64 << 20) + 1],
] as const)
  it(`limits.${name} cannot be ${value}`, () => assert.throws(() => resolveLimits({ [name]: value }), isNamed(name)));

it('variables that are missing, or no JSON, are named', () => {
  const secret = { RELAY_TOKEN_SECRET: 's' };
  assert.throws(() => relayOptionsOf({}), isNamed('RELAY_TOKEN_SECRET'));
  assert.throws(() => relayOptionsOf({ RELAY_PUBLIC_KEYS: '[]' }), isNamed('RELAY_PUBLIC_KEYS'));
  assert.throws(() => relayOptionsOf({ ...secret, RELAY_LIMITS: '{' }), isNamed('RELAY_LIMITS'));
  assert.throws(() => relayOptionsOf({ ...secret, RELAY_LIMITS: '{"maxBitRate":1}' }), isNamed('maxBitRate'));
  const { allowedOrigins } = relayOptionsOf({ ...secret, RELAY_ALLOWED_ORIGINS: ' https://a.test,\nhttps://b.test ' });
  assert.equal(allowedOrigins, ['https://a.test', 'https://b.test']);
});

it.run();
