/**
 * S070, S074, S083, S084, S220 and the traps of results (T4, T39, T40, T43): answers that come at once, late or twice, and connections that
 * end while others are set up.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Call, AnsweredCalls, description } from '../support/answered-calls.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: terminations');

const ONE_WAIT_MS = 201;

/** An answer that the test gives when it wants to. */
function held(answer: object): { readonly given: () => Promise<object>; give(): void } {
  let give!: () => void;
  const promise = new Promise<object>((resolve) => (give = () => resolve(answer)));
  return { given: () => promise, give };
}

const ANSWERS: ReadonlyArray<readonly [call: Call, answer: object]> = [
  ['describe', description('ACTIVE')],
  ['create', { result: 200, streamArn: 'arn:1' }],
  ['tag', { result: 200 }],
  ['endpoint', { result: 200, endpoint: 'http://127.0.0.1:2' }],
  ['token', { result: 200, token: Uint8Array.of(1) }],
];

for (const [call, answer] of ANSWERS) {
  const script = call === 'create' ? { describe: [404] } : {};
  const options = call === 'tag' ? { tags: { site: 'north' } } : {};

  it(`S074: a reset of the connection while ${call} is asked for makes no other call`, async () => {
    const hold = held(answer);
    const calls = new AnsweredCalls({ ...script, [call]: [hold.given] });
    const test = await calls.open(options);
    await test.putFragments(1);
    await test.service.pass(500);
    const made = calls.line();
    assert.is(calls.made.at(-1), call);
    test.stream.resetConnection();
    await test.service.pass(500);
    assert.is(calls.line(), made);
    hold.give();
    await test.service.pass(500);
    assert.is(calls.count(call), 1);
    assert.is(calls.uploads.length, 1);
    assert.equal(test.eventsOf('disconnected'), []);
    await test.end();
  });

  it(`S220: an answer of ${call} that comes after its time is left alone`, async () => {
    // Native takes a result in every state that can be entered from where it was asked (trap T40); here it belongs to its own call.
    const hold = held(answer);
    const calls = new AnsweredCalls({ ...script, [call]: [hold.given] });
    const test = await calls.open(options);
    await test.putFragments(1);
    await test.service.pass(11_500);
    if (call === 'create') assert.is(calls.line(), 'describe create describe endpoint token put', 'it is there');
    else assert.is(calls.count(call), 2, 'it was asked for again');
    assert.is(calls.uploads.length, 1);
    const made = calls.line();
    hold.give();
    await test.service.pass(500);
    assert.is(calls.line(), made);
    assert.is(test.stream.metrics.state, 'streaming');
    await test.end();
  });

  it(`S070: ${call} is answered only where it was asked: while streaming nothing waits for it`, async () => {
    const calls = new AnsweredCalls(script);
    const test = await calls.open(options);
    await test.putFragments(1);
    await test.service.pass(500);
    const count = calls.count(call);
    calls.next(call, { result: 404 });
    await test.service.pass(1_000);
    assert.is(calls.count(call), count);
    assert.is(test.stream.metrics.state, 'streaming');
    await test.end();
  });
}

it('S074: a reset while the stream has nothing to send makes no call', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.service.idle();
  test.stream.resetConnection();
  await test.service.pass(500);
  assert.is(calls.line(), 'describe endpoint');
  await test.end();
});

it('answers that callbacks give at once, and answers that they give later, lead the same way', async () => {
  const lines: string[] = [];
  for (const delayMs of [0, 70]) {
    const service = new ScriptedMedia();
    const later = (answer: object) => () =>
      delayMs === 0 ? answer : new Promise<object>((resolve) => void service.setTimer(delayMs, () => resolve(answer)));
    const calls = new AnsweredCalls({
      describe: [later({ result: 404 }), later(description('CREATING')), later(description('ACTIVE'))],
      create: [later({ result: 200, streamArn: 'arn:1' })],
      tag: [later({ result: 599 }), later({ result: 200 })],
      endpoint: [later({ result: 200, endpoint: 'http://127.0.0.1:2' })],
      token: [later({ result: 200, token: Uint8Array.of(1) })],
    });
    const test = await calls.open({ tags: { site: 'north' } }, service);
    await test.putFragments(1);
    await service.pass(5_000);
    lines.push(calls.line());
    await test.end();
  }
  assert.is(lines[0], 'describe create describe describe tag tag endpoint token put');
  assert.is(lines[1], lines[0]);
});

it('a callback may put, reset and stop from inside the call that it answers', async () => {
  const calls = new AnsweredCalls({
    describe: [
      () => {
        void test.putFragments(1);
        test.stream.resetConnection();
        return description('ACTIVE');
      },
    ],
    endpoint: [
      () => {
        stopped = watched(test.stream.stop());
        return { result: 200, endpoint: 'http://127.0.0.1:2' };
      },
    ],
  });
  let stopped!: Promise<void>;
  const test = await calls.open();
  await test.service.pass(500);
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end();
  assert.is(await outcomeOf(stopped), undefined);
  assert.is(calls.line(), 'describe endpoint token put');
});

it('T4: a connection that times out in its making is followed by another, and nothing is left of it', async () => {
  // Native keeps an empty handle, never calls putStream again, and fails to stop.
  for (const answer of [599, 408, 10_006, 401]) {
    const calls = new AnsweredCalls({ put: [answer] });
    const test = await calls.open();
    await test.putFragments(2);
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.uploads.length, 1, `${answer}`);
    const stopped = watched(test.stream.stop());
    await test.service.idle();
    calls.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    calls.upload.end();
    assert.is(await outcomeOf(stopped), undefined, `${answer}`);
  }
});

it('T43: a connection that ends with 10401 has ended well: without recoverOnError too another follows', async () => {
  for (const recoverOnError of [true, false]) {
    const calls = new AnsweredCalls();
    const test = await calls.open({ recoverOnError });
    await test.putFragments(2);
    calls.upload.persist(timecodeOf(0));
    await test.service.idle();
    calls.upload.end(10_401);
    await test.service.idle();
    assert.is(calls.uploads.length, 2, 'without a wait');
    assert.is(calls.count('endpoint'), 1);
    await test.end();
  }
});

it('S083: streamReady is told with every entry of READY: at first, and after each recovery', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(1);
  for (const [result, ready] of [
    [500, 2],
    [599, 3],
    [10_001, 4],
  ] as const) {
    calls.upload.end(result);
    await test.service.pass(1_700);
    assert.is(calls.recorder.of('streamReady').length, ready, `${result}`);
  }
  // Refused credentials leave the endpoint as it is, and READY with it; native enters it by way of GET_TOKEN.
  calls.upload.end(401);
  await test.service.pass(3_000);
  assert.is(calls.recorder.of('streamReady').length, 4);
  await test.end();
});

for (const call of ['describe', 'endpoint', 'token', 'put'] as const) {
  it(`S084: a stream that was stopped gets over a failure of ${call}, and closes`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open();
    await test.putFragments(2);
    const stopped = watched(test.stream.stop());
    await test.service.idle();
    calls.next(call, 10_006);
    calls.upload.end(500);
    await test.service.pass(2_000);
    assert.is(calls.uploads.length, 2);
    calls.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    calls.upload.end();
    await test.service.idle();
    assert.is(await outcomeOf(stopped), undefined);
    assert.is(calls.recorder.of('streamClosed').length, 1);
    assert.is(test.stream.metrics.fragmentsPersisted, 2);
  });
}

it.run();
