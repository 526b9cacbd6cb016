/** Pipe mode through the relay as it is deployed, with tokens that open one session each: a producer over links that break, and what is refused. */
// time-limit-s: 240
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer } from '../../bindings/browser/producer.ts';
import type { ProducerStream } from '../../sdk/producer/index.ts';
import { abortable } from '../../sdk/producer/abortable.ts';
import { decodeJson, encodeJson, encodeMessage, PIPE_MESSAGE } from '../../sdk/relay/pipe-message.ts';
import { REFUSALS, type RefusalName } from '../../sdk/relay/refusals.ts';
import { installPageGlobals } from '../support/page-globals.ts';
import { PipeWire } from '../support/pipe-wire.ts';
import { assertAllFrames, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { RelayStage } from '../support/relay-stage.ts';
import { upgrade } from '../support/relay-wire.ts';

const FRAMES = 360;
const DROPS = ['client', 'relay', 'upstream'] as const;
const ROUNDS = 4;
const FRAMES_A_DROP = FRAMES / (DROPS.length * ROUNDS);
const MAX_CONNECTIONS = 2;
const LIMIT_MS = 150_000;
/** Sockets that a test leaves open; the stage closes them with the Worker. */
const HELD = { isHeld: true };

installPageGlobals();
const pipes = suite('relay: pipe mode');
const stage = await RelayStage.set({ limits: { maxConnectionsPerStream: MAX_CONNECTIONS } });
pipes.after(() => stage[Symbol.asyncDispose]());

const routeOf = (streamName: string, mode = 'pipe'): string => `${stage.url}/v1/streams/${streamName}/${mode}`;
const pipeToken = (streamName: string): Promise<string> => stage.token({ streamName, mode: 'pipe' });

async function assertRefused(url: string, token: string, name: RefusalName): Promise<void> {
  const answer = await upgrade(url, { 'sec-websocket-protocol': `penstock.relay.v1, bearer.${token}` });
  assert.equal(answer, { status: REFUSALS[name].httpStatus, refusal: name });
}

async function drop(kind: (typeof DROPS)[number]): Promise<void> {
  if (kind === 'client') stage.downstream.cut();
  else if (kind === 'upstream') stage.upstream.cut();
  else await stage.evict('piped');
}

/** Counts what a stream tells, by its type; an ack as `ack`. */
class Told {
  readonly #counts = new Map<string, number>();
  #wake: () => void = () => undefined;

  constructor(stream: ProducerStream) {
    void this.#follow(stream.events(), ({ type }) => type);
    void this.#follow(stream.acks(), () => 'ack');
  }

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Resolves when there are as many. */
  async reaches(kind: string, count: number, signal: AbortSignal): Promise<void> {
    while (this.count(kind) < count) {
      signal.throwIfAborted();
      await abortable(new Promise<void>((resolve) => void (this.#wake = resolve)), signal);
    }
  }

  async #follow<T>(news: AsyncIterable<T>, kindOf: (item: T) => string): Promise<void> {
    for await (const item of news) {
      const kind = kindOf(item);
      this.#counts.set(kind, this.count(kind) + 1);
      this.#wake();
    }
  }
}

pipes('every frame comes back identical: sockets cut, Durable Objects evicted, uploads cut', async () => {
  const signal = AbortSignal.timeout(LIMIT_MS);
  let tokens = 0;
  const token = (streamName: string): Promise<string> => {
    tokens++;
    return pipeToken(streamName);
  };
  const producer = await createProducer({ relay: { url: stage.url, token }, signal });
  const stream = await producer.openStream('piped', {
    tracks: [{ kind: 'video', codec: 'vp8' }],
    retry: { nextWaitMs: () => 50 },
    signal,
  });
  const told = new Told(stream);
  const startUs = startOfStreamUs();
  let index = 0;
  let drops = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of DROPS) {
      for (const until = index + FRAMES_A_DROP; index < until; index++)
        await stream.putFrame(relayFrame(index, startUs), { signal });
      await told.reaches('connected', drops + 1, signal);
      // In every second round something is persisted in between.
      if (round % 2 === 1) await told.reaches('ack', told.count('ack') + 1, signal);
      await drop(kind);
      await told.reaches('disconnected', ++drops, signal);
    }
  }
  await stream.stop({ signal });
  await producer.close();
  assertAllFrames(await stage.readBack(FRAMES, 'piped'), FRAMES, startUs);
  const { framesDropped, sessionsConnected } = stream.metrics;
  assert.is(framesDropped, 0);
  assert.ok(sessionsConnected > drops, `${sessionsConnected} uploads`);
  // An upload that is cut leaves the socket; each of the others takes a token of its own.
  assert.ok(tokens > ROUNDS * 2, `${tokens} tokens`);
  console.log(JSON.stringify({ frames: index, drops, tokens, sessionsConnected }));
});

pipes('a token is for its mode, its stream and its client alone', async () => {
  await assertRefused(
    routeOf('mine'),
    await stage.token({ streamName: 'mine', mode: 'frames' }),
    'token-for-other-mode',
  );
  await assertRefused(routeOf('mine', 'frames'), await pipeToken('mine'), 'token-for-other-mode');
  await assertRefused(routeOf('mine'), await pipeToken('other'), 'token-for-other-stream');
  const token = await pipeToken('mine');
  const wire = await PipeWire.open(routeOf('mine'), token, 'k'.repeat(32));
  await assertRefused(routeOf('mine'), token, 'token-used');
  wire.close();
});

pipes('within its pipe, another stream is refused by name', async () => {
  const wire = await PipeWire.open(routeOf('mine'), await pipeToken('mine'), 'n'.repeat(32));
  const body = encodeJson({ StreamName: 'other' });
  const head = encodeJson({ method: 'POST', path: '/describeStream', headers: {} });
  wire.send(encodeMessage(PIPE_MESSAGE.OPEN, 1, head));
  wire.send(encodeMessage(PIPE_MESSAGE.DATA, 1, body));
  wire.send(encodeMessage(PIPE_MESSAGE.END, 1));
  const { status, headers: answered } = decodeJson(await wire.next(PIPE_MESSAGE.HEAD));
  assert.is(status, 403);
  assert.is((answered as Record<string, string>)['x-amzn-errortype'], 'RelayStreamNotGrantedException');
  wire.close();
});

pipes('a client that connects again takes the place of its own pipe, and of nobody else', async () => {
  const url = routeOf('again');
  const key = 'a'.repeat(32);
  const other = await PipeWire.open(url, await pipeToken('again'), 'b'.repeat(32));
  let newest = await PipeWire.open(url, await pipeToken('again'), key);
  for (let times = 0; times < 2 * MAX_CONNECTIONS; times++) {
    const older = newest;
    newest = await PipeWire.open(url, await pipeToken('again'), key);
    const { code, reason } = await older.closed;
    assert.is(code, 4409);
    assert.match(reason, /^session-taken-over: /);
  }
  await assertRefused(url, await pipeToken('again'), 'stream-busy');
  for (const wire of [other, newest]) {
    wire.send(encodeMessage(PIPE_MESSAGE.PING, 0));
    await wire.next(PIPE_MESSAGE.PONG);
  }
  newest.close();
  await newest.closed;
  other.close();
});

pipes('clients that come at the same moment are counted one by one', async () => {
  const statusOf = async (mode: 'frames' | 'pipe'): Promise<number[]> => {
    const streamName = `at-once-${mode}`;
    const tokens = await Promise.all(Array.from({ length: 8 }, () => stage.token({ streamName, mode })));
    const offers = tokens.map((token) => ({ 'sec-websocket-protocol': `penstock.relay.v1, bearer.${token}` }));
    const answers = await Promise.all(offers.map((offer) => upgrade(routeOf(streamName, mode), offer, HELD)));
    return answers.map(({ status }) => status).sort((one, other) => one - other);
  };
  const busy = (count: number): number[] => Array.from({ length: count }, () => 429);
  assert.equal(await statusOf('pipe'), [101, 101, ...busy(6)]);
  assert.equal(await statusOf('frames'), [101, ...busy(7)]);
});

pipes('a client that connects again does not begin its rates anew', async () => {
  const url = routeOf('calls');
  const key = 'c'.repeat(32);
  const head = encodeJson({ method: 'POST', path: '/getMedia', headers: {} });
  const refusedAs = async (wire: PipeWire, calls: number): Promise<string[]> => {
    const types: string[] = [];
    for (let call = 1; call <= calls; call++) {
      wire.send(encodeMessage(PIPE_MESSAGE.OPEN, call, head));
      const { headers } = decodeJson(await wire.next(PIPE_MESSAGE.HEAD));
      types.push((headers as Record<string, string>)['x-amzn-errortype'] ?? '');
    }
    return types;
  };
  const first = await PipeWire.open(url, await pipeToken('calls'), key);
  assert.ok((await refusedAs(first, 60)).includes('RelayTooManyCallsException'));
  const second = await PipeWire.open(url, await pipeToken('calls'), key);
  const types = await refusedAs(second, 60);
  const passed = types.filter((type) => type !== 'RelayTooManyCallsException').length;
  assert.ok(passed < 40, `${passed} calls were let through at once`);
  second.close();
});

pipes.run();
