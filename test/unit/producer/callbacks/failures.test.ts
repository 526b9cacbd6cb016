/** Whatever a callback throws, answers or never answers: the engine goes on, and says so. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CredentialsError, type KvsError, ServiceCallError } from '../../../../sdk/errors.ts';
import { CALLBACK_KINDS, type CallbackName, credentialsToToken } from '../../../../sdk/producer/callbacks/index.ts';
import * as STATUS from '../../../../sdk/status-codes.ts';
import * as SERVICE_RESULT from '../../../../sdk/service-results.ts';
import { CallbackRecorder, type Overrides } from '../../../support/callback-recorder.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../../../support/test-stream.ts';

const it = suite('failing callbacks');

const NOTIFICATIONS = (Object.keys(CALLBACK_KINDS) as CallbackName[]).filter((name) =>
  ['client', 'stream'].includes(CALLBACK_KINDS[name]),
);
const boom = (): never => {
  throw new Error('boom');
};
const failing = (answer: () => unknown): Overrides => Object.fromEntries(NOTIFICATIONS.map((name) => [name, answer]));

/** A stream from its opening to its stop, with an error ack, a lost connection and everything persisted in the end. */
async function wholeLife(overrides: Overrides): Promise<TestStream> {
  const test = await TestStream.open({}, new CallbackRecorder(overrides).options);
  await test.putFragments(2);
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4006 });
  await test.service.pass(1_000);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(1));
  await test.service.pass(1_000);
  assert.is(await outcomeOf(stopped), undefined);
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.is(test.stream.metrics.framesRejected, 4);
  await test.producer.close();
  await test.service.idle();
  return test;
}

for (const [what, answer] of [
  ['throws', boom],
  ['rejects', () => Promise.reject(new Error('boom'))],
  ['answers with a failing status', () => STATUS.STATUS_INVALID_OPERATION],
  ['answers with nonsense', () => ({ nonsense: true })],
] as const) {
  it(`every notification ${what}: the stream lives and ends as ever, each is told`, async () => {
    const { events, service } = await wholeLife(failing(answer));
    const told = events.flatMap((event) => (event.type === 'callback-failed' ? [event.callback] : []));
    for (const name of [
      'streamDataAvailable',
      'fragmentAckReceived',
      'streamErrorReport',
      'droppedFrameReport',
    ] as const)
      assert.ok(told.includes(name), `${name} is told`);
    for (const name of ['clientReady', 'streamShutdown', 'clientShutdown'])
      assert.ok(service.logged.includes(`error The callback ${name} failed`), `${name} is logged`);
  });
}

it('a notification that never answers holds nothing up', async () => {
  await wholeLife(failing(() => new Promise(() => undefined)));
});

it('a callback may put, stop and abort in the middle of what it is told of', async () => {
  const recorder = new CallbackRecorder({
    fragmentAckReceived: ({ ack }) => {
      if (ack.type === 'persisted') test.stream.abort(new Error('enough'));
    },
  });
  const test = await TestStream.open({}, recorder.options);
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.match(((await outcomeOf(test.stream.flush())) as Error).message, 'enough');
  assert.is(test.stream.metrics.fragmentsPersisted, 1, 'the ack was taken first');
});

it('service calls that throw are made again, and told', async () => {
  const counts = new Map<string, number>();
  const twice = (name: string) => (): undefined => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count <= 2) throw new Error(`${name} ${count}`);
  };
  const test = await TestStream.open(
    { waitUntilReady: false, tags: { a: 'b' } },
    new CallbackRecorder({
      createDevice: () => ({ result: 200, deviceArn: 'arn' }),
      describeStream: twice('describeStream'),
      tagResource: () => {
        twice('tagResource')();
        return { result: 200 };
      },
      getStreamingEndpoint: twice('getStreamingEndpoint'),
      getStreamingToken: twice('getStreamingToken'),
      putStream: twice('putStream'),
    }).options,
  );
  await test.putFragments(1);
  await test.service.pass(90_000);
  assert.equal(Object.fromEntries([...counts].filter(([name]) => name === 'putStream')), { putStream: 3 });
  assert.is(test.stream.metrics.state, 'streaming');
  const told = test.eventsOf('callback-failed').map(({ callback, error }) => [callback, (error as Error).message]);
  for (const name of ['describeStream', 'tagResource', 'getStreamingEndpoint', 'getStreamingToken', 'putStream'])
    assert.equal(
      told.filter(([callback]) => callback === name).map(([, message]) => message),
      [`${name} 1`, `${name} 2`],
    );
  await test.end();
});

for (const [what, describeStream, status] of [
  ['404', () => ({ result: 404 }), STATUS.STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR],
  ['406', () => ({ result: 406 }), STATUS.STATUS_SERVICE_CALL_INVALID_ARG_ERROR],
  ['401, again and again', () => ({ result: 401 }), STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR],
  [
    'a ServiceCallError',
    () => Promise.reject(new ServiceCallError({ operation: 'Mine', result: SERVICE_RESULT.INVALID_ARG })),
    STATUS.STATUS_SERVICE_CALL_INVALID_ARG_ERROR,
  ],
  [
    'a CredentialsError, again and again',
    () => Promise.reject(new CredentialsError('gone')),
    STATUS.STATUS_CLIENT_AUTH_CALL_FAILED,
  ],
  [
    'a description of nothing',
    () => ({ result: 200, description: { streamArn: '' } as never }),
    STATUS.STATUS_INVALID_DESCRIBE_STREAM_RESPONSE,
  ],
] as const) {
  it(`describeStream answers ${what}: as if the service did`, async () => {
    const service = new ScriptedMedia();
    const opened = watched(
      TestStream.open({ createIfMissing: false }, new CallbackRecorder({ describeStream }).options, service),
    );
    await service.pass(2_000);
    assert.is(((await outcomeOf(opened)) as KvsError).status, status);
  });
}

it('a service call that does not answer in time is given up, and its signal says so', async () => {
  const service = new ScriptedMedia();
  const signals: AbortSignal[] = [];
  const { options } = new CallbackRecorder({
    describeStream: ({ context }) => {
      signals.push(context.signal);
      return signals.length === 1 ? new Promise(() => undefined) : undefined;
    },
  });
  const opened = watched(TestStream.open({}, options, service));
  await service.pass(9_900);
  assert.is(signals[0]?.aborted, false);
  await service.pass(1_000);
  assert.is(signals[0]?.aborted, true);
  const test = (await outcomeOf(opened)) as TestStream;
  assert.is(test.stream.metrics.state, 'ready');
  await test.end();
});

it('putStream: a result ends the connection with it, and so does an error in the acks', async () => {
  let acks!: ReadableStreamDefaultController<Uint8Array>;
  let calls = 0;
  const recorder = new CallbackRecorder({
    putStream: () =>
      ++calls === 1
        ? { result: SERVICE_RESULT.GATEWAY_TIMEOUT }
        : { result: 200, acks: new ReadableStream({ start: (controller) => void (acks = controller) }) },
  });
  const test = await TestStream.open({}, recorder.options);
  await test.putFragments(1);
  await test.service.pass(1_000);
  acks.error(new ServiceCallError({ operation: 'PutMedia', result: SERVICE_RESULT.REQUEST_TIMEOUT }));
  await test.service.pass(1_000);
  assert.is(calls, 3);
  assert.equal(
    test.eventsOf('disconnected').map(({ reason, error }) => [reason, (error as ServiceCallError).result]),
    [
      ['refused', 504],
      ['refused', 408],
    ],
  );
  await test.end();
});

it('tokens: one that expires at once, one that is too long, and one that is not what the defaults read', async () => {
  const service = new ScriptedMedia();
  const outcome = async (overrides: Overrides): Promise<number> => {
    const opened = watched(TestStream.open({ openTimeoutMs: 2_000 }, new CallbackRecorder(overrides).options, service));
    await service.pass(3_000);
    return ((await outcomeOf(opened)) as KvsError).status;
  };
  const data = new Uint8Array(10_001);
  assert.is(await outcome({ getSecurityToken: () => ({ data }) }), STATUS.STATUS_INVALID_AUTH_LEN);
  const expired = credentialsToToken({ accessKeyId: 'A', secretAccessKey: 'B', expiresAtMs: service.now() });
  assert.is(await outcome({ getSecurityToken: () => expired }), STATUS.STATUS_CLIENT_AUTH_CALL_FAILED);
  assert.is(
    await outcome({ getSecurityToken: () => ({ data: Uint8Array.of(1) }) }),
    STATUS.STATUS_CLIENT_AUTH_CALL_FAILED,
  );
  assert.is(await outcome({ getSecurityToken: boom }), STATUS.STATUS_CLIENT_AUTH_CALL_FAILED);
});

it('a streaming token that lives less than 30 s is no token', async () => {
  const service = new ScriptedMedia();
  let asked = 0;
  const { options } = new CallbackRecorder({
    getStreamingToken: ({ context }) => ({
      result: 200,
      token: context.authInfo.data,
      expiresAtUs: (service.now() + (++asked === 1 ? 29_000 : 31_000)) * 1000,
    }),
  });
  const test = await TestStream.open({}, options, service);
  await test.putFragments(1);
  assert.is(test.stream.lastError?.code, 'STATUS_INVALID_TOKEN_EXPIRATION');
  await service.pass(1_000);
  assert.is(test.service.uploads.length, 1);
  await test.end();
});

for (const [what, createDevice, status, calls] of [
  ['no ARN', () => ({ result: 200, deviceArn: '' }), STATUS.STATUS_INVALID_CREATE_DEVICE_RESPONSE, 1],
  [
    'an ARN that is too long',
    () => ({ result: 200, deviceArn: 'a'.repeat(2049) }),
    STATUS.STATUS_INVALID_CREATE_DEVICE_RESPONSE,
    1,
  ],
  ['unknown six times', () => ({ result: 10006 }), STATUS.STATUS_CREATE_CLIENT_CALL_FAILED, 6],
  ['nothing, ever', () => new Promise<undefined>(() => undefined), STATUS.STATUS_OPERATION_TIMED_OUT, 2],
] as const) {
  it(`createDevice answers ${what}: the client fails`, async () => {
    const service = new ScriptedMedia();
    const recorder = new CallbackRecorder({ createDevice });
    const opened = watched(TestStream.open({}, recorder.options, service));
    await service.pass(16_000);
    assert.is(((await outcomeOf(opened)) as KvsError).status, status);
    assert.is(recorder.of('createDevice').length, calls);
    assert.is(service.timerCount, 0);
  });
}

it('getSecurityToken never answers: the client is not ready in time', async () => {
  const service = new ScriptedMedia();
  const { options } = new CallbackRecorder({ getSecurityToken: () => new Promise(() => undefined) });
  const opened = watched(TestStream.open({}, options, service));
  await service.pass(14_900);
  assert.is(await outcomeOf(opened), 'pending');
  await service.pass(200);
  assert.is(((await outcomeOf(opened)) as KvsError).status, STATUS.STATUS_OPERATION_TIMED_OUT);
});

it('clock, random numbers and log fall back on the platform, which is told once', async () => {
  const service = new ScriptedMedia();
  const platformCallbacks = { getCurrentTime: () => NaN, getRandomNumber: boom, logPrint: boom };
  const test = await TestStream.open({}, { platformCallbacks }, service);
  await test.putFragments(1);
  assert.match(service.requests[0]?.headers['x-amz-date'] ?? '', /^20231114T2213/);
  for (const name of ['getCurrentTime', 'getRandomNumber'])
    assert.is(service.logged.filter((line) => line === `error The callback ${name} failed`).length, 1);
  assert.ok(service.logged.includes('info PutMedia connection is up'));
  await test.end();
});

it('a part of the mutex callbacks is refused', async () => {
  const error = await outcomeOf(TestStream.open({}, { platformCallbacks: { lockMutex: () => undefined } }));
  assert.is((error as KvsError).status, STATUS.STATUS_INVALID_ARG);
});

it.run();
