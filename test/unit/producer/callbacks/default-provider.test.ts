/** The whole provider, the defaults that it can be made of, and where their tokens come from. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedCredentials, fileCredentials } from '../../../../sdk/aws/credentials.ts';
import { KvsError, type ServiceCallError } from '../../../../sdk/errors.ts';
import {
  type CallbackProvider,
  createDefaultCallbacksProviderWithAuthCallbacks,
  createDefaultCallbacksProviderWithAwsCredentials,
  createDefaultCallbacksProviderWithFileAuth,
  createDefaultCallbacksProviderWithIotCertificate,
  credentialsToToken,
  DefaultCallbackProvider,
  type StreamCall,
} from '../../../../sdk/producer/callbacks/index.ts';
import * as STATUS from '../../../../sdk/status-codes.ts';
import { CallbackRecorder } from '../../../support/callback-recorder.ts';
import { CREDENTIALS, ScriptedMedia } from '../../../support/scripted-media.ts';
import { BASE_MS, outcomeOf, TestStream, timecodeOf, watched } from '../../../support/test-stream.ts';

const it = suite('default callback provider');

const ENDPOINT = { endpoint: 'http://127.0.0.1:1' };
const signedBy = (service: ScriptedMedia, at = 0): string =>
  /Credential=(\w+)/.exec(service.requests[at]?.headers['authorization'] ?? '')?.[1] ?? '';

/** Refuses the token of the first GetDataEndpoint alone. */
function refuseToken(service: ScriptedMedia): void {
  service.on('/getDataEndpoint', (_request, count) =>
    count === 1
      ? { status: 403, headers: { 'x-amzn-errortype': 'ExpiredTokenException' } }
      : { body: '{"DataEndpoint":"http://127.0.0.1:2"}' },
  );
}

/** Opens a stream with a provider and sees a fragment through to its end. */
async function streamWith(service: ScriptedMedia, callbackProvider: CallbackProvider): Promise<TestStream> {
  const test = await TestStream.open({}, { callbackProvider }, service);
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await outcomeOf(stopped), undefined);
  return test;
}

it('alone it does what a producer without callbacks does', async () => {
  const plain = await TestStream.open();
  await plain.putFragments(1);
  const service = new ScriptedMedia();
  await streamWith(service, createDefaultCallbacksProviderWithAwsCredentials(service, CREDENTIALS, ENDPOINT));
  const { requests } = plain.service;
  assert.equal(
    service.requests.map(({ url, headers }) => ({ url, headers })),
    requests.map(({ url, headers }) => ({ url, headers })),
    'the same calls, byte for byte in their headers and signatures',
  );
  await plain.end();
});

it('an extended one: overridden callbacks are called, the others stay', async () => {
  const service = new ScriptedMedia();
  const seen: string[] = [];
  class Audited extends DefaultCallbackProvider {
    override async describeStream(call: StreamCall): ReturnType<DefaultCallbackProvider['describeStream']> {
      seen.push(`describe ${call.streamName}`);
      return super.describeStream(call);
    }
    override streamClosed(): undefined {
      seen.push('closed');
    }
  }
  await streamWith(service, new Audited(service, { ...ENDPOINT, credentials: CREDENTIALS }));
  assert.equal(seen, ['describe front-door', 'closed']);
  assert.equal(service.paths, ['/describeStream', '/getDataEndpoint', '/putMedia']);
});

it('a provider from nothing makes every call itself', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({
    getSecurityToken: () => ({ data: Uint8Array.of(7) }),
    createDevice: () => ({ result: 200, deviceArn: 'arn:device' }),
    describeStream: () => ({
      result: 200,
      description: { streamArn: 'arn:own', status: 'ACTIVE', retentionHours: 24, mediaType: undefined },
    }),
    createStream: () => ({ result: 500 }),
    getStreamingEndpoint: () => ({ result: 200, endpoint: 'http://127.0.0.1:9' }),
    getStreamingToken: ({ context }) => ({ result: 200, token: context.authInfo.data }),
    putStream: async ({ body, context: { signal } }) => {
      const headers = {};
      const answer = await service.fetch({ method: 'POST', url: 'http://127.0.0.1:9/putMedia', headers, body, signal });
      return { result: answer.status, acks: answer.body };
    },
    getCurrentTime: () => service.now() * 1000,
    getRandomNumber: () => 12_345,
  });
  await streamWith(service, recorder.callbacks);
  assert.equal(service.paths, ['/putMedia']);
  assert.equal([...recorder.of('putStream')[0]!.context.authInfo.data], [7], 'a token of any form');
});

it('a provider without the mandatory callbacks is refused', async () => {
  for (const missing of ['createDevice', 'describeStream', 'putStream', 'getStreamingToken'] as const) {
    const { callbacks } = new CallbackRecorder();
    const error = await outcomeOf(
      TestStream.open({}, { callbackProvider: { ...callbacks, [missing]: undefined } as unknown as CallbackProvider }),
    );
    assert.is((error as KvsError).status, STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING);
    assert.match((error as KvsError).message, missing);
  }
  const { callbacks } = new CallbackRecorder();
  const odd = { ...callbacks, streamReady: 'yes' } as unknown as CallbackProvider;
  assert.is(
    ((await outcomeOf(TestStream.open({}, { callbackProvider: odd }))) as KvsError).status,
    STATUS.STATUS_INVALID_ARG,
  );
  const both = { callbackProvider: callbacks, streamCallbacks: {} };
  assert.match(((await outcomeOf(TestStream.open({}, both))) as KvsError).message, 'streamCallbacks');
});

it('with auth callbacks: their tokens alone, never those of the platform', async () => {
  const service = new ScriptedMedia();
  const auth = { getSecurityToken: () => credentialsToToken({ accessKeyId: 'MINE', secretAccessKey: 'S' }) };
  await streamWith(service, createDefaultCallbacksProviderWithAuthCallbacks(service, auth, ENDPOINT));
  assert.equal(
    [0, 1, 2].map((at) => signedBy(service, at)),
    ['MINE', 'MINE', 'MINE'],
  );
  const none = createDefaultCallbacksProviderWithAuthCallbacks(service, {}, ENDPOINT);
  const error = await outcomeOf(TestStream.open({}, { callbackProvider: none }, service));
  assert.is((error as KvsError).status, STATUS.STATUS_CLIENT_PROVISION_CALL_FAILED);
});

it('a token that the service refuses is asked for again', async () => {
  const service = new ScriptedMedia();
  let asked = 0;
  service.on('/describeStream', (_request, count) =>
    count === 1
      ? { status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: '{}' }
      : { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}' },
  );
  const authCallbacks = {
    getSecurityToken: () => credentialsToToken({ accessKeyId: `KEY${++asked}`, secretAccessKey: 'S' }),
  };
  const test = await TestStream.open({ waitUntilReady: false }, { authCallbacks }, service);
  await service.pass(1_000);
  assert.equal([signedBy(service, 0), signedBy(service, 1)], ['KEY1', 'KEY2']);
  await test.end();
});

it('with a credential file: read once, and again before it expires', async () => {
  const service = new ScriptedMedia();
  let reads = 0;
  const provider = createDefaultCallbacksProviderWithFileAuth(
    service,
    async () => `CREDENTIALS FILE${++reads} secret\n`,
    ENDPOINT,
  );
  const test = await TestStream.open({}, { callbackProvider: provider }, service);
  assert.is(signedBy(service), 'FILE1');
  await service.advance(39 * 60_000);
  await test.putFragments(1);
  assert.is(signedBy(service, service.requests.length - 1), 'FILE2');
  await test.end();
});

it('with a credential file given by its path, on a platform that reads files', async () => {
  const service = new ScriptedMedia();
  const readFile = async (path: string): Promise<Uint8Array> => new TextEncoder().encode(`CREDENTIALS ${path} secret`);
  const provider = createDefaultCallbacksProviderWithFileAuth(Object.assign(service, { readFile }), 'BYPATH', ENDPOINT);
  const test = await TestStream.open({}, { callbackProvider: provider }, service);
  assert.is(signedBy(service), 'BYPATH');
  await test.end();
});

it('with an IoT certificate: asked for once, before the token expires, and when the service refuses it', async () => {
  const service = Object.assign(new ScriptedMedia(), { clientCertificates: 'pem' as const });
  let asked = 0;
  service.on('/role-aliases/CameraRole/credentials', () => {
    const expiration = new Date(service.nowMs + 3_600_000).toISOString();
    const keys = { accessKeyId: `IOT${++asked}`, secretAccessKey: 'secret', sessionToken: 'token', expiration };
    return { body: JSON.stringify({ credentials: keys }) };
  });
  const iot = {
    endpoint: 'device.test',
    certificate: { certificatePem: 'certificate', privateKeyPem: 'key' },
    roleAlias: 'CameraRole',
    thingName: 'front-door',
  };
  const provider = createDefaultCallbacksProviderWithIotCertificate(service, iot, ENDPOINT);
  refuseToken(service);
  const opening = TestStream.open({}, { callbackProvider: provider }, service);
  await service.advance(1_000);
  const test = await opening;
  const ofService = (): string[] =>
    service.requests.flatMap(({ headers }) => /Credential=(\w+)/.exec(headers['authorization'] ?? '')?.[1] ?? []);
  assert.equal([asked, ofService()], [2, ['IOT1', 'IOT1', 'IOT2']]);
  await service.advance(56 * 60_000);
  await test.putFragments(1);
  assert.equal([asked, ofService().at(-1)], [3, 'IOT3']);
  await test.end();
  assert.throws(
    () => createDefaultCallbacksProviderWithIotCertificate(service, { ...iot, roleAlias: 'r'.repeat(129) }, ENDPOINT),
    (error: unknown) => error instanceof KvsError && error.status === 0x15000012,
  );
});

it('with credentials that are cached: what the service refuses is forgotten there too', async () => {
  const service = new ScriptedMedia();
  let fetched = 0;
  const credentials = cachedCredentials(service, async () => ({
    accessKeyId: `CACHED${++fetched}`,
    secretAccessKey: 'secret',
  }));
  const provider = new DefaultCallbackProvider(service, { ...ENDPOINT, credentials });
  refuseToken(service);
  const opening = TestStream.open({}, { callbackProvider: provider }, service);
  await service.advance(1_000);
  const test = await opening;
  assert.equal([signedBy(service, 1), signedBy(service, 2), fetched], ['CACHED1', 'CACHED2', 2]);
  await test.end();
});

for (const [text, expected] of [
  ['CREDENTIALS AK SK', { accessKeyId: 'AK', secretAccessKey: 'SK', expiresAtMs: BASE_MS + 2_400_000 }],
  [
    '  CREDENTIALS\tAK 2023-11-14T22:20:00Z\nSK TOKEN\n',
    { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'TOKEN', expiresAtMs: 1_700_000_400_000 },
  ],
  [
    'CREDENTIALS AK 2033-11-14T22:20:00Z SK TOKEN',
    { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'TOKEN', expiresAtMs: BASE_MS + 2_400_000 },
  ],
  ['', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH'],
  [`CREDENTIALS AK ${'S'.repeat(10_000)}`, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH'],
  ['CREDENTIALS AK', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  ['credentials AK SK', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  ['CREDENTIALS AK tomorrow SK TOKEN', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  ['CREDENTIALS AK 2023-13-14T22:20:00Z SK TOKEN', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
] as const) {
  it(`a credential file '${text.slice(0, 50).trim()}'`, async () => {
    const outcome = await outcomeOf(fileCredentials(new ScriptedMedia(), () => Promise.resolve(text))());
    if (typeof expected === 'string') assert.is((outcome as KvsError).code, expected);
    else assert.equal(await fileCredentials(new ScriptedMedia(), () => Promise.resolve(text))(), expected);
  });
}

it('a credential file that cannot be read', async () => {
  const cause = new Error('ENOENT');
  const read = fileCredentials(new ScriptedMedia(), () => Promise.reject(cause));
  const error = (await outcomeOf(read())) as ServiceCallError;
  assert.is(error.status, 0x15000022);
  assert.is(error.cause, cause);
});

it.run();
