/**
 * S063–S069, S071, S072, S086, S219: each result in each state in front of a connection, through the engine: which call comes next.
 * The states are those of producer-core §8.1; the rows are written out here, not taken from the table of the engine.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
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

const it = suite('scenarios: control states');

/** The call that comes next, or the status that the stream fails with. */
type Next = Call | number;
type Cell = readonly [answer: CallAnswer, next: Next, named?: string];

const C = STATUS;
const TIMEOUTS = [408, 504, 598, 599];
const REFUSALS = [401, 403, 10_007, 10_008, 10_009];
const UNKNOWN = [0, 400, 500, 501, 503, 10_000, 10_003, 10_004, 10_005, 10_006, 10_400, 418, 7_777];
const LIMITS = [10_001, 10_002];
const all = (results: readonly number[], next: Next): Cell[] => results.map((result) => [result, next] as const);

/** How each state is reached; what stands in front of its own answer. */
const REACHED: Readonly<Record<Exclude<Call, 'put'>, { script: CallScript; options: Partial<StreamOptions> }>> = {
  describe: { script: {}, options: {} },
  create: { script: { describe: [404] }, options: {} },
  tag: { script: {}, options: { tags: { site: 'north' } } },
  endpoint: { script: {}, options: {} },
  token: { script: {}, options: {} },
};

const soonMs = 1_700_000_000_000 + 29_000;
const TABLE: Readonly<Record<Exclude<Call, 'put'>, readonly Cell[]>> = {
  describe: [
    [description('ACTIVE'), 'endpoint', 'ACTIVE'],
    [description('CREATING'), 'describe', 'CREATING'],
    [description('UPDATING'), 'describe', 'UPDATING'],
    [description('DELETING'), C.STATUS_STREAM_IS_BEING_DELETED_ERROR, 'DELETING'],
    [404, 'create'],
    [406, C.STATUS_SERVICE_CALL_INVALID_ARG_ERROR],
    ...all([...REFUSALS, ...TIMEOUTS, ...LIMITS, ...UNKNOWN], 'describe'),
    [{ result: 200 }, 'describe', 'no description'],
    [description('ACTIVE', { streamArn: '' }), 'describe', 'no ARN'],
    [description('ACTIVE', { streamArn: 'a'.repeat(2_049) }), 'describe', 'an ARN of 2 049 characters'],
    [description('ACTIVE', { streamArn: 'a'.repeat(2_048) }), 'endpoint', 'an ARN of 2 048 characters'],
    [description('SLEEPING'), 'describe', 'an unknown status'],
  ],
  // Native goes on at once with a stream that it has created, and creates again what failed: here describing it tells when it is ACTIVE.
  create: [
    [200, 'describe'],
    [404, C.STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR],
    [406, C.STATUS_SERVICE_CALL_INVALID_ARG_ERROR],
    ...all([...REFUSALS, ...LIMITS], 'create'),
    ...all([...TIMEOUTS, ...UNKNOWN], 'describe'),
    [{ result: 200 }, 'describe', 'no ARN'],
    [{ result: 200, streamArn: 'a'.repeat(2_049) }, 'describe', 'an ARN of 2 049 characters'],
  ],
  // Native repeats what it tolerates and hands the rest to the application; here what no retry can help goes on untagged, and is told.
  tag: [
    [200, 'endpoint'],
    [404, 'describe'],
    ...all([406, ...LIMITS], 'endpoint'),
    ...all([...REFUSALS, ...TIMEOUTS, 10_000, 10_003, 10_006, 500, 503, 418, 7_777], 'tag'),
    ...all([0, 400, 501, 10_004, 10_005, 10_400], 'endpoint'),
  ],
  // A stream that is not there is looked for; native hands that to the application.
  endpoint: [
    [200, 'token'],
    [404, 'describe'],
    [406, C.STATUS_SERVICE_CALL_INVALID_ARG_ERROR],
    ...all([...REFUSALS, ...TIMEOUTS, ...LIMITS, ...UNKNOWN], 'endpoint'),
    [{ result: 200, endpoint: '' }, 'endpoint', 'no URL'],
    [{ result: 200, endpoint: 'ftp://127.0.0.1' }, 'endpoint', 'another scheme'],
    [{ result: 200, endpoint: `http://127.0.0.1/${'a'.repeat(9_984)}` }, 'endpoint', 'a URL of 10 001 characters'],
    [{ result: 200, endpoint: `http://127.0.0.1/${'a'.repeat(9_983)}` }, 'token', 'a URL of 10 000 characters'],
  ],
  // Native repeats timeouts and unknown failures only.
  token: [
    [200, 'put'],
    [404, 'describe'],
    ...all([406, ...REFUSALS, ...TIMEOUTS, ...LIMITS, ...UNKNOWN], 'token'),
    [{ result: 200, token: new Uint8Array(10_001) }, 'token', 'a token of 10 001 bytes'],
    [{ result: 200, token: new Uint8Array(10_000) }, 'put', 'a token of 10 000 bytes'],
    [{ result: 200, token: new Uint8Array(0) }, 'put', 'an empty token, which is none'],
    [{ result: 200, token: Uint8Array.of(1), expiresAtUs: soonMs * 1000 }, 'token', 'a token that lives 29 s'],
    [{ result: 200, token: Uint8Array.of(1), expiresAtUs: (soonMs + 2_000) * 1000 }, 'put', 'a token that lives 31 s'],
  ],
};

const SCENARIOS: Readonly<Record<string, string>> = {
  'describe ACTIVE': 'S063',
  'describe 404': 'S064',
  'describe CREATING': 'S066',
  'describe DELETING': 'S067',
  'describe 406': 'S068',
  'create 406': 'S068',
  'tag 406': 'S068',
  'endpoint 406': 'S068',
  'token 406': 'S068',
  'describe 401': 'S069',
  'create 401': 'S069',
  'tag 401': 'S069',
  'endpoint 401': 'S069',
  'token 401': 'S069',
  'token a token that lives 29 s': 'S071',
  'endpoint a URL of 10 001 characters': 'S072',
  'describe UPDATING': 'S219',
};

for (const [state, cells] of Object.entries(TABLE) as Array<[Exclude<Call, 'put'>, readonly Cell[]]>) {
  for (const [answer, next, named = JSON.stringify(answer)] of cells) {
    const id = SCENARIOS[`${state} ${named}`];
    const then = typeof next === 'number' ? 'the stream fails' : next;
    it(`${id === undefined ? '' : `${id}: `}${state} × ${named} → ${then}`, async () => {
      const { script, options } = REACHED[state];
      const calls = new AnsweredCalls({ ...script, [state]: [answer] });
      const test = await calls.open(options);
      await test.putFragments(1);
      await test.service.pass(700);
      const at = calls.made.indexOf(state);
      if (typeof next === 'number') {
        assert.is(calls.made.length, at + 1, 'nothing is called any more');
        assert.is(test.stream.metrics.state, 'failed');
        assert.is(failureOf(test).status, next);
      } else {
        assert.is(calls.made[at + 1], next, calls.line());
        assert.is(test.stream.metrics.state, 'streaming', 'what went wrong once holds nothing up');
        const wasWell = next === 'endpoint' || next === 'put' || (state === 'endpoint' && next === 'token');
        if (!wasWell && answer !== 200 && state !== 'tag' && !['CREATING', 'UPDATING'].includes(named))
          assert.is(test.eventsOf('retrying').length, state === 'create' ? 2 : 1, 'it is told');
      }
      await test.end();
    });
  }
}

it('S063: an active stream with tags is tagged next, with the ARN that it was described with', async () => {
  const calls = new AnsweredCalls({ describe: [description('ACTIVE', { streamArn: 'arn:described' })] });
  const test = await calls.open({ tags: { site: 'north' } });
  await test.service.idle();
  assert.is(calls.line(), 'describe tag endpoint');
  const [tagged] = calls.recorder.of('tagResource');
  assert.equal([tagged?.streamArn, tagged?.tags], ['arn:described', { site: 'north' }]);
  await test.end();
});

it('S064: a stream that is not there is created with what it was opened with', async () => {
  const calls = new AnsweredCalls({ describe: [404] });
  const test = await calls.open({ retentionHours: 3, kmsKeyId: 'key-1' });
  await test.service.pass(500);
  const { context: _context, ...created } = calls.recorder.of('createStream')[0]!;
  assert.equal(created, {
    deviceName: 'Kinesis_Video_Device',
    streamName: 'front-door',
    contentType: 'video/h264',
    kmsKeyId: 'key-1',
    retentionUs: 3 * 3_600_000_000,
  });
  await test.end();
});

for (const recoverOnError of [false, true]) {
  it(`S065: a stream that is not there and must not be created fails: recoverOnError ${recoverOnError}`, async () => {
    // Native describes it for ever with recoverOnError.
    const calls = new AnsweredCalls({ describe: [404, 404] });
    const test = await calls.open({ createIfMissing: false, recoverOnError });
    await test.service.pass(1_000);
    assert.is(calls.line(), 'describe');
    assert.is(failureOf(test).status, C.STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR);
    await test.end();
  });
}

it('S068: what follows an answer that is invalid is as ever: the stream can be opened again', async () => {
  const calls = new AnsweredCalls({ describe: [406] });
  const test = await calls.open();
  await test.service.idle();
  assert.is(test.stream.metrics.state, 'failed');
  const { producer } = test;
  const again = await producer.openStream('front-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  assert.is(again.metrics.state, 'ready');
  assert.is(calls.line(), 'describe describe endpoint');
  await test.end();
});

it('S069: refused tags are tried once more, then told, and media flows', async () => {
  // Native tries them six times; twice in a row is an answer.
  const calls = new AnsweredCalls({ tag: [403, 403, 403] });
  const test = await calls.open({ tags: { site: 'north' } });
  await test.service.pass(500);
  assert.is(calls.line(), 'describe tag tag endpoint');
  assert.is(test.eventsOf('tagging-failed').length, 1);
  await test.end();
});

it('S069: while a caller waits for the stream, refused twice is an answer', async () => {
  for (const call of ['describe', 'create', 'endpoint'] as const) {
    const calls = new AnsweredCalls({ ...(call === 'create' ? { describe: [404] } : {}), [call]: [401, 403] });
    const { producer, service } = await calls.open();
    await service.pass(2_000);
    calls.next(call, 401, 403);
    if (call === 'create') calls.next('describe', 404);
    const from = calls.made.length;
    const opening = producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
    const error = opening.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await service.pass(2_000);
    assert.is(
      ((await error) as KvsError | undefined)?.status,
      C.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR,
      `${call}: ${calls.line(from)}`,
    );
    assert.is(calls.made.slice(from).filter((made) => made === call).length, 2);
    producer.abort();
  }
});

it('S071: after a token that expires at once the next good one is taken, and nothing of the old one stays', async () => {
  // Native has stored the result by then, and any other step would go on without a token (trap T39).
  const calls = new AnsweredCalls({
    token: [
      { result: 200, token: Uint8Array.of(7), expiresAtUs: 1_700_000_000_000_000 },
      { result: 200, token: Uint8Array.of(8) },
    ],
  });
  const test = await calls.open();
  await test.putFragments(1);
  assert.is(test.stream.lastError?.status, C.STATUS_INVALID_TOKEN_EXPIRATION);
  test.stream.resetConnection();
  await test.putFragments(1);
  assert.is(calls.uploads.length, 0, 'no connection without a token');
  await test.service.pass(300);
  assert.equal([...calls.recorder.of('putStream')[0]!.context.authInfo.data], [8]);
  await test.end();
});

it('S086: a description is taken whatever else it says', async () => {
  // Native: versions of the structure. Ours has none: fields that nobody knows are left alone.
  const calls = new AnsweredCalls({ describe: [description('ACTIVE', { version: 2, colour: 'red' })] });
  const test = await calls.open();
  await test.service.idle();
  assert.is(test.stream.metrics.state, 'ready');
  await test.end();
});

it.run();
