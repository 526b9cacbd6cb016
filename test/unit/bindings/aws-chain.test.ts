// time-limit-s: 180
/** AWS's own chain in Node, against every source of its on loopback. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { awsCredentials, createNodePlatform, environmentCredentials } from '../../../bindings/node/index.ts';
import { AWS_VARIABLES, chainEnvironments, startAwsSources } from '../../support/aws-sources.ts';
import { credentialsError, everythingIn } from '../../support/rejection.ts';
import { removeDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

const it = suite("AWS's chain [node]");
const directory = await temporaryDirectory();
const sources = await startAwsSources();
const environments = await chainEnvironments(directory, sources);
const saved = { ...process.env };
const QUIET = { logLevel: 'silent', metadataTimeoutMs: 5_000 } as const;

function setEnvironment(variables: Readonly<Record<string, string>> = {}): void {
  for (const name of Object.keys(process.env)) if (AWS_VARIABLES.test(name)) delete process.env[name];
  Object.assign(process.env, variables);
}

it.before.each(() => {
  sources.requests.length = 0;
  sources.instead.clear();
  sources.lifeMs = 3_600_000;
});
it.after(async () => {
  setEnvironment();
  Object.assign(process.env, saved);
  await sources.close();
  await removeDirectory(directory);
});

const EXPIRING: Readonly<Record<string, readonly string[]>> = {
  ROLEKEY: ['POST / AssumeRole'],
  SSOKEY: ['GET /federation/credentials'],
  WEBKEY: ['POST / AssumeRoleWithWebIdentity'],
  CONTAINERKEY: ['GET /container'],
  INSTANCEKEY: [
    'PUT /latest/api/token',
    'GET /latest/meta-data/iam/security-credentials/',
    'GET /latest/meta-data/iam/security-credentials/camera-role',
  ],
};
for (const [key, variables] of Object.entries(environments)) {
  it(`${key}: fetched once, and anew when the service refused it`, async () => {
    setEnvironment(variables);
    const provider = awsCredentials(QUIET);
    const beforeMs = Date.now();
    const credentials = await provider();
    await provider();
    assert.is(credentials.accessKeyId, key);
    assert.is(credentials.secretAccessKey, 'HUSHHUSH');
    assert.equal(sources.requests, EXPIRING[key] ?? []);
    if (EXPIRING[key] === undefined) assert.is(credentials.expiresAtMs, undefined);
    else {
      assert.is(credentials.sessionToken, 'PSSTPSST');
      const lifeMs = (credentials.expiresAtMs ?? 0) - beforeMs;
      assert.ok(lifeMs > 3_590_000 && lifeMs < 3_660_000, `${lifeMs} ms`);
    }
    provider.invalidate();
    await provider();
    assert.is(sources.requests.length, 2 * (EXPIRING[key]?.length ?? 0));
  });
}

it('is the default of the platform', async () => {
  setEnvironment(environments['WEBKEY']);
  assert.is((await createNodePlatform(QUIET).credentials()).accessKeyId, 'WEBKEY');
});

it('a profile by option leaves the environment aside', async () => {
  setEnvironment({ ...environments['DEFAULTKEY'], AWS_ACCESS_KEY_ID: 'OTHER', AWS_SECRET_ACCESS_KEY: 'HUSHHUSH' });
  const warn = console.warn;
  const warnings: unknown[] = [];
  console.warn = (text: unknown) => void warnings.push(text);
  try {
    assert.is((await awsCredentials({ ...QUIET, profile: 'camera' })()).accessKeyId, 'PROFILEKEY');
    assert.is((await awsCredentials({ ...QUIET, profile: 'role' })()).accessKeyId, 'ROLEKEY');
  } finally {
    console.warn = warn;
  }
  assert.is((await environmentCredentials()()).accessKeyId, 'OTHER');
  const path = join(directory, 'other');
  await writeFile(path, '[camera]\naws_access_key_id=ELSEWHERE\naws_secret_access_key=HUSHHUSH\n');
  setEnvironment(environments['DEFAULTKEY']);
  const elsewhere = awsCredentials({ ...QUIET, profile: 'camera', credentialsFile: path });
  assert.is((await elsewhere()).accessKeyId, 'ELSEWHERE');
});

it("a profile that does not exist is told, and does not become the machine's role", async () => {
  setEnvironment(environments['INSTANCEKEY']);
  const error = await credentialsError(awsCredentials({ ...QUIET, profile: 'camra' })());
  assert.match(
    error.message,
    /Cannot get credentials: profile 'camra' is in none of the files .*nothing and .*nothing/,
  );
  assert.is(error.retryable, false);
  assert.equal(sources.requests, []);
});

it("a profile that gives no credentials does not become the machine's role either", async () => {
  const path = join(directory, 'empty-profile');
  await writeFile(path, '[camera]\nregion = us-west-2\n');
  for (const key of ['INSTANCEKEY', 'CONTAINERKEY', 'WEBKEY']) {
    setEnvironment(environments[key]);
    const error = await credentialsError(awsCredentials({ ...QUIET, profile: 'camera', credentialsFile: path })());
    assert.match(
      error.message,
      /profile 'camera' gives none, and what others give is not used \((CREDENTIALS_|metadata)/,
    );
    assert.is(error.retryable, false);
  }
});

for (const [key, path, status, body, reason] of [
  [
    'WEBKEY',
    '/',
    403,
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not yours</Message></Error></ErrorResponse>',
    /AWS's chain gave none: .*/,
  ],
  ['WEBKEY', '/', 200, '<AssumeRoleWithWebIdentityResponse>', /AWS's chain gave none: /],
  [
    'CONTAINERKEY',
    '/container',
    200,
    '{"AccessKeyId":"A","SecretAccessKey":"HUSHHUSH","Tok',
    /AWS's chain gave none: /,
  ],
  ['CONTAINERKEY', '/container', 500, 'HUSHHUSH', /AWS's chain gave none: /],
  ['INSTANCEKEY', '/latest/meta-data', 200, '{"SecretAccessKey":"HUSHHUSH', /AWS's chain gave none: /],
  ['SSOKEY', '/federation', 401, '{"message":"Session token not found or invalid"}', /AWS's chain gave none: /],
] as const) {
  it(`${key}, answered with ${status} ${body.slice(0, 30)}: a typed error without anything secret`, async () => {
    setEnvironment(environments[key]);
    sources.instead.set(path, { status, body });
    const error = await credentialsError(awsCredentials(QUIET)());
    assert.match(error.message, reason);
    assert.not.match(everythingIn(error), /HUSH|PSST/);
  });
}

for (const [what, token] of [
  ['a line break', 'PSST\nPSST'],
  ['a character that no header can have', 'PSST€'],
] as const) {
  it(`a token with ${what} is told by its field and never sent`, async () => {
    setEnvironment({ ...environments['ENVIRONMENTKEY'], AWS_SESSION_TOKEN: token });
    const error = await credentialsError(awsCredentials(QUIET)());
    assert.match(error.message, "the credentials of AWS's chain have a sessionToken with characters that no key has");
    assert.not.match(everythingIn(error), /HUSH|PSST/);
  });
}

it('no source at all', async () => {
  setEnvironment({ ...environments['INSTANCEKEY'], AWS_EC2_METADATA_DISABLED: 'true' });
  const error = await credentialsError(awsCredentials(QUIET)());
  assert.match(error.message, "AWS's chain gave none: Could not load credentials from any providers");
  assert.is(error.retryable, true);
});

it.run();
