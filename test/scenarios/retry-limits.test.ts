/** S032–S034, S036, S037, S066, S069: how often a call is repeated, and what comes of it after that. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KvsError, StreamUnavailableError } from '../../sdk/errors.ts';
import type { StreamErrorReport } from '../../sdk/producer/callbacks/index.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import {
  type Call,
  type CallAnswer,
  AnsweredCalls,
  type CallScript,
  description,
  failureOf,
} from '../support/answered-calls.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: retry limits');

/** Five retries and their jitter: at most 2 · (100 + … + 1600) ms, and as much again for what went before. */
const ALL_RETRIES_MS = 13_000;
/** A create that fails is described in between, so that the waits double twice as often, up to their cap. */
const ALL_CREATES_MS = 150_000;
const times = <T>(count: number, answer: T): T[] => Array.from({ length: count }, () => answer);

interface Limit {
  readonly id: string;
  readonly call: Exclude<Call, 'put' | 'tag'>;
  readonly status: number;
  readonly before?: CallScript;
}

const LIMITS: readonly Limit[] = [
  { id: 'S036', call: 'describe', status: STATUS.STATUS_DESCRIBE_STREAM_CALL_FAILED },
  { id: 'S037', call: 'create', status: STATUS.STATUS_CREATE_STREAM_CALL_FAILED, before: { describe: times(7, 404) } },
  { id: 'S037', call: 'endpoint', status: STATUS.STATUS_GET_STREAMING_ENDPOINT_CALL_FAILED },
  { id: 'S037', call: 'token', status: STATUS.STATUS_GET_STREAMING_TOKEN_CALL_FAILED },
];

for (const { id, call, status, before = {} } of LIMITS) {
  for (const [what, answer, cause] of [
    ['unknown', 10_006, STATUS.STATUS_SERVICE_CALL_UNKOWN_ERROR],
    ['timed out', 599, STATUS.STATUS_SERVICE_CALL_TIMEOUT_ERROR],
    ['not authorized', 401, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR],
  ] as const) {
    it(`${what === 'not authorized' ? 'S069' : id}: ${call} × ${what}, six times: the stream fails`, async () => {
      const calls = new AnsweredCalls({ ...before, [call]: times(7, answer) });
      const test = await calls.open({ continuousRetry: false });
      await test.putFragments(1);
      const flushed = watched(test.stream.flush());
      await test.service.pass(call === 'create' ? ALL_CREATES_MS : ALL_RETRIES_MS);
      assert.is(calls.count(call), 6, 'one attempt and five retries');
      const error = failureOf(test);
      assert.instance(error, StreamUnavailableError);
      assert.is(error.status, status);
      assert.is(error.retryable, true);
      assert.is((error.cause as KvsError).status, cause);
      assert.is(await outcomeOf(flushed), error);
      const report = calls.recorder.of('streamErrorReport').at(-1) as StreamErrorReport;
      assert.equal([report.status, report.isFatal], [status, true]);
      await test.end();
    });
  }

  it(`${id}: ${call} × unknown, five times and then well: the stream goes on`, async () => {
    const calls = new AnsweredCalls({ ...before, [call]: times(5, 10_006) });
    const test = await calls.open({ continuousRetry: false });
    await test.putFragments(1);
    await test.service.pass(call === 'create' ? ALL_CREATES_MS : ALL_RETRIES_MS);
    assert.is(calls.count(call), call === 'create' ? 7 : 6);
    assert.is(test.stream.metrics.state, 'streaming');
    await test.end();
  });

  it(`${id}: ${call} × unknown, thirty times: with continuousRetry it is called on, and nothing is lost`, async () => {
    // Native resets the stream at its limit, and drops what is stored.
    const calls = new AnsweredCalls({ ...before, [call]: times(30, 10_006) });
    if (call === 'create') calls.next('describe', ...times(24, 404));
    const test = await calls.open({ retry: { factorMs: 50, jitter: 'none' }, stallTimeoutMs: 1_000_000 });
    await test.putFragments(3);
    await test.service.pass(call === 'create' ? 700_000 : 300_000);
    assert.ok(calls.count(call) >= 31, `${calls.count(call)}`);
    assert.is(test.stream.metrics.state, 'streaming');
    assert.is(test.stream.metrics.framesDropped, 0);
    calls.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    assert.is(test.stream.metrics.fragmentsPersisted, 2);
    await test.end();
  });
}

it('S032: a limit of two lets a call be made three times', async () => {
  const calls = new AnsweredCalls({ describe: times(9, 500) });
  const test = await calls.open({ continuousRetry: false, maxCallRetries: 2 });
  await test.service.pass(ALL_RETRIES_MS);
  assert.is(calls.line(), 'describe describe describe');
  assert.is(test.stream.metrics.state, 'failed');
  await test.end();
});

it('S032: each call counts its own failures, and forgets them when it succeeds', async () => {
  const calls = new AnsweredCalls({ describe: [500, 500], endpoint: [500, 500], token: [500, 500] });
  const test = await calls.open({ continuousRetry: false, maxCallRetries: 2, stallTimeoutMs: 1_000_000 });
  await test.putFragments(1);
  await test.service.pass(20_000);
  assert.is(test.stream.metrics.state, 'streaming');
  for (const call of ['describe', 'endpoint', 'token'] as const) calls.next(call, 500, 500);
  calls.upload.end(500);
  await test.service.pass(200_000);
  assert.is(test.stream.metrics.state, 'streaming');
  assert.is(calls.line(10), 'describe describe describe endpoint endpoint endpoint token token token put');
  await test.end();
});

it('S032: a stream that is there after all ends the count of its creations', async () => {
  const calls = new AnsweredCalls({ describe: [404], create: [500] });
  const test = await calls.open({ continuousRetry: false, maxCallRetries: 1 });
  await test.putFragments(1);
  await test.service.pass(1_000);
  assert.is(calls.line(), 'describe create describe endpoint token put');
  calls.next('describe', 404, 404);
  calls.next('create', 500);
  calls.upload.end(404);
  await test.service.pass(20_000);
  assert.is(calls.line(6), 'describe create describe create describe endpoint token put');
  assert.is(test.stream.metrics.state, 'streaming');
  await test.end();
});

it('S033: no result leads where the state does not lead: an endpoint is never asked for a stream that is not there', async () => {
  const calls = new AnsweredCalls({ describe: times(3, 404), create: [500, 10_003] });
  const test = await calls.open();
  await test.service.pass(5_000);
  assert.is(calls.line(), 'describe create describe create describe create describe endpoint');
  await test.end();
});

it('S034: the state is that of the call that failed, not of the one before', async () => {
  const calls = new AnsweredCalls({ endpoint: [() => Promise.reject(new Error('boom'))] });
  const test = await calls.open();
  await test.service.idle();
  assert.is(test.stream.metrics.state, 'get-endpoint');
  assert.is(calls.line(), 'describe endpoint');
  await test.service.pass(300);
  assert.is(calls.line(), 'describe endpoint endpoint');
  await test.end();
});

it('S037: tags × unknown, six times: told, and the stream goes on untagged', async () => {
  const calls = new AnsweredCalls({ tag: times(9, 10_006) });
  const test = await calls.open({ tags: { site: 'north' }, continuousRetry: false });
  await test.service.pass(ALL_RETRIES_MS);
  assert.is(calls.count('tag'), 6);
  assert.is(test.stream.metrics.state, 'ready');
  const [report] = calls.recorder.of('streamErrorReport');
  assert.equal([report?.status, report?.isFatal], [STATUS.STATUS_TAG_STREAM_CALL_FAILED, false]);
  await test.end();
});

it('S037: the limit of the tags can be set, too', async () => {
  const calls = new AnsweredCalls({ tag: times(9, 10_006) });
  const test = await calls.open({ tags: { site: 'north' }, maxCallRetries: 1 });
  await test.service.pass(1_000);
  assert.is(calls.line(), 'describe tag tag endpoint');
  await test.end();
});

for (const status of ['CREATING', 'UPDATING'] as const) {
  it(`S066: a stream that is ${status} six times is not described a seventh time`, async () => {
    const calls = new AnsweredCalls({ describe: times<CallAnswer>(7, description(status)) });
    const test = await calls.open({ continuousRetry: false });
    await test.service.pass(ALL_RETRIES_MS);
    assert.is(calls.line(), times(6, 'describe').join(' '));
    assert.is(failureOf(test).status, STATUS.STATUS_DESCRIBE_STREAM_CALL_FAILED);
    assert.is(failureOf(test).cause, undefined, 'nothing went wrong');
    await test.end();
  });
}

it('S036: who waits for the stream is told the same', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.service.idle();
  calls.next('describe', ...times(9, 500));
  const opening = watched(
    test.producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }], continuousRetry: false }),
  );
  await test.service.pass(ALL_RETRIES_MS);
  assert.is(((await outcomeOf(opening)) as KvsError).status, STATUS.STATUS_DESCRIBE_STREAM_CALL_FAILED);
  await test.end();
});

it('S036: over the network, where six times 500 and six times no answer come to the same', async () => {
  for (const answer of [{ status: 500 }, new Error('ECONNREFUSED')]) {
    const service = new ScriptedMedia();
    service.on('/describeStream', () => answer);
    const opening = watched(TestStream.open({ continuousRetry: false }, {}, service));
    await service.pass(ALL_RETRIES_MS);
    const error = (await outcomeOf(opening)) as KvsError;
    assert.is(error.status, STATUS.STATUS_DESCRIBE_STREAM_CALL_FAILED);
    assert.is((error.cause as KvsError).status, STATUS.STATUS_SERVICE_CALL_UNKOWN_ERROR);
    assert.equal(service.paths, times(6, '/describeStream'));
    assert.is(service.timerCount, 0);
  }
});

it('a stream that begins anew counts anew', async () => {
  const calls = new AnsweredCalls({ describe: times(8, 500) });
  const test = await calls.open({ continuousRetry: false, maxCallRetries: 5 });
  await test.service.pass(2_500);
  assert.ok(calls.count('describe') >= 4 && calls.count('describe') <= 5);
  test.stream.resetStream();
  await test.service.pass(ALL_RETRIES_MS);
  assert.is(calls.count('describe'), 9);
  assert.is(test.stream.metrics.state, 'ready');
  await test.end();
});

it('connections are made again without a limit, as natively', async () => {
  const calls = new AnsweredCalls({ put: times(12, 500) });
  const test = await calls.open({ continuousRetry: false, retry: { factorMs: 50, jitter: 'none' } });
  await test.putFragments(1);
  await test.service.pass(60_000);
  assert.is(calls.count('put'), 13);
  assert.is(test.stream.metrics.state, 'streaming');
  await test.end();
});

for (const [option, value] of [
  ['maxCallRetries', 0],
  ['maxCallRetries', 1_001],
  ['maxCallRetries', 1.5],
  ['continuousRetry', 'yes'],
] as const) {
  it(`${option} cannot be ${value}`, async () => {
    const options = { [option]: value } as Partial<StreamOptions>;
    assert.is(((await outcomeOf(TestStream.open(options))) as KvsError).status, STATUS.STATUS_INVALID_ARG);
  });
}

it.run();
