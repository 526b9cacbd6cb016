/** The connections of a session engine: when one is made, what follows its end, and how the engine ends. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ACTIVE, EngineBench, failure } from '../../support/engine-bench.ts';
import type { Responder } from '../../support/scripted-platform.ts';

const it = suite('session engine: connections');

for (const reason of ['reset', 'latency'] as const) {
  it(`a connection that got something done and is given up (${reason}) begins the waits anew`, async () => {
    const bench = new EngineBench({ failsFast: false });
    bench.platform.on('/describeStream', (_request, count) => (count < 3 ? { status: 500 } : ACTIVE));
    await bench.run(2_000);
    assert.is(bench.engine.callRetries, 2);
    bench.progressed = true;
    bench.engine.resetConnection(reason);
    await bench.run();
    assert.is(bench.engine.sessions, 2);
    assert.is(bench.engine.callRetries, 0);
  });
}

it('no connection is made before there is something to send', async () => {
  const bench = new EngineBench();
  bench.work = false;
  await bench.run(60_000);
  assert.is(bench.engine.state, 'ready');
  assert.is(bench.calls, 'describeStream getDataEndpoint');
  bench.work = true;
  bench.engine.wake();
  await bench.run();
  assert.is(bench.engine.state, 'streaming');
});

it('the PutMedia request says what the service needs to know', async () => {
  const bench = await new EngineBench({ timecodeType: 'relative' }).run();
  const request = bench.platform.requests.at(-1);
  assert.is(request?.url, 'http://127.0.0.1:2/putMedia');
  assert.is(request?.headers['x-amzn-stream-name'], 'front-door');
  assert.is(request?.headers['x-amzn-producer-start-timestamp'], '1500000000.005', 'three digits of milliseconds');
  assert.is(request?.headers['x-amzn-fragment-acknowledgment-required'], '1');
  assert.is(request?.headers['x-amzn-fragment-timecode-type'], 'RELATIVE');
  assert.match(request?.headers['authorization'] ?? '', 'SignedHeaders=host;x-amz-date;x-amzn-fragment');
});

/** How the engine goes on after a connection ends: the calls it makes before the next PutMedia. */
for (const [name, answer, expected] of [
  ['refused as unknown stream', failure(404, 'ResourceNotFoundException'), 'describeStream getDataEndpoint putMedia'],
  ['refused as unauthorized', failure(403, 'AccessDeniedException'), 'putMedia'],
  ['timed out at a gateway', { status: 504 }, 'putMedia'],
  ['failed inside the service', { status: 500 }, 'describeStream getDataEndpoint putMedia'],
  ['throttled', failure(400, 'ClientLimitExceededException'), 'describeStream getDataEndpoint putMedia'],
  ['over a stream limit', failure(400, 'AccountStreamLimitExceededException'), 'getDataEndpoint putMedia'],
  ['lost', new Error('ECONNRESET'), 'describeStream getDataEndpoint putMedia'],
] as const) {
  it(`a connection ${name} is followed by: ${expected}`, async () => {
    const bench = new EngineBench();
    const never = new Promise<never>(() => undefined);
    bench.platform.on('/putMedia', (_request, count) => (count === 1 ? answer : never));
    await bench.run(5_000);
    assert.is(bench.calls, `describeStream getDataEndpoint putMedia ${expected}`);
    assert.is(bench.ends.length, 1);
    const event = bench.events.find(({ type }) => type === 'disconnected');
    assert.is(event?.type === 'disconnected' && event.resentFragments, 3);
    assert.is(bench.engine.sessions, 2);
  });
}

it('a connection that the service closes after it worked is made again without waiting, over the cached endpoint', async () => {
  const bench = new EngineBench();
  bench.platform.on('/putMedia', (_request, count) => {
    bench.progressed = true;
    return count === 1 ? { body: '' } : new Promise<never>(() => undefined);
  });
  await bench.run();
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia putMedia');
});

it('a service that closes every connection at once is not called in a tight loop', async () => {
  const bench = new EngineBench();
  bench.platform.on('/putMedia', { body: '' });
  await bench.run(10_000);
  const puts = bench.platform.paths.filter((path) => path === '/putMedia').length;
  assert.ok(puts >= 3 && puts <= 8, `${puts} connections in 10 s`);
});

it('progress starts the waits over', async () => {
  const connectionsIn10s = async (progresses: boolean): Promise<number> => {
    const bench = new EngineBench();
    bench.platform.on('/putMedia', () => {
      bench.progressed = progresses;
      return new Error('ECONNRESET');
    });
    await bench.run(10_000);
    return bench.engine.sessions;
  };
  const [without, withProgress] = [await connectionsIn10s(false), await connectionsIn10s(true)];
  assert.ok(without <= 8, `${without} connections without progress`);
  assert.ok(withProgress >= 30, `${withProgress} connections with progress`);
});

it('the endpoint is asked for again after forty minutes', async () => {
  const bench = new EngineBench();
  const closers: Array<() => void> = [];
  const hangingAnswer: Responder = () => ({
    body: new ReadableStream({ start: (controller) => void closers.push(() => controller.close()) }),
  });
  bench.platform.on('/putMedia', hangingAnswer);
  await bench.run();
  bench.progressed = true;
  bench.platform.nowMs += 40 * 60_000;
  closers[0]?.();
  await bench.run();
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia getDataEndpoint putMedia');
});

it('a complete stream ends the engine', async () => {
  const bench = new EngineBench();
  bench.platform.on('/putMedia', () => {
    bench.complete = true;
    return { body: '' };
  });
  await bench.run();
  assert.is(bench.engine.state, 'ended');
  assert.is(bench.failure, undefined);
  assert.is(bench.platform.timerCount, 0);
});

it('abort() ends the engine in every state without an error', async () => {
  for (const path of ['/describeStream', '/getDataEndpoint', '/putMedia']) {
    const bench = new EngineBench();
    bench.platform.on(path, () => new Promise<never>(() => undefined));
    await bench.run();
    bench.engine.abort();
    await bench.run();
    assert.is(bench.failure, undefined, path);
    assert.is(bench.platform.timerCount, 0, `${path}: no timer is left`);
    assert.ok(
      bench.platform.requests.every((request) => path !== new URL(request.url).pathname || request.signal?.aborted),
      path,
    );
  }
});

it('a connection that is handed over is followed by the next at once, and is not called lost', async () => {
  const bench = new EngineBench();
  bench.platform.on('/putMedia', async (request) => {
    for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) void piece;
    return { body: '{"EventType":"IDLE"}' };
  });
  await bench.run();
  for (const handovers of [1, 2, 3]) {
    bench.engine.handOver();
    await bench.run();
    assert.is(bench.engine.handovers, handovers);
    assert.is(bench.engine.sessions, handovers + 1);
  }
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia putMedia putMedia putMedia');
  assert.equal(
    bench.ends.map((end) => end.reason),
    ['handed-over', 'handed-over', 'handed-over'],
  );
  assert.equal(
    bench.events.map((event) => event.type),
    ['connected', 'connected', 'connected'],
  );
});

it('without a connection there is nothing to hand over', async () => {
  const bench = new EngineBench();
  bench.work = false;
  await bench.run();
  bench.engine.handOver();
  assert.is(bench.over, false);
});

it.run();
