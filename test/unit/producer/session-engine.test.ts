import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedCredentials } from '../../../sdk/aws/credentials.ts';
import { KvsError } from '../../../sdk/errors.ts';
import type { EngineHost, SessionStart } from '../../../sdk/producer/engine-host.ts';
import { awsServiceCalls } from '../../../sdk/producer/signed-access.ts';
import type { EngineOptions } from '../../../sdk/producer/engine-options.ts';
import type { StreamEvent } from '../../../sdk/producer/events.ts';
import { SessionEngine } from '../../../sdk/producer/session-engine.ts';
import { outcomeOf, SESSION_TABLE } from '../../../sdk/producer/session-states.ts';
import type { SessionEnd } from '../../../sdk/producer/upload-session.ts';
import { jsonBody, type Responder, type ScriptedAnswer, ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('session engine');

const ACTIVE = { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}' };
const statusAnswer = (status: string): ScriptedAnswer => ({ body: ACTIVE.body.replace('ACTIVE', status) });
const failure = (status: number, errorType: string): ScriptedAnswer => ({
  status,
  headers: { 'x-amzn-errortype': errorType },
  body: '{}',
});

/** Runs an engine over a scripted service with a stream that has something to send until told otherwise. */
class Bench implements EngineHost {
  readonly expectsAcks = true;
  readonly platform = new ScriptedPlatform();
  readonly events: StreamEvent[] = [];
  readonly ends: SessionEnd[] = [];
  readonly engine: SessionEngine;
  work = true;
  complete = false;
  over = false;
  progressed = false;
  readyCount = 0;
  retentionHours: number | undefined;
  failure: unknown;
  credentialFetches = 0;
  #isRunning = false;

  constructor(options: Partial<EngineOptions> = {}) {
    this.platform
      .on('/describeStream', ACTIVE)
      .on('/createStream', { body: '{"StreamARN":"arn:1"}' })
      .on('/tagStream', { body: '{}' })
      .on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:2"}' })
      .on('/putMedia', () => new Promise<never>(() => undefined));
    const credentials = cachedCredentials(this.platform, () => {
      this.credentialFetches++;
      return Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' });
    });
    this.engine = new SessionEngine(
      {
        platform: this.platform,
        calls: awsServiceCalls({
          platform: this.platform,
          region: 'eu-west-1',
          endpoint: 'http://127.0.0.1:1',
          credentials,
        }),
        credentials,
        streamName: 'front-door',
        mediaType: 'video/h264',
        createIfMissing: true,
        retentionHours: 24,
        kmsKeyId: undefined,
        tags: undefined,
        timecodeType: 'absolute',
        stallTimeoutMs: 30_000,
        failsFast: true,
        ...options,
      },
      this,
    );
  }

  /** Starts the engine, unless it runs, and lets everything happen for a while. */
  async run(forMs = 0): Promise<this> {
    if (!this.#isRunning) void this.engine.run().catch((error: unknown) => (this.failure = error));
    this.#isRunning = true;
    await this.platform.idle();
    for (let passed = 0; passed < forMs; passed += 50) {
      await this.platform.advance(Math.min(50, forMs - passed));
      await this.platform.idle();
    }
    return this;
  }

  get calls(): string {
    return this.platform.paths.map((path) => path.slice(1)).join(' ');
  }

  hasWork = (): boolean => this.work;
  isComplete = (): boolean => this.complete;
  isHandingOver = (): boolean => this.over;
  handOver = (): void => void (this.over = true);
  read = (): number => 0;
  unsentBytes = (): number => 0;
  isAckOwed = (): boolean => false;
  onConnected = (): void => undefined;
  onAck = (): undefined => undefined;
  onAckError = (): void => undefined;
  beginSession = (): SessionStart => {
    this.over = false;
    return { startUs: 1_500_000_000_005_000, resentFragments: 0 };
  };
  endSession(end: SessionEnd): number {
    this.ends.push(end);
    return 3;
  }
  tookProgress(): boolean {
    const { progressed } = this;
    this.progressed = false;
    return progressed;
  }
  onDescribed({ retentionHours }: { readonly retentionHours: number }): void {
    this.retentionHours = retentionHours;
  }
  onReady = (): void => void this.readyCount++;
  onEvent = (event: StreamEvent): void => void this.events.push(event);
}

it('the table leads every outcome of every state somewhere', () => {
  const states = new Set([...Object.keys(SESSION_TABLE), 'ended', 'failed']);
  for (const [state, row] of Object.entries(SESSION_TABLE)) {
    for (const [outcome, next] of Object.entries(row)) assert.ok(states.has(next), `${state} ${outcome} → ${next}`);
  }
});

it('an existing stream: describe, endpoint, put', async () => {
  const bench = await new Bench().run();
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia');
  assert.is(bench.readyCount, 1);
  assert.is(bench.retentionHours, 24);
});

it('a missing stream is created, described until it is active, tagged, and told of', async () => {
  const bench = new Bench({ tags: { site: 'north' }, retentionHours: 2, kmsKeyId: 'key-1' });
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
  const bench = new Bench();
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
    const bench = new Bench(options);
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
  const bench = new Bench();
  bench.platform.on('/describeStream', failure(403, 'AccessDeniedException'));
  await bench.run(2_000);
  assert.is(bench.calls, 'describeStream describeStream');
  assert.is(bench.credentialFetches, 2);
  assert.is((bench.failure as KvsError).code, 'AccessDeniedException');
});

it('without failing fast, refusals are retried and told of', async () => {
  const bench = new Bench({ failsFast: false });
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
  const bench = new Bench({ failsFast: false });
  bench.platform.on('/describeStream', { status: 500 });
  await bench.run(120_000);
  const waits = bench.events.flatMap((event) => (event.type === 'retrying' ? [event.delayMs] : []));
  assert.ok(waits.length >= 12, `${waits.length} retries`);
  waits.forEach((wait, i) => {
    const base = Math.min(10_000, 100 * 2 ** i);
    assert.ok(wait >= base && wait < 2 * base, `wait ${i}: ${wait} ms`);
  });
});

for (const reason of ['reset', 'latency'] as const) {
  it(`a connection that got something done and is given up (${reason}) begins the waits anew`, async () => {
    const bench = new Bench({ failsFast: false });
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

it('tags that cannot be set hold nothing up', async () => {
  for (const [answer, attempts] of [
    [failure(400, 'TagsPerResourceExceededLimitException'), 1],
    [{ status: 500 }, 6],
  ] as const) {
    const bench = new Bench({ tags: { site: 'north' } });
    bench.platform.on('/tagStream', answer);
    await bench.run(20_000);
    assert.is(bench.platform.paths.filter((path) => path === '/tagStream').length, attempts);
    assert.ok(bench.events.some((event) => event.type === 'tagging-failed'));
    assert.is(bench.engine.state, 'streaming');
  }
});

it('no connection is made before there is something to send', async () => {
  const bench = new Bench();
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
  const bench = await new Bench({ timecodeType: 'relative' }).run();
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
    const bench = new Bench();
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
  const bench = new Bench();
  bench.platform.on('/putMedia', (_request, count) => {
    bench.progressed = true;
    return count === 1 ? { body: '' } : new Promise<never>(() => undefined);
  });
  await bench.run();
  assert.is(bench.calls, 'describeStream getDataEndpoint putMedia putMedia');
});

it('a service that closes every connection at once is not called in a tight loop', async () => {
  const bench = new Bench();
  bench.platform.on('/putMedia', { body: '' });
  await bench.run(10_000);
  const puts = bench.platform.paths.filter((path) => path === '/putMedia').length;
  assert.ok(puts >= 3 && puts <= 8, `${puts} connections in 10 s`);
});

it('progress starts the waits over', async () => {
  const connectionsIn10s = async (progresses: boolean): Promise<number> => {
    const bench = new Bench();
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
  const bench = new Bench();
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
  const bench = new Bench();
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
    const bench = new Bench();
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

it('outcomeOf() takes an unlisted result as a failure', () => {
  assert.is(outcomeOf(10_006), 'failed');
  assert.is(outcomeOf(4006), 'failed');
  assert.is(outcomeOf(4507), 'deleting');
});

it('a connection that is handed over is followed by the next at once, and is not called lost', async () => {
  const bench = new Bench();
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
  const bench = new Bench();
  bench.work = false;
  await bench.run();
  bench.engine.handOver();
  assert.is(bench.over, false);
});

it.run();
