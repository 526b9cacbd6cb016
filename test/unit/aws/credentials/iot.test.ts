/** The IoT role alias under a clock that only the test moves: options, answers, times. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type IotCredentialOptions, iotCredentials } from '../../../../sdk/aws/credentials.ts';
import { CredentialsError } from '../../../../sdk/errors.ts';
import * as STATUS from '../../../../sdk/status-codes.ts';
import { credentialsError, everythingIn } from '../../../support/rejection.ts';
import { type ScriptedAnswer, ScriptedPlatform } from '../../../support/scripted-platform.ts';

const it = suite('IoT role alias');
const PATH = '/role-aliases/CameraRole/credentials';
const MINUTE_MS = 60_000;
const PEM = { certificatePem: 'certificate', privateKeyPem: 'HUSHHUSH' };
const OPTIONS: IotCredentialOptions = {
  endpoint: 'c1.credentials.iot.us-west-2.amazonaws.com',
  certificate: PEM,
  roleAlias: 'CameraRole',
  thingName: 'front-door',
};

class DevicePlatform extends ScriptedPlatform {
  clientCertificates: 'pem' | 'binding' | 'host' | undefined = 'pem';
  /** What is drawn instead of the usual numbers. */
  drawn: number | undefined;

  override randomBytes(lengthBytes: number): Uint8Array<ArrayBuffer> {
    return this.drawn === undefined ? super.randomBytes(lengthBytes) : new Uint8Array(lengthBytes).fill(this.drawn);
  }
}

const provide = (platform: DevicePlatform, options: Partial<IotCredentialOptions> = {}) =>
  iotCredentials(platform, { ...OPTIONS, ...options });

function answerOf(platform: DevicePlatform, lifeMs: number, more: object = {}): string {
  const expiration = new Date(platform.nowMs + lifeMs).toISOString().replace(/\.\d+Z/, 'Z');
  const count = platform.requests.length;
  return JSON.stringify({
    credentials: {
      accessKeyId: `KEY${count}`,
      secretAccessKey: 'HUSHHUSH',
      sessionToken: 'PSSTPSST',
      expiration,
      ...more,
    },
  });
}

function answering(lifeMs: number): DevicePlatform {
  const platform = new DevicePlatform();
  return platform.on(PATH, () => ({ body: answerOf(platform, lifeMs) }));
}

it('sends the certificate and the limit of the connection along, and nothing that signs', async () => {
  const platform = answering(60 * MINUTE_MS);
  await provide(platform)();
  const [{ signal, ...request } = {} as never] = platform.requests;
  assert.ok(signal instanceof AbortSignal);
  assert.equal(request, {
    method: 'GET',
    url: `https://c1.credentials.iot.us-west-2.amazonaws.com${PATH}`,
    headers: { 'user-agent': 'AWS-SDK-KVS', 'x-amzn-iot-thingname': 'front-door' },
    clientCertificate: PEM,
    connectTimeoutMs: 3_000,
  });
});

it('renews 38 s before the jittered expiry, in one request for all who ask', async () => {
  const platform = answering(60 * MINUTE_MS);
  const credentials = provide(platform);
  const { expiresAtMs = 0 } = await credentials();
  platform.nowMs = expiresAtMs - 38_001;
  assert.is((await credentials()).accessKeyId, 'KEY1');
  platform.nowMs += 1;
  const all = await Promise.all([credentials(), credentials(), credentials()]);
  assert.equal(
    all.map(({ accessKeyId }) => accessKeyId),
    ['KEY2', 'KEY2', 'KEY2'],
  );
  assert.is(platform.requests.length, 2);
  credentials.invalidate();
  assert.is((await credentials()).accessKeyId, 'KEY3', 'what the service refused is not kept');
});

it('takes credentials to expire 1 to 20 % of their life early, as the platform draws it', async () => {
  const lifeMs = 60 * MINUTE_MS;
  for (const [drawn, share] of [
    [0, 0.01],
    [0xff, 0.2],
  ] as const) {
    const platform = answering(lifeMs);
    platform.drawn = drawn;
    const { expiresAtMs = 0 } = await provide(platform)();
    assert.ok(Math.abs(platform.nowMs + lifeMs * (1 - share) - expiresAtMs) <= 1, `${expiresAtMs} for ${drawn}`);
  }
  const lives = new Set<number>();
  const platform = answering(lifeMs);
  const credentials = provide(platform);
  for (let i = 0; i < 50; i++) {
    lives.add(((await credentials()).expiresAtMs ?? 0) - platform.nowMs);
    credentials.invalidate();
  }
  assert.ok(lives.size > 40, `${lives.size} lives of 50 differ`);
  assert.ok([...lives].every((life) => life >= lifeMs * 0.8 - 1 && life <= lifeMs * 0.99));
});

it('keeps the old credentials while the endpoint fails, says so once, and fails when they are over', async () => {
  const platform = answering(60 * MINUTE_MS);
  const credentials = provide(platform);
  const { expiresAtMs = 0 } = await credentials();
  platform.on(PATH, { status: 503, body: '{"message":"Service Unavailable"}' });
  platform.nowMs = expiresAtMs - 30_000;
  for (let i = 0; i < 3; i++) assert.is((await credentials()).accessKeyId, 'KEY1');
  assert.equal(platform.logged, [
    'warn Credentials were not renewed, those of before are used on: Cannot get credentials: the IoT endpoint answered HTTP 503: Service Unavailable',
  ]);
  platform.nowMs = expiresAtMs;
  assert.is((await credentialsError(credentials())).code, 'STATUS_IOT_FAILED');
  platform.on(PATH, () => ({ body: answerOf(platform, MINUTE_MS) }));
  assert.is((await credentials()).accessKeyId, 'KEY6', 'it recovers');
});

it('gives an answer five seconds, by the platform’s clock', async () => {
  const platform = new DevicePlatform().on(PATH, () => new Promise<ScriptedAnswer>(() => undefined));
  const failing = credentialsError(provide(platform)());
  await platform.advance(4_999);
  // Its own limit, and that of whatever is fetched.
  assert.is(platform.timerCount, 2);
  await platform.advance(1);
  const error = await failing;
  assert.match(error.message, /c1\.credentials.* did not answer: no whole answer within 5000 ms/);
  assert.is(platform.timerCount, 0);
});

it('a certificate file whose reading never ends is given up like any fetch that hangs', async () => {
  const platform = Object.assign(new DevicePlatform(), { readFile: () => new Promise<Uint8Array>(() => undefined) });
  const certificate = { certificatePath: 'device.pem', privateKeyPath: 'device.key' };
  const failing = credentialsError(provide(platform, { certificate })());
  await platform.advance(60_000);
  assert.match((await failing).message, 'the provider gave none within 60000 ms');
  assert.is(platform.timerCount, 0);
});

it('times as AWS writes them', async () => {
  for (const expiration of ['2023-11-14T23:13:20Z', '2023-11-14T23:13:20.000Z', '2023-11-15T01:13:20+02:00']) {
    const platform = new DevicePlatform();
    platform.drawn = 0;
    platform.on(PATH, { body: answerOf(platform, 0, { expiration }) });
    assert.is((await provide(platform)()).expiresAtMs, platform.nowMs + 60 * MINUTE_MS * 0.99, expiration);
  }
});

const wrongAnswers: readonly (readonly [string, string | ScriptedAnswer | object, number, RegExp])[] = [
  ['none', '', 0x16000002, /has 0 bytes: 1 to 10000 are expected/],
  ['one too long', ' '.repeat(10_001), 0x16000002, /has more than 10000 bytes/],
  ['one that never ends', { body: endless() }, 0x16000002, /has more than 10000 bytes/],
  ['no JSON', '<html>HUSHHUSH</html>', 0x16000003, /is no JSON object/],
  ['cut JSON', '{"credentials":{"accessKeyId":"HUSHHUSH"', 0x16000003, /is no JSON object: it may have been cut/],
  ['a list', '[1]', 0x16000003, /credentials of the IoT endpoint's answer are undefined/],
  ['null', 'null', 0x16000003, /is no JSON object/],
  ['a text', '"HUSHHUSH"', 0x16000003, /is no JSON object/],
  ['no credentials', '{"credential":{}}', 0x16000003, /are undefined: expected an object/],
  ['credentials that are null', '{"credentials":null}', 0x16000003, /expected an object/],
  ['a prototype', '{"__proto__":{"credentials":{"accessKeyId":"A"}}}', 0x16000003, /expected an object/],
  ['no access key', { accessKeyId: undefined }, 0x16000003, /have no accessKeyId/],
  ['no secret key', { secretAccessKey: null }, 0x16000003, /have no secretAccessKey: it is null/],
  ['no token', { sessionToken: undefined }, 0x16000003, /have no sessionToken/],
  ['an empty token', { sessionToken: '' }, 0x16000003, /have no sessionToken/],
  ['a key that is a number', { accessKeyId: 12 }, 0x16000003, /have no accessKeyId: it is a number/],
  ['a key too long', { accessKeyId: 'A'.repeat(129) }, 0x16000003, /accessKeyId of 129 characters/],
  ['a header in a token', { sessionToken: 'PSST\r\nhost: evil' }, 0x16000003, /sessionToken with characters/],
  ['a key in another alphabet', { secretAccessKey: 'HUSHкл' }, 0x16000003, /secretAccessKey with characters/],
  ['no expiration', { expiration: undefined }, 0x16000003, /have no expiration/],
  ['an expiration in seconds', { expiration: 1_700_003_600 }, 0x15000018, /expiration that is no time/],
  ['an expiration that is no time', { expiration: 'soon' }, 0x15000018, /expiration that is no time/],
  ['a 30th of February', { expiration: '2024-02-30T00:00:00Z' }, 0x15000018, /expiration that is no time/],
  ['an expiration without a zone', { expiration: '2024-02-20T00:00:00' }, 0x15000018, /expiration that is no time/],
  ['one that has expired', { expiration: '2023-11-14T22:13:19Z' }, 0x15000017, /expired at 2023-11-14T22:13:19.000Z/],
  ['one that expires now', { expiration: '2023-11-14T22:13:20Z' }, 0x15000017, /expired at 2023-11-14T22:13:20.000Z/],
];
for (const [what, answer, status, reason] of wrongAnswers) {
  it(`a wrong answer: ${what}`, async () => {
    const platform = new DevicePlatform();
    const scripted: ScriptedAnswer =
      typeof answer === 'string'
        ? { body: answer }
        : 'body' in answer
          ? answer
          : { body: answerOf(platform, 60 * MINUTE_MS, answer) };
    const error = await credentialsError(provide(platform.on(PATH, scripted))());
    assert.match(error.message, reason);
    assert.is(error.status, status, error.code);
    assert.is(error.retryable, true);
    assert.not.match(everythingIn(error), /HUSH|PSST/);
    assert.is(platform.timerCount, 0);
  });
}

it('an answer cut at each byte, and one with any byte changed: credentials that can stand in a header, or a typed error', async () => {
  const platform = new DevicePlatform();
  const whole = answerOf(platform, 60 * MINUTE_MS);
  const outcome = async (body: string): Promise<string> => {
    platform.on(PATH, { body });
    try {
      const { accessKeyId, secretAccessKey, sessionToken = '', expiresAtMs = 0 } = await provide(platform)();
      assert.match(`${accessKeyId}${secretAccessKey}${sessionToken}`, /^[\x21-\x7e]+$/);
      assert.ok(expiresAtMs > platform.nowMs);
      return 'credentials';
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      assert.not.match(error.message, /HUSH|PSST/);
      return error.code;
    }
  };
  for (let length = 1; length < whole.length; length++)
    assert.is(await outcome(whole.slice(0, length)), 'STATUS_IOT_NULL_AWS_CREDS', `cut after ${length} bytes`);
  const outcomes = new Set<string>();
  for (let at = 0; at < whole.length; at++) {
    for (const other of ['"', '\\', '\0', '{', '9', 'é', '\n'])
      outcomes.add(await outcome(whole.slice(0, at) + other + whole.slice(at + 1)));
  }
  assert.equal(outcomes, new Set(['STATUS_IOT_NULL_AWS_CREDS', 'credentials', 'STATUS_IOT_EXPIRATION_PARSING_FAILED']));
});

for (const [status, body, type, told, retryable] of [
  [403, '{"message":"Access Denied"}', undefined, 'HTTP 403: Access Denied', false],
  [
    404,
    '{"message":"Role alias does not exist"}',
    'ResourceNotFoundException:http',
    'HTTP 404: ResourceNotFoundException: Role alias does not exist',
    false,
  ],
  [400, 'Bad request HUSHHUSH', undefined, 'HTTP 400', false],
  [429, '', undefined, 'HTTP 429', true],
  [500, `{"message":"${'x'.repeat(500)}\\r\\n"}`, undefined, `HTTP 500: ${'x'.repeat(200)}`, true],
  [301, '', undefined, 'HTTP 301', true],
  [204, '', undefined, 'HTTP 204', true],
  [503, ' '.repeat(20_000), undefined, 'HTTP 503', true],
] as const) {
  it(`an answer of HTTP ${status}`, async () => {
    const headers = type === undefined ? {} : { 'x-amzn-errortype': type };
    const platform = new DevicePlatform().on(PATH, { status, body, headers });
    const error = await credentialsError(provide(platform)());
    assert.is(error.message, `Cannot get credentials: the IoT endpoint answered ${told}`);
    assert.equal([error.status, error.code, error.retryable], [0x15000011, 'STATUS_IOT_FAILED', retryable]);
    assert.not.match(everythingIn(error), /HUSH|PSST/);
  });
}

for (const [what, options, status, reason] of [
  ['no role alias', { roleAlias: '' }, STATUS.STATUS_INVALID_ARG, /roleAlias is missing/],
  ['a long role alias', { roleAlias: 'r'.repeat(129) }, 0x15000012, /roleAlias has 129 characters: at most 128/],
  ['a role alias with a path', { roleAlias: '../x' }, STATUS.STATUS_INVALID_ARG, /roleAlias "..\/x" has characters/],
  ['no thing name', { thingName: undefined }, STATUS.STATUS_INVALID_ARG, /thingName is missing/],
  ['a long thing name', { thingName: 't'.repeat(129) }, 0x1500001e, /thingName has 129 characters: at most 128/],
  ['a header in a thing name', { thingName: 'a\r\nb: c' }, STATUS.STATUS_INVALID_ARG, /thingName .* has characters/],
  [
    'a stream of another name',
    { streamName: 'back-door' },
    STATUS.STATUS_INVALID_ARG,
    /thingName 'front-door' is not the stream's name 'back-door'/,
  ],
  ['no endpoint', { endpoint: '' }, STATUS.STATUS_INVALID_ARG, /endpoint is missing/],
  ['a URL', { endpoint: 'https://c1.example' }, STATUS.STATUS_INVALID_ARG, /is not a host name/],
  [
    'a user',
    { endpoint: 'https://evil:HUSH@c1.example' },
    STATUS.STATUS_INVALID_ARG,
    /'…c1.example' is not a host name/,
  ],
  ['a path', { endpoint: 'c1.example/x' }, STATUS.STATUS_INVALID_ARG, /is not a host name/],
  ['a port that is none', { endpoint: 'c1.example:99999' }, STATUS.STATUS_INVALID_ARG, /is not a host name/],
  ['an endless endpoint', { endpoint: 'a'.repeat(10_001) }, 0x16000004, /endpoint has 10001 characters: at most 10000/],
  ['a timeout of nothing', { completionTimeoutMs: 0 }, STATUS.STATUS_INVALID_ARG, /completionTimeoutMs is 0/],
  ['a timeout that is none', { connectTimeoutMs: NaN }, STATUS.STATUS_INVALID_ARG, /connectTimeoutMs is NaN/],
  ['no certificate', { certificate: undefined }, STATUS.STATUS_INVALID_ARG, /certificate is missing/],
  [
    'no key',
    { certificate: { certificatePem: 'c' } },
    STATUS.STATUS_INVALID_ARG,
    /certificate.privateKeyPem is missing/,
  ],
  [
    'files without a way to read',
    { certificate: { certificatePath: 'c', privateKeyPath: 'k' } },
    STATUS.STATUS_INVALID_ARG,
    /test reads no files/,
  ],
] as const) {
  it(`an option that cannot be: ${what}`, () => {
    assert.throws(
      () => provide(answering(MINUTE_MS), options as unknown as Partial<IotCredentialOptions>),
      (error: unknown) =>
        error instanceof CredentialsError && error.status === status && !error.retryable && reason.test(error.message),
    );
  });
}

it('the stream stands for its thing, as devices are named', async () => {
  const platform = answering(60 * MINUTE_MS);
  await provide(platform, { thingName: undefined, streamName: 'side-door' })();
  assert.is(platform.requests[0]?.headers['x-amzn-iot-thingname'], 'side-door');
});

it('a platform that shows no certificates, or only those of its bindings', async () => {
  const platform = answering(60 * MINUTE_MS);
  platform.clientCertificates = undefined;
  assert.throws(() => provide(platform), /test can show no client certificate: let a server of yours give credentials/);
  platform.clientCertificates = 'binding';
  assert.throws(() => provide(platform), /test shows only certificates that a binding holds/);
  // As the bindings of Workers are: every name is there.
  const binding = new Proxy({ fetch: () => Promise.resolve(new Response()) }, { has: () => true });
  await provide(platform, { certificate: binding })();
  assert.is(platform.requests[0]?.clientCertificate, binding);
});

it('a platform whose host shows the certificate by itself', async () => {
  const platform = answering(60 * MINUTE_MS);
  const refusedWith = (certificate: IotCredentialOptions['certificate'], message: RegExp): void =>
    assert.throws(
      () => provide(platform, { certificate }),
      (error: unknown) => error instanceof CredentialsError && !error.retryable && message.test(error.message),
    );
  refusedWith('host', /certificate is 'host', and test has none that shows one by itself/);
  platform.clientCertificates = 'host';
  for (const certificate of [PEM, { fetch: () => Promise.resolve(new Response()) }])
    refusedWith(
      certificate,
      /test hands no certificate to its host: let that show one, and give 'host' as certificate/,
    );
  await provide(platform, { certificate: 'host' })();
  assert.not('clientCertificate' in (platform.requests[0] ?? {}));
});

/** A body that goes on for as long as it is read. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000).fill(0x20)) });
}

it.run();
