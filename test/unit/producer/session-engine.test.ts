/** How a session engine finds its stream: described, created, tagged, told its endpoint; and what is tried again on the way. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../sdk/errors.ts';
import { outcomeOf, SESSION_TABLE } from '../../../sdk/producer/session-states.ts';
import { ACTIVE, EngineBench, failure, statusAnswer } from '../../support/engine-bench.ts';
import { jsonBody, type ScriptedAnswer } from '../../support/scripted-platform.ts';

const it = suite('session engine');

it('the table leads every outcome of every state somewhere', () => {
  const states = new Set([...Object.keys(SESSION_TABLE), 'ended', 'failed']);
  for (const [state, row] of Object.entries(SESSION_TABLE)) {
    for (const [outcome, next] of Object.entries(row)) assert.ok(states.has(next), `${state} ${outcome} → ${next}`);
  }
});

it('an existing stream: describe, endpoint, put', async () => {
  const bench = await new EngineBench().run();
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia');
  assert.is(bench.readyCount, 1);
  assert.is(bench.retentionHours, 24);
});

it('a missing stream is created, described until it is active, tagged, and told of', async () => {
  const bench = new EngineBench({ tags: { site: 'north' }, retentionHours: 2, kmsKeyId: 'key-1' });
  const answers = [failure(404, 'ResourceNotFoundException'), statusAnswer('CREATING'), ACTIVE];
  bench.platform.on('/describeStream', (_request, count) => answers[count - 1] as ScriptedAnswer);
  await bench.run(2_000);
  assert.is(
    bench.calls,
    'describeStream createStream describeStream describeStream tagStream getDataEndpoint putMedia',
  );
  assert.equal(await jsonBody(bench.platform.requests[1]), {
    StreamName: 'front-door',
    MediaType: 'video/h264',
    DataRetentionInHours: 2,
    KmsKeyId: 'key-1',
  });
  assert.equal(await jsonBody(bench.platform.requests[4]), { StreamARN: 'arn:1', Tags: { site: 'north' } });
  assert.ok(bench.events.some((event) => event.type === 'created' && event.streamArn === 'arn:1'));
});

it('a stream that someone else creates at the same time is described again', async () => {
  const bench = new EngineBench();
  bench.platform
    .on('/describeStream', (_request, count) => (count === 1 ? failure(404, 'ResourceNotFoundException') : ACTIVE))
    .on('/createStream', failure(400, 'ResourceInUseException'));
  await bench.run(2_000);
  assert.is(bench.calls, 'describeStream createStream describeStream getDataEndpoint putMedia');
});

for (const [name, answer, options, code] of [
  [
    'is missing and must not be created',
    failure(404, 'ResourceNotFoundException'),
    { createIfMissing: false },
    'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
  ],
  ['is being deleted', statusAnswer('DELETING'), {}, 'STATUS_STREAM_IS_BEING_DELETED_ERROR'],
  ['has a name the service refuses', failure(400, 'InvalidArgumentException'), {}, 'InvalidArgumentException'],
] as const) {
  it(`a stream that ${name} fails at once`, async () => {
    const bench = new EngineBench(options);
    bench.platform.on('/describeStream', answer);
    await bench.run();
    assert.instance(bench.failure, KvsError);
    assert.is((bench.failure as KvsError).code, code);
    assert.is((bench.failure as KvsError).retryable, false);
    assert.is(bench.engine.state, 'failed');
    assert.is(bench.calls, 'describeStream');
  });
}

it('refused credentials are fetched again once; refused again, opening fails', async () => {
  const bench = new EngineBench();
  bench.platform.on('/describeStream', failure(403, 'AccessDeniedException'));
  await bench.run(2_000);
  assert.is(bench.calls, 'describeStream describeStream');
  assert.is(bench.credentialFetches, 2);
  assert.is((bench.failure as KvsError).code, 'AccessDeniedException');
});

it('without failing fast, refusals are retried and told of', async () => {
  const bench = new EngineBench({ failsFast: false });
  bench.platform.on('/describeStream', (_request, count) =>
    count < 4 ? failure(403, 'AccessDeniedException') : ACTIVE,
  );
  await bench.run(5_000);
  assert.is(bench.engine.state, 'streaming');
  assert.equal(
    bench.events.filter((event) => event.type === 'retrying').map((event) => event.error.code),
    ['AccessDeniedException', 'AccessDeniedException', 'AccessDeniedException'],
  );
});

it('retries wait longer each time, with jitter, up to the cap', async () => {
  const bench = new EngineBench({ failsFast: false });
  bench.platform.on('/describeStream', { status: 500 });
  await bench.run(120_000);
  const waits = bench.events.flatMap((event) => (event.type === 'retrying' ? [event.delayMs] : []));
  assert.ok(waits.length >= 12, `${waits.length} retries`);
  waits.forEach((wait, i) => {
    const base = Math.min(10_000, 100 * 2 ** i);
    assert.ok(wait >= base && wait < 2 * base, `wait ${i}: ${wait} ms`);
  });
});

it('tags that cannot be set hold nothing up', async () => {
  for (const [answer, attempts] of [
    [failure(400, 'TagsPerResourceExceededLimitException'), 1],
    [{ status: 500 }, 6],
  ] as const) {
    const bench = new EngineBench({ tags: { site: 'north' } });
    bench.platform.on('/tagStream', answer);
    await bench.run(20_000);
    assert.is(bench.platform.paths.filter((path) => path === '/tagStream').length, attempts);
    assert.ok(bench.events.some((event) => event.type === 'tagging-failed'));
    assert.is(bench.engine.state, 'streaming');
  }
});

it('outcomeOf() takes an unlisted result as a failure', () => {
  assert.is(outcomeOf(10_006), 'failed');
  assert.is(outcomeOf(4006), 'failed');
  assert.is(outcomeOf(4507), 'deleting');
});

it.run();
