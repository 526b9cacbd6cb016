import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  callbackCredentials,
  credentialChain,
  credentialProvider,
  environmentCredentials,
  staticCredentials,
} from '../../../../sdk/aws/credentials.ts';
import { CredentialsError } from '../../../../sdk/errors.ts';
import type { Credentials } from '../../../../sdk/platform.ts';
import { credentialsError, everythingIn } from '../../../support/rejection.ts';

const it = suite('credential providers');
const GOOD = { accessKeyId: 'AKID', secretAccessKey: 'HUSHHUSH', sessionToken: 'PSSTPSST', expiresAtMs: 5 };
const NO_SECRET = /HUSH|PSST/;

it('staticCredentials() gives what it was given, and nothing that is not of credentials', async () => {
  assert.equal(await staticCredentials(GOOD)(), GOOD);
  const more = { ...GOOD, sessionToken: '', accountId: '1' };
  assert.equal(await staticCredentials(more)(), { accessKeyId: 'AKID', secretAccessKey: 'HUSHHUSH', expiresAtMs: 5 });
});

for (const [what, given, message] of [
  ['null', null, /are null: expected an object/],
  ['a text', 'HUSHHUSH', /are a string: expected an object/],
  ['no access key', { ...GOOD, accessKeyId: undefined }, /no accessKeyId: it is undefined/],
  ['a number', { ...GOOD, secretAccessKey: 7 }, /no secretAccessKey: it is a number/],
  ['an empty key', { ...GOOD, secretAccessKey: '' }, /secretAccessKey of 0 characters: 1 to 128/],
  ['a long key', { ...GOOD, accessKeyId: 'A'.repeat(129) }, /accessKeyId of 129 characters: 1 to 128/],
  ['a long token', { ...GOOD, sessionToken: 'P'.repeat(10_001) }, /sessionToken of 10001 characters: 1 to 10000/],
  ['a line break', { ...GOOD, sessionToken: 'PSST\r\nx-header: PSST' }, /sessionToken with characters that no key has/],
  ['a space', { ...GOOD, secretAccessKey: 'HUSH HUSH' }, /secretAccessKey with characters/],
  ['an object for a token', { ...GOOD, sessionToken: {} }, /no sessionToken: it is a object/],
  ['no number', { ...GOOD, expiresAtMs: NaN }, /expiresAtMs that is NaN/],
  ['a time as text', { ...GOOD, expiresAtMs: '5' }, /expiresAtMs that is a string/],
] as const) {
  it(`credentials that are wrong, as given and as a provider gives them: ${what}`, async () => {
    const wrong = given as unknown as Credentials;
    assert.throws(
      () => credentialProvider(wrong),
      (error: unknown) =>
        error instanceof CredentialsError &&
        !error.retryable &&
        message.test(error.message) &&
        !NO_SECRET.test(everythingIn(error)),
    );
    const error = await credentialsError(callbackCredentials(() => wrong)());
    if (given !== null && typeof given === 'object') assert.match(error.message, message);
    assert.not.match(everythingIn(error), NO_SECRET);
  });
}

it('callbackCredentials() takes answers now or later, with times as AWS states them', async () => {
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'S' };
  const given = async (more: object): Promise<Credentials> => callbackCredentials(async () => ({ ...keys, ...more }))();
  assert.equal(await callbackCredentials(() => keys)(), keys);
  assert.equal(await given({ expiration: null, sessionToken: null }), keys);
  for (const expiration of ['2026-03-01T12:00:00Z', new Date(1_772_366_400_000), '2026-03-01T14:30:00.000+02:30'])
    assert.is((await given({ expiration })).expiresAtMs, 1_772_366_400_000);
  assert.is((await given({ expiration: 'tomorrow', expiresAtMs: 9 })).expiresAtMs, 9);
  for (const expiration of ['tomorrow', 17, new Date(NaN), {}, '2026-02-30T00:00:00Z'])
    assert.match((await credentialsError(given({ expiration }))).message, /expiration that is no time/);
});

it('callbackCredentials() tells what the function failed with', async () => {
  const cause = new RangeError('the vault is shut');
  const error = await credentialsError(callbackCredentials(() => Promise.reject(cause))());
  assert.is(error.message, 'Cannot get credentials: the callback failed: the vault is shut');
  assert.is(error.cause, cause);
  assert.is(error.retryable, true);
  const own = new CredentialsError('no vault', { retryable: false });
  assert.is(await credentialsError(callbackCredentials(() => Promise.reject(own))()), own);
});

it('environmentCredentials() reads the variables anew at each call', async () => {
  const variables: Record<string, string> = {};
  const provider = environmentCredentials((name) => variables[name], 'the environment');
  assert.match((await credentialsError(provider())).message, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set/);
  Object.assign(variables, { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: '' });
  assert.equal(await provider(), { accessKeyId: 'AKID', secretAccessKey: 'S' });
  variables['AWS_SESSION_TOKEN'] = 'PSST\n';
  const error = await credentialsError(provider());
  assert.match(error.message, /the variables of the environment have a sessionToken with characters/);
});

it('credentialChain() takes the first that gives some, and asks none after it', async () => {
  const asked: string[] = [];
  const fails = (name: string, error: unknown) => () => {
    asked.push(name);
    return Promise.reject(error);
  };
  const gives = (name: string, given: unknown) => () => {
    asked.push(name);
    return Promise.resolve(given as Credentials);
  };
  const none = new CredentialsError('none here', { retryable: false });
  const chain = credentialChain([
    fails('a', none),
    gives('b', { accessKeyId: 'B' }),
    gives('c', GOOD),
    gives('d', GOOD),
  ]);
  assert.equal(await chain(), GOOD);
  assert.equal(asked.splice(0), ['a', 'b', 'c']);
  const error = await credentialsError(credentialChain([fails('a', none), fails('b', new Error('down'))])());
  assert.is(error.message, 'Cannot get credentials: no provider of the chain gave any: 1) none here; 2) down');
  assert.equal((error.cause as AggregateError).errors.map(String), [String(none), 'Error: down']);
  assert.is(error.retryable, true, 'the second may be up again');
  assert.is((await credentialsError(credentialChain([fails('a', none)])())).retryable, false);
  assert.throws(() => credentialChain([]), /the chain has no providers/);
});

it.run();
