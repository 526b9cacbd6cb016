/** A credential file that rotates. What a whole file is read as stands with the callback providers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fileCredentials } from '../../../../sdk/aws/credentials.ts';
import { ManualPlatform } from '../../../support/manual-platform.ts';
import { credentialsError, everythingIn } from '../../../support/rejection.ts';

const it = suite('credential file');
const MINUTE_MS = 60_000;
const PATH = '/run/credential';

class FilePlatform extends ManualPlatform {
  text: string | Error = '';
  reads = 0;

  async readFile(path: string): Promise<Uint8Array> {
    assert.is(path, PATH);
    this.reads++;
    if (this.text instanceof Error) throw this.text;
    return new TextEncoder().encode(this.text);
  }
}

it('is read again 38 s before its credentials expire, not earlier', async () => {
  const platform = new FilePlatform();
  const provider = fileCredentials(platform, PATH);
  platform.text = 'CREDENTIALS FIRST hush\n';
  const first = await provider();
  assert.equal(first, { accessKeyId: 'FIRST', secretAccessKey: 'hush', expiresAtMs: platform.nowMs + 40 * MINUTE_MS });
  platform.text = 'CREDENTIALS SECOND hush\n';
  platform.nowMs += 40 * MINUTE_MS - 38_001;
  assert.is((await provider()).accessKeyId, 'FIRST');
  platform.nowMs += 1;
  assert.is((await provider()).accessKeyId, 'SECOND');
  assert.is(platform.reads, 2);
});

it('counts for 40 minutes at most, and until its expiration where that is earlier', async () => {
  for (const [expiration, lifeMs] of [
    ['2023-11-14T22:23:20Z', 10 * MINUTE_MS],
    ['2023-11-15T22:23:20Z', 40 * MINUTE_MS],
  ] as const) {
    const platform = new FilePlatform();
    platform.text = `CREDENTIALS AK ${expiration} hush token`;
    assert.is((await fileCredentials(platform, PATH)()).expiresAtMs, platform.nowMs + lifeMs);
  }
});

it('that is missing or half written leaves the old credentials while they are good, and says once what is wrong', async () => {
  const platform = new FilePlatform();
  const provider = fileCredentials(platform, PATH);
  platform.text = 'CREDENTIALS OLD hush';
  const { expiresAtMs = 0 } = await provider();
  platform.nowMs = expiresAtMs - 30_000;
  const whole = 'CREDENTIALS NEW 2023-11-14T23:23:20Z hushhush psst\n';
  // Whatever part of it is written: no part is taken for another form of the file.
  for (let length = 0; length < whole.indexOf('psst'); length++) {
    platform.text = whole.slice(0, length);
    assert.is((await provider()).accessKeyId, 'OLD', `after ${length} bytes`);
  }
  assert.equal(
    [...new Set(platform.logged.map((line) => line.split(': ').slice(1).join(': ')))],
    [
      'Cannot get credentials: the credential file /run/credential has 0 bytes: 1 to 10000 are expected',
      'Cannot get credentials: the credential file /run/credential cannot be used: word 1 is not CREDENTIALS',
      'Cannot get credentials: the credential file /run/credential cannot be used: it has 1 words: 3 or 5 are expected',
      'Cannot get credentials: the credential file /run/credential cannot be used: it has 2 words: 3 or 5 are expected',
      'Cannot get credentials: the credential file /run/credential cannot be used: it ends at word 3, the expiration: it may be half written',
      'Cannot get credentials: the credential file /run/credential cannot be used: it has 4 words: 3 or 5 are expected',
    ],
  );
  assert.is(platform.logged.length, 6, 'each once');
  assert.not.match(platform.logged.join(), /hush|psst/);
  platform.text = new Error('ENOENT: no such file');
  assert.is((await provider()).accessKeyId, 'OLD');
  assert.match(
    platform.logged.at(-1) ?? '',
    /warn Credentials were not renewed.*run\/credential cannot be read: ENOENT/,
  );
  platform.nowMs = expiresAtMs;
  const error = await credentialsError(provider());
  assert.equal(
    [error.status, error.code, error.retryable],
    [0x15000022, 'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED', true],
  );
  platform.text = whole;
  assert.is((await provider()).accessKeyId, 'NEW', 'the file is whole again');
});

for (const [text, status, reason] of [
  ['', 0x15000023, /has 0 bytes: 1 to 10000/],
  [`CREDENTIALS AK ${'é'.repeat(5000)}`, 0x15000023, /has 10015 bytes/],
  ['CREDENTIALS AK 2023-11-14T22:23:2OZ hush psst', 0x15000024, /word 3 is not a time/],
  ['CREDENTIALS AK 2023-02-30T22:23:20Z hush psst', 0x15000024, /word 3 is not a time/],
  ['CREDENTIALS AK hush psst', 0x15000024, /4 words: 3 or 5/],
  ['CREDENTIALS AK 2023-11-14T22:23:20Z hush psst more', 0x15000024, /6 words: 3 or 5/],
  ['{"accessKeyId":"AK"}', 0x15000024, /word 1 is not CREDENTIALS/],
  ['CREDENTIALS AK hush\0psst', 0x15000024, /secretAccessKey with characters that no key has/],
  [`CREDENTIALS AK ${'s'.repeat(129)}`, 0x15000024, /secretAccessKey of 129 characters/],
] as const) {
  it(`refuses ${JSON.stringify(text.slice(0, 50))}`, async () => {
    const platform = new FilePlatform();
    platform.text = text;
    const error = await credentialsError(fileCredentials(platform, PATH)());
    assert.is(error.status, status);
    assert.match(error.message, reason);
    assert.match(error.message, PATH);
    assert.not.match(everythingIn(error), /hush|psst/);
  });
}

it('credentials of the past are refused, with the file and the time', async () => {
  const platform = new FilePlatform();
  platform.text = 'CREDENTIALS AK 2023-11-14T22:13:20Z hush psst';
  const error = await credentialsError(fileCredentials(platform, PATH)());
  assert.is(
    error.reason,
    `those of the credential file ${PATH} expired at 2023-11-14T22:13:20.000Z: is this clock right?`,
  );
  assert.equal([error.status, error.code, error.retryable], [0x15000017, 'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST', true]);
});

for (const [what, text] of [
  ['a byte order mark', '\ufeffCREDENTIALS AK hush\n'],
  ['lines of Windows', 'CREDENTIALS\r\nAK\r\nhush\r\n'],
  ['tabs and blank lines', '\n\n\tCREDENTIALS\tAK\t\thush\n\n'],
] as const) {
  it(`is read with ${what}, by its path and by a function`, async () => {
    const platform = new FilePlatform();
    platform.text = text;
    for (const file of [PATH, () => Promise.resolve(text)])
      assert.is((await fileCredentials(platform, file)()).secretAccessKey, 'hush');
  });
}

it('a function that reads it as bytes is told', async () => {
  const read = (async () => new TextEncoder().encode('CREDENTIALS AK hush')) as unknown as () => Promise<string>;
  const error = await credentialsError(fileCredentials(new FilePlatform(), read)());
  assert.is(error.status, 0x15000024);
  assert.is(error.reason, 'the credential file was read as [object Uint8Array]: a string is expected');
});

it('a reading that never ends, such as of a pipe, is given up after a minute, and made anew by the next call', async () => {
  const platform = new FilePlatform();
  let reads = 0;
  const credentials = fileCredentials(platform, () =>
    ++reads === 1 ? new Promise<string>(() => undefined) : Promise.resolve('CREDENTIALS AK hush'),
  );
  const failing = credentialsError(credentials());
  await platform.advance(60_000);
  assert.match((await failing).message, 'the provider gave none within 60000 ms');
  assert.is((await credentials()).accessKeyId, 'AK');
});

it('a path wants a platform that reads files', async () => {
  const error = await credentialsError(fileCredentials(new ManualPlatform(), PATH)());
  assert.match(error.message, /this platform reads no files/);
});

it.run();
