/** What a producer refuses to be made with, and with which status. Scenarios of the native createKinesisVideoClient. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProducerOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { codeOf, MANDATORY_CALLBACKS, openNamed, openProducer, wholeService } from '../support/producer-scenario.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { TEST_TRACK, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: client options');

const tagsOf = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`name${i}`, 'value']));

/** Makes a producer and closes it again; the status name it is refused with, or 'ok'. */
async function makingCode(options: unknown): Promise<string> {
  const service = new ScriptedMedia();
  const code = await codeOf(openProducer(service, options as ProducerOptions).then((producer) => producer.close()));
  if (code !== 'ok') assert.is(service.requests.length, 0, 'nobody was asked');
  return code;
}

for (const [what, options] of [
  ['callbackProvider null', { callbackProvider: null }],
  ['clientCallbacks null', { clientCallbacks: null }],
  ['a list of streamCallbacks with null', { streamCallbacks: [{}, null] }],
  ['apiCallbacks a function', { apiCallbacks: () => undefined }],
  ['authCallbacks null', { authCallbacks: null }],
  ['platformCallbacks null', { platformCallbacks: null }],
] as const)
  it(`S001: ${what} is refused, and no callback is called`, async () => {
    const recorder = new CallbackRecorder();
    const code = await makingCode({ ...recorder.only('clientReady', 'createDevice'), ...options });
    assert.is(code, 'STATUS_INVALID_ARG');
    assert.equal(recorder.names, []);
  });

// Native: 1 MiB … 10 GiB. Here one memory of 32 bits holds the store, and a small one is no danger: 4 KiB … 2032 MiB. The upper edge
// itself is held by test/unit/limits: it takes as much memory as it says.
for (const [storeBytes, expected] of [
  [4096, 'ok'],
  [1 << 20, 'ok'],
  [4095, 'STATUS_INVALID_STORAGE_SIZE'],
  [0, 'STATUS_INVALID_STORAGE_SIZE'],
  [-1, 'STATUS_INVALID_STORAGE_SIZE'],
  [(2032 << 20) + 1, 'STATUS_INVALID_STORAGE_SIZE'],
  [10 * 2 ** 30 + 1, 'STATUS_INVALID_STORAGE_SIZE'],
  [2 ** 32 + (1 << 20), 'STATUS_INVALID_STORAGE_SIZE'],
  [1.5 * (1 << 20) + 0.5, 'STATUS_INVALID_STORAGE_SIZE'],
  [NaN, 'STATUS_INVALID_STORAGE_SIZE'],
  ['33554432', 'STATUS_INVALID_STORAGE_SIZE'],
] as const)
  it(`S002: a store of ${storeBytes} bytes: ${expected}`, async () =>
    assert.is(await makingCode({ storeBytes }), expected));

for (const [maxStreams, expected] of [
  [1, 'ok'],
  [1_000_000, 'ok'],
  [0, 'STATUS_MIN_STREAM_COUNT'],
  [1_000_001, 'STATUS_MAX_STREAM_COUNT'],
  [1.5, 'STATUS_MIN_STREAM_COUNT'],
] as const)
  it(`S004: maxStreams ${maxStreams}: ${expected}`, async () => assert.is(await makingCode({ maxStreams }), expected));

for (const [what, tags, expected] of [
  ['no tags', {}, 'ok'],
  ['50 tags', tagsOf(50), 'ok'],
  ['51 tags', tagsOf(51), 'STATUS_MAX_TAG_COUNT'],
  ['a name of 128', { ['n'.repeat(128)]: 'v' }, 'ok'],
  ['a name of 129', { ['n'.repeat(129)]: 'v' }, 'STATUS_INVALID_TAG_NAME_LEN'],
  ['a name of nothing', { '': 'v' }, 'STATUS_INVALID_TAG_NAME_LEN'],
  ['a value of 1024', { n: 'v'.repeat(1024) }, 'ok'],
  ['a value of nothing', { n: '' }, 'ok'],
  ['a value of 1025', { n: 'v'.repeat(1025) }, 'STATUS_INVALID_TAG_VALUE_LEN'],
  ['a value that is a number', { n: 1 }, 'STATUS_INVALID_ARG'],
  ['null', null, 'STATUS_INVALID_ARG'],
] as const) {
  it(`S005: a device with ${what}: ${expected}`, async () =>
    assert.is(await makingCode({ deviceTags: tags }), expected));

  it(`S005: a stream with ${what}: ${expected}`, async () => {
    const service = new ScriptedMedia().on('/tagStream', { body: '{}' });
    const producer = await openProducer(service);
    const options = { tracks: [TEST_TRACK], tags: tags as unknown as Record<string, string> };
    assert.is(await codeOf(producer.openStream('front-door', options)), expected);
    assert.is(service.paths.includes('/tagStream'), expected === 'ok' && what !== 'no tags');
    await producer.close();
  });
}

for (const [option, value, expected] of [
  ['deviceName', 'd'.repeat(128), 'ok'],
  ['deviceName', 'd'.repeat(129), 'STATUS_INVALID_DEVICE_NAME_LENGTH'],
  // Natively an empty name is replaced by a random one; here leaving it out gives the usual one.
  ['deviceName', '', 'STATUS_INVALID_DEVICE_NAME_LENGTH'],
  ['clientId', 'c'.repeat(64), 'ok'],
  ['clientId', 'c'.repeat(65), 'STATUS_INVALID_CLIENT_ID_STRING_LENGTH'],
  ['clientId', 7, 'STATUS_INVALID_ARG'],
  ['startTimeoutMs', 0, 'STATUS_INVALID_ARG'],
] as const)
  it(`S005: ${option} ${String(value).length > 8 ? `of ${String(value).length} characters` : `'${value}'`}: ${expected}`, async () =>
    assert.is(await makingCode({ [option]: value }), expected));

for (const missing of MANDATORY_CALLBACKS)
  it(`S006: a provider without ${missing} is refused, and no callback is called`, async () => {
    const service = new ScriptedMedia();
    const recorder = new CallbackRecorder(wholeService(service));
    const callbackProvider = { ...recorder.callbacks, [missing]: undefined } as unknown as typeof recorder.callbacks;
    assert.is(await codeOf(openProducer(service, { callbackProvider })), 'STATUS_SERVICE_CALL_CALLBACKS_MISSING');
    assert.equal(recorder.names, []);
  });

const NEEDED = [...MANDATORY_CALLBACKS, 'getSecurityToken'] as const;

it('S007: a device with tags needs tagResource', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder(wholeService(service));
  const options = { callbackProvider: recorder.only(...NEEDED), deviceTags: { place: 'door' } };
  assert.is(await codeOf(openProducer(service, options)), 'STATUS_SERVICE_CALL_CALLBACKS_MISSING');
  assert.equal(recorder.names, []);
});

it('S007: a stream with tags needs tagResource', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder(wholeService(service));
  const producer = await openProducer(service, { callbackProvider: recorder.only(...NEEDED) });
  const opened = openNamed(producer, 'front-door', { tags: { place: 'door' } });
  assert.is(await codeOf(opened), 'STATUS_SERVICE_CALL_CALLBACKS_MISSING');
  assert.equal(recorder.names, ['getSecurityToken', 'createDevice'], 'the stream was not described');
  assert.is(await codeOf(openNamed(producer, 'front-door', { tags: {} })), 'ok');
  producer.abort();
  await producer.close();
});

// A token there has to be, natively too: see S040.
it('S008: with the mandatory callbacks and a token alone everything works', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder(wholeService(service));
  const producer = await openProducer(service, { callbackProvider: recorder.only(...NEEDED) });
  const stream = await openNamed(producer, 'front-door');
  await stream.putFrame({ data: new Uint8Array(100), timestampUs: timecodeOf(0) * 1000, isKey: true });
  const closed = watched(producer.close());
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await codeOf(closed), 'ok');
  assert.equal(recorder.names, [
    'getSecurityToken',
    'createDevice',
    'describeStream',
    'getStreamingEndpoint',
    'getStreamingToken',
    'putStream',
  ]);
});

it('S009: a producer that is closed can be closed again, and disposed of', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder(wholeService(service));
  const producer = await openProducer(service, { callbackProvider: recorder.callbacks });
  await openNamed(producer, 'front-door');
  await producer.close();
  await producer.close();
  await producer[Symbol.asyncDispose]();
  await service.idle();
  assert.is(recorder.of('clientShutdown').length, 1);
  assert.is(await codeOf(openNamed(producer, 'other')), 'STATUS_CLIENT_SHUTTING_DOWN');
  assert.is(producer.metrics.storeUsedBytes, 0);
  assert.is(service.timerCount, 0);
});

it('S009: stopStreams of a producer that is closed, and of one without streams, does nothing', async () => {
  const producer = await openProducer(new ScriptedMedia());
  assert.is(await codeOf(producer.stopStreams()), 'ok');
  await producer.close();
  assert.is(await codeOf(producer.stopStreams()), 'ok');
});

it.run();
