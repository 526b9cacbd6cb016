/** From the first token of a client to its end. Scenarios of the native client state machine. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPersistedError } from '../../sdk/errors.ts';
import { openCallbacks, type CallbackName, credentialsToToken } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder, type Overrides } from '../support/callback-recorder.ts';
import {
  codeOf,
  MANDATORY_CALLBACKS,
  openNamed,
  openProducer,
  thrownCode,
  wholeService,
} from '../support/producer-scenario.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: client life');

interface Client {
  readonly service: ScriptedMedia;
  readonly recorder: CallbackRecorder;
  /** Makes the producer. */
  readonly make: (options?: ProducerOptions) => Promise<Producer>;
  readonly calls: (name: CallbackName) => number;
}

/** A client whose callbacks stand for the whole service, but for what a test says. */
function client(overrides: (service: ScriptedMedia) => Overrides = () => ({})): Client {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({
    ...wholeService(service),
    getCurrentTime: () => service.now() * 1000,
    getRandomNumber: () => 1_000_000,
    ...overrides(service),
  });
  return {
    service,
    recorder,
    make: (options = {}) =>
      watched(createProducerWith(service, { callbackProvider: recorder.callbacks, ...options }, openCallbacks)),
    calls: (name) => recorder.names.filter((each) => each === name).length,
  };
}

const NO_TOKEN: Overrides = { getSecurityToken: () => ({ data: new Uint8Array(0) }) };

it('S038: with a token no certificate is asked for, and the device is created once', async () => {
  const { make, calls } = client();
  const producer = await make();
  assert.equal([calls('getSecurityToken'), calls('getDeviceCertificate'), calls('createDevice')], [1, 0, 1]);
  await producer.close();
});

it('S039: without a token a certificate is exchanged for one, and then the device is created', async () => {
  const { make, recorder } = client(() => ({
    ...NO_TOKEN,
    getDeviceCertificate: () => ({ data: Uint8Array.of(1, 2) }),
    deviceCertToToken: () => ({ result: 200, token: Uint8Array.of(9) }),
  }));
  const producer = await make();
  assert.equal(
    recorder.names.filter((name) => !name.startsWith('getCurrent') && name !== 'logPrint'),
    ['getSecurityToken', 'getDeviceCertificate', 'deviceCertToToken', 'createDevice', 'clientReady'],
  );
  assert.equal([...recorder.of('createDevice')[0]!.context.authInfo.data], [9]);
  await producer.close();
});

it('S039: a certificate and nobody to exchange it', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({
    ...wholeService(service),
    getDeviceCertificate: () => ({ data: Uint8Array.of(1) }),
  });
  const callbackProvider = recorder.only(...MANDATORY_CALLBACKS, 'getDeviceCertificate');
  const made = createProducerWith(service, { callbackProvider }, openCallbacks);
  assert.is(await codeOf(made), 'STATUS_SERVICE_CALL_CALLBACKS_MISSING');
});

it('S039: a token of more than 10 000 bytes is refused, one of 10 000 is not', async () => {
  for (const [sizeBytes, expected] of [
    [10_000, 'ok'],
    [10_001, 'STATUS_INVALID_AUTH_LEN'],
  ] as const) {
    const { make } = client(() => ({ getSecurityToken: () => ({ data: new Uint8Array(sizeBytes) }) }));
    assert.is(await codeOf(make()), expected);
  }
});

// Natively the fingerprint is asked for six times without a pause and nothing is done with it: provisioning does not exist. Once is enough.
it('S040: with neither token nor certificate the client cannot be provisioned', async () => {
  const { make, calls, service } = client(() => ({ ...NO_TOKEN, getDeviceFingerprint: () => 'f'.repeat(32) }));
  assert.is(await codeOf(make()), 'STATUS_CLIENT_PROVISION_CALL_FAILED');
  await service.idle();
  assert.equal([calls('getDeviceFingerprint'), calls('createDevice'), calls('clientReady')], [1, 0, 0]);
  assert.is(calls('clientShutdown'), 1, 'there is no handle to free it by');
  assert.is(service.timerCount, 0);
});

it('S040: a fingerprint of more than 32 characters is refused as such', async () => {
  const { make } = client(() => ({ ...NO_TOKEN, getDeviceFingerprint: () => 'f'.repeat(33) }));
  assert.is(await codeOf(make()), 'STATUS_DEVICE_FINGERPRINT_LENGTH');
});

for (const [what, livesMs, expected] of [
  ['that has expired', 0, [6, 0, 'STATUS_CLIENT_AUTH_CALL_FAILED']],
  ['that lives a millisecond less than 30 s', 29_999, [6, 0, 'STATUS_CLIENT_AUTH_CALL_FAILED']],
  ['that lives 30 s', 30_000, [1, 1, 'ok']],
] as const)
  it(`S041: a token ${what} is asked for ${expected[0]} times in all`, async () => {
    const { make, calls } = client((service) => ({
      getSecurityToken: () => ({ data: Uint8Array.of(7), expiresAtUs: (service.now() + livesMs) * 1000 }),
    }));
    const code = await codeOf(make());
    assert.equal([calls('getSecurityToken'), calls('createDevice'), code], expected);
  });

for (const [what, deviceArn, expected] of [
  ['no ARN', undefined, 'STATUS_INVALID_CREATE_DEVICE_RESPONSE'],
  ['an empty ARN', '', 'STATUS_INVALID_CREATE_DEVICE_RESPONSE'],
  ['an ARN of 2048 characters', 'a'.repeat(2048), 'ok'],
  ['an ARN of 2049 characters', 'a'.repeat(2049), 'STATUS_INVALID_CREATE_DEVICE_RESPONSE'],
] as const)
  it(`S042: createDevice answers with ${what}: ${expected}`, async () => {
    const answer = deviceArn === undefined ? { result: 200 } : { result: 200, deviceArn };
    const { make, calls, service } = client(() => ({ createDevice: () => answer }));
    assert.is(await codeOf(make()), expected);
    await service.idle();
    assert.equal([calls('createDevice'), calls('clientReady')], [1, expected === 'ok' ? 1 : 0]);
  });

it('S042: the right answer afterwards makes a producer of the same callbacks', async () => {
  const answers = [{ result: 200 }, { result: 200, deviceArn: 'arn:device' }];
  const { make } = client(() => ({ createDevice: () => answers.shift() }));
  assert.is(await codeOf(make()), 'STATUS_INVALID_CREATE_DEVICE_RESPONSE');
  const producer = await make();
  assert.is(await codeOf(openNamed(producer, 'front-door')), 'ok');
  await producer.close();
});

it('S043: an unknown result six times ends the start with the status of the call', async () => {
  const { make, calls, service } = client(() => ({ createDevice: () => ({ result: 500 }) }));
  const made = make();
  await service.pass(10_000);
  assert.is(await codeOf(made), 'STATUS_CREATE_CLIENT_CALL_FAILED');
  assert.is(calls('createDevice'), 6);
  assert.is(service.timerCount, 0);
});

it('S043: an unknown result five times, and the sixth attempt is well', async () => {
  let attempts = 0;
  const { make, service } = client(() => ({
    createDevice: () => (++attempts < 6 ? { result: 500 } : { result: 200, deviceArn: 'arn:device' }),
  }));
  const made = make();
  await service.pass(10_000);
  assert.is(await codeOf(made), 'ok');
  await (await made).close();
});

for (const [result, expected] of [
  [401, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  [406, 'STATUS_SERVICE_CALL_INVALID_ARG_ERROR'],
] as const)
  it(`S043: a result ${result} of createDevice, which no repetition helps, ends the start at once`, async () => {
    const { make, calls } = client(() => ({ createDevice: () => ({ result }) }));
    assert.is(await codeOf(make()), expected);
    assert.is(calls('createDevice'), 1);
  });

for (const [startTimeoutMs, limitMs] of [
  [undefined, 15_000],
  [3_000, 3_000],
] as const)
  it(`S044: createDevice never answers: the start times out after ${limitMs} ms, whatever happens meanwhile`, async () => {
    const { make, calls, service } = client(() => ({ createDevice: () => new Promise<never>(() => undefined) }));
    const made = make(startTimeoutMs === undefined ? {} : { startTimeoutMs });
    await service.pass(limitMs - 1);
    assert.is(await codeOf(made), 'pending');
    await service.pass(1);
    assert.is(await codeOf(made), 'STATUS_OPERATION_TIMED_OUT');
    await service.idle();
    assert.equal([calls('clientShutdown'), calls('clientReady')], [1, 0]);
    assert.is(service.timerCount, 0);
  });

it('S044: a signal ends the start with its reason', async () => {
  const { make, calls, service } = client(() => ({ createDevice: () => new Promise<never>(() => undefined) }));
  const controller = new AbortController();
  const made = make({ signal: controller.signal });
  await service.idle();
  const reason = new Error('The user went away');
  controller.abort(reason);
  assert.is(await outcomeOf(made), reason);
  assert.is(calls('clientShutdown'), 1);
  assert.is(service.timerCount, 0);
});

it('S044: a signal that is aborted while the core is loaded ends the start, before anybody is asked', async () => {
  const { make, calls, service } = client();
  const controller = new AbortController();
  const reason = new Error('The user went away');
  const core = await service.loadCore();
  service.loadCore = () => {
    controller.abort(reason);
    return Promise.resolve(core);
  };
  assert.is(await outcomeOf(make({ signal: controller.signal })), reason);
  assert.equal([calls('createDevice'), calls('getSecurityToken')], [0, 0]);
});

it('S045: a producer that is closed ends each stream once, and then itself', async () => {
  const { make, calls, service, recorder } = client();
  const producer = await make();
  for (const name of ['first', 'second', 'third']) await openNamed(producer, name);
  await producer.close();
  await service.idle();
  assert.equal(
    recorder.of('streamShutdown'),
    ['first', 'second', 'third'].map((streamName) => ({ streamName, resetStream: false })),
  );
  assert.is(calls('clientShutdown'), 1);
  assert.ok(recorder.names.lastIndexOf('streamShutdown') < recorder.names.indexOf('clientShutdown'));
});

it('S045: a producer that is aborted ends each stream once; what was not sent is told', async () => {
  const { make, service, recorder } = client();
  const producer = await make();
  for (const name of ['first', 'second']) await (await openNamed(producer, name)).putFrame(testFrame(0));
  producer.abort();
  await producer.close();
  await service.idle();
  assert.is(recorder.of('streamShutdown').length, 2);
  assert.equal(
    recorder.of('droppedFrameReport').map(({ streamName, timestampUs }) => [streamName, timestampUs]),
    [
      ['first', testFrame(0).timestampUs],
      ['second', testFrame(0).timestampUs],
    ],
  );
  assert.is(recorder.of('clientShutdown').length, 1);
});

it('S045: the producer’s signal ends every stream with its reason', async () => {
  const controller = new AbortController();
  const { make } = client();
  const producer = await make({ signal: controller.signal });
  const stream = await openNamed(producer, 'front-door');
  const reason = new Error('The user went away');
  controller.abort(reason);
  assert.is(await outcomeOf(stream.putFrame(testFrame(0))), reason);
  assert.is(await outcomeOf(openNamed(producer, 'back-door')), reason);
  assert.is(producer.metrics.streams, 0);
  await producer.close();
});

it('S045: a stream’s signal ends that stream alone', async () => {
  const controller = new AbortController();
  const { make } = client();
  const producer = await make();
  const stream = await openNamed(producer, 'front-door', { signal: controller.signal });
  const other = await openNamed(producer, 'back-door');
  controller.abort(new Error('enough'));
  assert.is(((await outcomeOf(stream.flush())) as Error).message, 'enough');
  assert.is(await codeOf(other.putFrame(testFrame(0))), 'ok');
  assert.is(producer.metrics.streams, 1);
  producer.abort();
  await producer.close();
});

it('S045: closing rejects with what one stream lost, once the others have ended well', async () => {
  const service = new ScriptedMedia();
  const producer = await openProducer(service);
  const dead = await openNamed(producer, 'dead', { stopTimeoutMs: 5_000 });
  const alive = await openNamed(producer, 'alive');
  await dead.putFrame(testFrame(0));
  await service.idle();
  await alive.putFrame(testFrame(0));
  const closed = watched(producer.close());
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.pass(5_000);
  const error = await outcomeOf(closed);
  assert.instance(error, NotPersistedError);
  assert.is((error as NotPersistedError).streamName, 'dead');
  assert.is(service.timerCount, 0);
});

it('S045: stopStreams ends every stream, and the producer opens others', async () => {
  const { make, calls, service } = client();
  const producer = await make();
  for (const name of ['first', 'second']) await openNamed(producer, name);
  await producer.stopStreams();
  assert.is(producer.metrics.streams, 0);
  assert.is(await codeOf(openNamed(producer, 'first')), 'ok');
  await service.idle();
  assert.equal([calls('streamClosed'), calls('clientShutdown')], [2, 0]);
  await producer.close();
});

it('S045: two streams that cannot be stopped are told together', async () => {
  const service = new ScriptedMedia();
  const producer = await openProducer(service);
  for (const name of ['first', 'second'])
    await (await openNamed(producer, name, { stopTimeoutMs: 1_000 })).putFrame(testFrame(0));
  const stopped = watched(producer.stopStreams());
  await service.pass(1_000);
  const error = (await outcomeOf(stopped)) as AggregateError;
  assert.instance(error, AggregateError);
  assert.is(error.errors.length, 2);
  assert.is(await codeOf(producer.close()), 'ok');
});

it('S046: tags of a device are never sent', async () => {
  const { make, calls, service } = client();
  const producer = await make({ deviceTags: { place: 'garage' } });
  await openNamed(producer, 'front-door');
  assert.is(calls('tagResource'), 0);
  assert.not.ok(service.paths.includes('/tagStream'));
  await producer.close();
});

it('S047: when the token has expired it is asked for again in front of the endpoint of the next connection', async () => {
  const { make, service, recorder } = client((clock) => ({
    getSecurityToken: () => ({ data: Uint8Array.of(7), expiresAtUs: (clock.now() + 60_000) * 1000 }),
  }));
  const producer = await make();
  const stream = await openNamed(producer, 'front-door', { callCaching: 'none', stallTimeoutMs: 600_000 });
  await stream.putFrame(testFrame(0));
  await service.idle();
  await service.advance(59_000);
  recorder.names.length = 0;
  service.upload.reset();
  await service.pass(2_000);
  const asked = recorder.names.filter((name) => name === 'getSecurityToken' || name === 'getStreamingEndpoint');
  assert.equal(asked, ['getSecurityToken', 'getStreamingEndpoint']);
  producer.abort();
  await producer.close();
});

it('S047: a token of credentials that expire signs the calls until there is another', async () => {
  const service = new ScriptedMedia();
  let asked = 0;
  const authCallbacks = {
    getSecurityToken: () =>
      credentialsToToken({ accessKeyId: `KEY${++asked}`, secretAccessKey: 'S', expiresAtMs: service.now() + 60_000 }),
  };
  const test = await TestStream.open({ callCaching: 'none' }, { authCallbacks }, service);
  await service.advance(31_000);
  await test.putFrames(1);
  assert.match(service.requests.at(-1)?.headers['authorization'] ?? '', 'KEY2');
  await test.end();
});

it('S021: several producers: when one is closed the others are unaffected', async () => {
  const services = [new ScriptedMedia(), new ScriptedMedia(), new ScriptedMedia()];
  const tests = await Promise.all(services.map((service) => TestStream.open({}, {}, service)));
  for (const test of tests) await test.putFragments(2);
  const [first, ...others] = tests as [TestStream, ...TestStream[]];
  first.producer.abort();
  await first.producer.close();
  for (const test of others) {
    await test.putFragments(1);
    assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
    assert.is(test.eventsOf('disconnected').length, 0);
    await test.end();
  }
  assert.is(
    thrownCode(() => first.stream.tryPutFrame(testFrame(8))),
    'STATUS_STREAM_HAS_BEEN_STOPPED',
  );
});

it.run();
