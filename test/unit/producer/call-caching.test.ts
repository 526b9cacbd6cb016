/** Which calls of the control plane are made again when a connection follows another, and how long they may take. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamUnavailableError } from '../../../sdk/errors.ts';
import { createProducerWith, type StreamOptions } from '../../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('call caching');
const RECONNECT_MS = 2_000;

const ALL = 'describeStream getDataEndpoint putMedia';

/** The calls since a count of them. */
const callsSince = (service: ScriptedMedia, count: number): string =>
  service.paths
    .slice(count)
    .map((path) => path.slice(1))
    .join(' ');

/** What the connection ends by. */
const ENDS = {
  'closed by the service': (test: TestStream) => test.service.upload.close(),
  lost: (test: TestStream) => test.service.upload.reset(),
  'ended by error 4003': (test: TestStream) => test.service.upload.ack('ERROR', undefined, { ErrorId: 4003 }),
  'ended by the application': (test: TestStream) => test.stream.resetConnection(),
} as const;

/** Opens, puts, persists a fragment, ends the connection and tells what is called then. */
async function callsAfter(
  end: keyof typeof ENDS,
  options: Partial<StreamOptions>,
  waitMs = 0,
): Promise<{ readonly first: string; readonly next: string }> {
  const test = await TestStream.open(options);
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.ack('BUFFERING', timecodeOf(1));
  await test.service.pass(waitMs);
  const first = callsSince(test.service, 0);
  const count = test.service.paths.length;
  ENDS[end](test);
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(1)]);
  const next = callsSince(test.service, count);
  await test.end();
  return { first, next };
}

for (const [callCaching, first, closed, lost] of [
  [undefined, ALL, 'putMedia', ALL],
  ['until-failure', ALL, 'putMedia', ALL],
  ['none', ALL, 'getDataEndpoint putMedia', ALL],
  ['all', ALL, 'putMedia', 'putMedia'],
  ['endpoint-only', 'getDataEndpoint putMedia', 'putMedia', 'putMedia'],
] as const) {
  const options = callCaching === undefined ? {} : { callCaching };
  for (const [end, expected] of [
    ['closed by the service', closed],
    ['ended by the application', closed],
    ['lost', lost],
    ['ended by error 4003', lost],
  ] as const) {
    it(`${callCaching ?? 'the default'}: a connection ${end} is followed by ${expected}`, async () => {
      assert.equal(await callsAfter(end, options), { first, next: expected });
    });
  }
}

it('endpointCacheMs: an endpoint that is older is asked for, and with all the stream is described', async () => {
  const cached = { endpointCacheMs: 5_000 };
  for (const [callCaching, end, expected] of [
    ['until-failure', 'closed by the service', 'getDataEndpoint putMedia'],
    ['all', 'closed by the service', 'getDataEndpoint putMedia'],
    ['all', 'lost', ALL],
    ['endpoint-only', 'lost', 'getDataEndpoint putMedia'],
  ] as const) {
    assert.is((await callsAfter(end, { ...cached, callCaching }, 5_100)).next, expected, `${callCaching}, ${end}`);
    assert.is(
      (await callsAfter(end, { ...cached, callCaching }, 2_000)).next === expected,
      false,
      `${callCaching}, fresh`,
    );
  }
});

it('all: a stream that the service does not know is described after all', async () => {
  const test = await TestStream.open({ callCaching: 'all' });
  test.service.on('/putMedia', {
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    body: '{}',
  });
  await test.putFragments(1);
  await test.service.pass(100);
  await test.service.pass(RECONNECT_MS);
  assert.match(callsSince(test.service, 0), `${ALL} ${ALL}`);
  await test.end();
});

it('endpoint-only: nothing but endpoint and media are asked for, tags neither, and what the options say holds', async () => {
  const test = await TestStream.open({ callCaching: 'endpoint-only', tags: { site: 'north' }, retentionHours: 0 });
  await test.putFragments(2);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  assert.is(callsSince(test.service, 0), 'getDataEndpoint putMedia');
  assert.is(test.stream.metrics.fragmentsPersisted, 1, 'RECEIVED is the last word without retention');
  await test.end();
});

it('endpoint-only: a stream that does not exist fails at once', async () => {
  const service = new ScriptedMedia();
  service.on('/getDataEndpoint', {
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    body: '{}',
  });
  const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
  const opened = producer.openStream('front-door', { tracks: [TEST_TRACK], callCaching: 'endpoint-only' });
  assert.instance(await outcomeOf(opened), StreamUnavailableError);
  assert.equal(service.paths, ['/getDataEndpoint']);
  assert.is(service.timerCount, 0);
});

for (const [callTimeoutMs, expectedMs] of [
  [undefined, 10_000],
  [500, 500],
] as const) {
  it(`a call without an answer is given up after ${expectedMs} ms${callTimeoutMs === undefined ? ', unless said otherwise' : ''}`, async () => {
    const service = new ScriptedMedia();
    service.on('/describeStream', () => new Promise<never>(() => undefined));
    const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
    const limit = callTimeoutMs === undefined ? {} : { callTimeoutMs };
    void watched(producer.openStream('front-door', { tracks: [TEST_TRACK], ...limit }));
    await service.pass(expectedMs - 100);
    assert.equal(service.paths, ['/describeStream']);
    await service.pass(500);
    assert.equal(service.paths, ['/describeStream', '/describeStream']);
    producer.abort();
    await service.idle();
  });
}

it.run();
