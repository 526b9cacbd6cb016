/**
 * The client's states (producer-core §6.4), each with each result, through `createProducerWith`: what is called, and what the client
 * fails with. States are C:40 authentication, C:41 token of a certificate, C:42 provisioning, C:43 device.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
import type { CallbackName } from '../../sdk/producer/callbacks/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { AnsweredCalls } from '../support/answered-calls.ts';
import type { Overrides } from '../support/callback-recorder.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, type TestStream, watched } from '../support/test-stream.ts';

const it = suite('scenarios: client states');

const CLIENT_CALLS: readonly CallbackName[] = [
  'getSecurityToken',
  'getDeviceCertificate',
  'getDeviceFingerprint',
  'deviceCertToToken',
  'createDevice',
  'clientReady',
];
const NONE = { data: new Uint8Array(0) };
const DATA = { data: Uint8Array.of(1) };
const NOW_US = 1_700_000_000_000_000;
const boom = (): never => {
  throw new Error('boom');
};

interface Start {
  readonly made: string;
  /** What the start failed with; undefined when the client is ready. */
  readonly status: number | undefined;
  readonly calls: AnsweredCalls;
  readonly service: ScriptedMedia;
  readonly test: TestStream | undefined;
}

async function start(overrides: Overrides, forMs = 14_000): Promise<Start> {
  const calls = new AnsweredCalls({}, overrides);
  const service = new ScriptedMedia();
  const opening = watched(calls.open({}, service));
  await service.pass(forMs);
  const outcome = await outcomeOf(opening);
  const test = outcome instanceof Error ? undefined : (outcome as TestStream);
  const made = calls.recorder.names.filter((name) => CLIENT_CALLS.includes(name)).join(' ');
  if (test === undefined) assert.is(service.timerCount, 0, 'nothing is left');
  return { made, status: (outcome as Partial<KvsError>).status, calls, service, test };
}

const repeated = (name: string, count: number): string => Array.from({ length: count }, () => name).join(' ');

for (const [what, overrides, made, status] of [
  ['AUTH × a token → CREATE', { getSecurityToken: () => DATA }, 'getSecurityToken createDevice clientReady', undefined],
  [
    'AUTH × a token later → CREATE',
    { getSecurityToken: () => Promise.resolve(DATA) },
    'getSecurityToken createDevice clientReady',
    undefined,
  ],
  [
    'AUTH × no token but a certificate → GET_TOKEN',
    {
      getSecurityToken: () => NONE,
      getDeviceCertificate: () => DATA,
      deviceCertToToken: () => ({ result: 200, token: Uint8Array.of(2) }),
    },
    'getSecurityToken getDeviceCertificate deviceCertToToken createDevice clientReady',
    undefined,
  ],
  [
    // Native: six times, though nothing can change in between.
    'AUTH × neither → PROVISION, which fails',
    { getSecurityToken: () => NONE, getDeviceCertificate: () => NONE },
    'getSecurityToken getDeviceCertificate getDeviceFingerprint',
    STATUS.STATUS_CLIENT_PROVISION_CALL_FAILED,
  ],
  [
    'PROVISION × a fingerprint of 33 characters',
    { getSecurityToken: () => NONE, getDeviceFingerprint: () => 'f'.repeat(33) },
    'getSecurityToken getDeviceCertificate getDeviceFingerprint',
    STATUS.STATUS_DEVICE_FINGERPRINT_LENGTH,
  ],
  [
    'AUTH × a callback that throws',
    { getSecurityToken: boom },
    'getSecurityToken',
    STATUS.STATUS_CLIENT_AUTH_CALL_FAILED,
  ],
  [
    'AUTH × a token of 10 001 bytes',
    { getSecurityToken: () => ({ data: new Uint8Array(10_001) }) },
    'getSecurityToken',
    STATUS.STATUS_INVALID_AUTH_LEN,
  ],
  [
    'AUTH × a token that lives 29 s → AUTH, six times',
    { getSecurityToken: () => ({ ...DATA, expiresAtUs: NOW_US + 29_000_000 }) },
    repeated('getSecurityToken', 6),
    STATUS.STATUS_CLIENT_AUTH_CALL_FAILED,
  ],
  [
    'AUTH × a token that has expired → AUTH, six times',
    { getSecurityToken: () => ({ ...DATA, expiresAtUs: NOW_US - 1 }) },
    repeated('getSecurityToken', 6),
    STATUS.STATUS_CLIENT_AUTH_CALL_FAILED,
  ],
  [
    'AUTH × a token that lives 31 s → CREATE',
    { getSecurityToken: () => ({ ...DATA, expiresAtUs: NOW_US + 31_000_000 }) },
    'getSecurityToken createDevice clientReady',
    undefined,
  ],
] as const satisfies ReadonlyArray<readonly [string, Overrides, string, number | undefined]>) {
  it(what, async () => {
    const started = await start(overrides);
    assert.is(started.status, status);
    assert.ok(started.made.startsWith(made), started.made);
    if (status !== undefined) assert.is(started.made, made, 'and no more');
    await started.test?.end();
  });
}

it('AUTH × a short token, and then one that lasts → CREATE', async () => {
  let asked = 0;
  const started = await start({
    getSecurityToken: () => ({ ...DATA, expiresAtUs: NOW_US + (++asked < 3 ? 5_000_000 : 3_600_000_000) }),
  });
  assert.is(started.status, undefined);
  assert.is(asked, 3);
  await started.test?.end();
});

const CERTIFICATE: Overrides = { getSecurityToken: () => NONE, getDeviceCertificate: () => DATA };

for (const result of [408, 504, 598, 599, 500, 503, 10_000, 10_006, 404]) {
  it(`GET_TOKEN × ${result} → GET_TOKEN, six times, and C:41`, async () => {
    const started = await start({ ...CERTIFICATE, deviceCertToToken: () => ({ result }) });
    assert.is(started.status, STATUS.STATUS_GET_CLIENT_TOKEN_CALL_FAILED);
    assert.is(started.calls.recorder.of('deviceCertToToken').length, 6);
    assert.is(started.calls.recorder.of('createDevice').length, 0);
  });

  it(`GET_TOKEN × ${result} once, and then well → CREATE`, async () => {
    let asked = 0;
    const started = await start({
      ...CERTIFICATE,
      deviceCertToToken: () => (++asked === 1 ? { result } : { result: 200, token: Uint8Array.of(9) }),
    });
    assert.is(started.status, undefined);
    assert.equal([...started.calls.recorder.of('createDevice')[0]!.context.authInfo.data], [9]);
    await started.test?.end();
  });

  it(`CREATE × ${result} → CREATE, six times, and C:43`, async () => {
    const started = await start({ createDevice: () => ({ result }) });
    assert.is(started.status, STATUS.STATUS_CREATE_CLIENT_CALL_FAILED);
    assert.is(started.calls.recorder.of('createDevice').length, 6);
  });

  it(`CREATE × ${result} once, and then well → READY`, async () => {
    let asked = 0;
    const started = await start({
      createDevice: () => (++asked === 1 ? { result } : { result: 200, deviceArn: 'arn:device' }),
    });
    assert.is(started.status, undefined);
    assert.is(asked, 2);
    assert.is(started.calls.recorder.of('clientReady').length, 1);
    await started.test?.end();
  });
}

for (const [result, status] of [
  [401, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR],
  [403, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR],
  [406, STATUS.STATUS_SERVICE_CALL_INVALID_ARG_ERROR],
  [10_004, STATUS.STATUS_SERVICE_CALL_DEVICE_NOT_PROVISIONED_ERROR],
] as const) {
  it(`GET_TOKEN × ${result} → the start fails with it`, async () => {
    const started = await start({ ...CERTIFICATE, deviceCertToToken: () => ({ result }) });
    assert.is(started.status, status);
    assert.is(started.calls.recorder.of('deviceCertToToken').length, 1);
  });

  it(`CREATE × ${result} → the start fails with it`, async () => {
    const started = await start({ createDevice: () => ({ result }) });
    assert.is(started.status, status);
    assert.is(started.calls.recorder.of('createDevice').length, 1);
  });
}

for (const [what, deviceArn] of [
  ['no ARN', ''],
  ['an ARN of 2 049 characters', 'a'.repeat(2_049)],
] as const) {
  it(`CREATE × ${what} → C:46`, async () => {
    const started = await start({ createDevice: () => ({ result: 200, deviceArn }) });
    assert.is(started.status, STATUS.STATUS_INVALID_CREATE_DEVICE_RESPONSE);
  });
}

it('GET_TOKEN × an empty token → CREATE without authentication', async () => {
  const started = await start({ ...CERTIFICATE, deviceCertToToken: () => ({ result: 200 }) });
  assert.is(started.status, undefined);
  assert.is(started.calls.recorder.of('createDevice')[0]?.context.authInfo.type, 'none');
  await started.test?.end();
});

it('GET_TOKEN × a token of 10 001 bytes → the start fails', async () => {
  const token = new Uint8Array(10_001);
  const started = await start({ ...CERTIFICATE, deviceCertToToken: () => ({ result: 200, token }) });
  assert.is(started.status, STATUS.STATUS_INVALID_AUTH_LEN);
});

it('READY: clientReady once, whatever streams do', async () => {
  const started = await start({});
  const { test, calls } = started;
  await test?.putFragments(1);
  calls.upload.end(500);
  await test?.service.pass(1_000);
  assert.is(calls.recorder.of('clientReady').length, 1);
  assert.is(calls.uploads.length, 2);
  await test?.end();
});

it('READY × an expired token → AUTH, in front of the next call', async () => {
  let asked = 0;
  const service = new ScriptedMedia();
  const calls = new AnsweredCalls(
    {},
    {
      getSecurityToken: () => ({
        data: Uint8Array.of(++asked),
        expiresAtUs: (service.now() + 3_600_000) * 1000,
      }),
    },
  );
  const test = await calls.open({ callCaching: 'none' }, service);
  await test.putFragments(1);
  assert.is(asked, 1);
  calls.upload.end(500);
  await service.pass(300);
  assert.is(asked, 1, 'it is kept as long as it lives');
  service.nowMs += 3_600_001;
  calls.upload.end(500);
  await service.pass(500);
  assert.is(asked, 2);
  assert.equal([...calls.recorder.of('describeStream').at(-1)!.context.authInfo.data], [2]);
  assert.is(calls.recorder.of('createDevice').length, 1, 'the device is created once');
  await test.end();
});

it('S085: authentication that fails in front of the endpoint is tried again, and the endpoint asked for', async () => {
  let asked = 0;
  const service = new ScriptedMedia();
  const calls = new AnsweredCalls(
    {},
    {
      getSecurityToken: () => {
        // Expired between the two calls, and not to be had at once.
        if (++asked === 2) throw new Error('boom');
        return { data: Uint8Array.of(asked), expiresAtUs: (service.now() + 60_000) * 1000 };
      },
    },
  );
  calls.next('describe', async () => {
    await service.advance(60_001);
    return { result: 200, description: { streamArn: 'arn:1', status: 'ACTIVE', retentionHours: 24 } };
  });
  const test = await calls.open({ callTimeoutMs: 120_000 }, service);
  await service.pass(500);
  assert.is(calls.line(), 'describe endpoint');
  assert.is(asked, 3);
  assert.is(test.stream.metrics.state, 'ready');
  const [retry] = test.eventsOf('retrying');
  assert.equal([retry?.state, retry?.error.status], ['get-endpoint', STATUS.STATUS_CLIENT_AUTH_CALL_FAILED]);
  await test.end();
});

it.run();
