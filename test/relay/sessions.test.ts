/** What becomes of a session: acks and metadata, back-pressure, losses that are told, clients that come back late, or never. */
// time-limit-s: 240
import { CreateStreamCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPersistedError, StoreFullError } from '../../sdk/errors.ts';
import { type OpenRelaySocket, RelayError, type RelayStream, type RelayStreamEvent } from '../../sdk/relay/index.ts';
import { assertAllFrames, framesOf, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { openTestSocket, RelayStage } from '../support/relay-stage.ts';
import { RelayWire } from '../support/relay-wire.ts';

const STORE_BYTES = 300_000;
const CREDIT_BYTES = 60_000;
const TIME_LIMIT_MS = 20_000;
/** WebSocket frames, acks and heads beside what is counted. */
const OVERHEAD = 1.1;

const sessions = suite('relay: sessions');
const stage = await RelayStage.set({
  limits: {
    storeBytes: STORE_BYTES,
    creditBytes: CREDIT_BYTES,
    maxMessageBytes: 50_000,
    resumeWindowMs: 3_000,
    expiryGraceMs: 500,
  },
});
sessions.after(() => stage[Symbol.asyncDispose]());

/** The next event that fits. */
async function eventOf<T extends RelayStreamEvent['type']>(
  stream: RelayStream,
  type: T,
  fits: (event: Extract<RelayStreamEvent, { type: T }>) => boolean = () => true,
): Promise<Extract<RelayStreamEvent, { type: T }>> {
  for await (const event of stream.events({ signal: AbortSignal.timeout(TIME_LIMIT_MS) })) {
    if (event.type === type && fits(event as Extract<RelayStreamEvent, { type: T }>))
      return event as Extract<RelayStreamEvent, { type: T }>;
  }
  throw new Error(`No ${type} came`);
}

async function createStream(streamName: string): Promise<void> {
  await stage.service.control.send(new CreateStreamCommand({ StreamName: streamName, DataRetentionInHours: 1 }));
}

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

sessions(
  'acks of the service come through, and metadata are those of their fragments, also behind a relay that is lost',
  async () => {
    const streamName = 'acks';
    const stream = await stage.open({ streamName });
    const types = new Set<string>();
    const watching = (async () => {
      for await (const { ackType } of stream.acks()) types.add(ackType);
    })();
    const startUs = startOfStreamUs();
    await stream.putFragmentMetadata('site', 'north', { persistent: true });
    await stream.putFragmentMetadata('once', 'first');
    for (let index = 0; index < 10; index++) await stream.putFrame(relayFrame(index, startUs));
    await stream.flush();
    await stage.evict(streamName);
    for (let index = 10; index < 15; index++) await stream.putFrame(relayFrame(index, startUs));
    await stream.stop();
    await watching;
    assert.ok(types.has('persisted') && types.has('received'), [...types].join());
    const fragments = await stage.readBack(15, streamName);
    assertAllFrames(fragments, 15, startUs);
    const tags = fragments.map((fragment) =>
      fragment.tags
        .map(({ name, value }) => `${name}=${value}`)
        .sort()
        .join(),
    );
    assert.equal(tags, ['once=first,site=north', 'site=north', 'site=north']);
  },
);

sessions('a service that takes nothing holds the client back, and what is kept stays within its limits', async () => {
  const streamName = 'slow';
  const bufferBytes = 600_000;
  const shape = { sizeBytes: 5_000 };
  const frames = 200;
  const stream = await stage.open({ streamName, bufferBytes });
  const startUs = startOfStreamUs();
  const connected = eventOf(stream, 'event', ({ event }) => event === 'connected');
  await stream.putFrame(relayFrame(0, startUs, shape));
  await connected;
  // The link to the service swallows everything from here on.
  stage.upstream.cutAfter(0, { mode: 'stall' });
  const before = stage.downstream.passedBytes;
  const full = eventOf(stream, 'event', ({ event }) => event === 'store-full');
  let put = 1;
  const putting = (async () => {
    for (; put < frames; put++) await stream.putFrame(relayFrame(put, startUs, shape));
  })();
  await full;
  assert.ok(put * shape.sizeBytes < bufferBytes, `${put} frames were put`);
  assert.ok(put * shape.sizeBytes > bufferBytes * 0.8, `only ${put} frames were put`);
  const passed = stage.downstream.passedBytes - before;
  assert.ok(passed < (STORE_BYTES + CREDIT_BYTES) * OVERHEAD, `${passed} bytes went to the relay`);
  assert.ok(stream.metrics.bufferedBytes <= bufferBytes);
  assert.ok(stream.metrics.storeUsedBytes <= STORE_BYTES);
  const givenUp = new AbortController();
  const another = stream.putFrame(relayFrame(frames, startUs), { signal: givenUp.signal });
  givenUp.abort(new Error('given up'));
  assert.is(await rejection(another), givenUp.signal.reason, 'it was waiting');
  stage.upstream.cut();
  await putting;
  await stream.stop();
  assertAllFrames(await stage.readBack(frames, streamName), frames, startUs, shape);
});

sessions('a client that comes back too late finds another session, and loses nothing', async () => {
  const streamName = 'late';
  let isOffline = false;
  const openSocket: OpenRelaySocket = (url, protocols, events) => {
    if (!isOffline) return openTestSocket(url, protocols, events);
    queueMicrotask(() => events.onClose(1006, ''));
    return { send: () => undefined, close: () => undefined };
  };
  const stream = await stage.open({ streamName, openSocket });
  const startUs = startOfStreamUs();
  for (let index = 0; index < 7; index++) await stream.putFrame(relayFrame(index, startUs));
  await eventOf(stream, 'event', ({ event }) => event === 'connected');
  isOffline = true;
  stream.resetConnection();
  // The fragment that was open is there: the relay has ended the session.
  await stage.readBack(7, streamName);
  const back = eventOf(stream, 'relay-connected');
  isOffline = false;
  assert.is((await back).isResumed, false);
  for (let index = 7; index < 20; index++) await stream.putFrame(relayFrame(index, startUs));
  await stream.stop();
  const fragments = await stage.readBack(20, streamName);
  assertAllFrames(fragments, 20, startUs);
  assert.is(stream.metrics.framesLost, 0);
});

sessions('a client that vanishes leaves what it sent; the next one follows it', async () => {
  const streamName = 'followed';
  const startUs = startOfStreamUs();
  const first = await stage.open({ streamName });
  for (let index = 0; index < 8; index++) await first.putFrame(relayFrame(index, startUs));
  await eventOf(first, 'event', ({ event }) => event === 'connected');
  first.abort();
  const second = await stage.open({ streamName, token: () => stage.token({ streamName }) });
  for (let index = 10; index < 20; index++) await second.putFrame(relayFrame(index, startUs));
  await second.stop();
  const numbers = [...framesOf(await stage.readBack(18, streamName)).values()].map((data) =>
    Buffer.from(data).readUInt32BE(0),
  );
  assert.equal(numbers, [...Array(8).keys(), ...Array.from({ length: 10 }, (_, at) => at + 10)]);
});

sessions(
  'frames that cannot be persisted are told: before a key frame, out of order, and beyond the store',
  async () => {
    const streamName = 'told';
    const stream = await stage.open({ streamName });
    const startUs = startOfStreamUs();
    const reasons = new Map<string, number>();
    const watching = (async () => {
      for await (const event of stream.events())
        if (event.type === 'lost') reasons.set(event.reason, (reasons.get(event.reason) ?? 0) + event.frames);
    })();
    for (let index = 3; index < 10; index++) await stream.putFrame(relayFrame(index, startUs));
    await stream.putFrame({ ...relayFrame(9, startUs), timestampUs: startUs });
    await stream.flush().catch((error: unknown) => assert.instance(error, NotPersistedError));
    // One fragment of 400 kB does not fit into the relay's store.
    const shape = { gop: 80, sizeBytes: 5_000 };
    for (let index = 80; index < 160; index++) await stream.putFrame(relayFrame(index, startUs, shape));
    const error = await rejection(stream.stop());
    assert.instance(error, NotPersistedError);
    await watching;
    assert.is(reasons.get('skipped') !== undefined && reasons.get('refused') === 1, true, JSON.stringify([...reasons]));
    assert.ok((reasons.get('no-room') ?? 0) >= 1);
    const told = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    assert.is(stream.metrics.framesLost, told);
    const came = framesOf(await stage.readBack(88 - told, streamName));
    assert.is(came.size, 88 - told, 'every frame came, or was told');
  },
);

sessions(
  "a fragment that fills the client's own buffer is refused frame by frame, and ends with the next key frame",
  async () => {
    const streamName = 'small';
    const stream = await stage.open({ streamName, bufferBytes: 20_000 });
    const startUs = startOfStreamUs();
    const shape = { gop: 20, sizeBytes: 2_000 };
    let stored = 0;
    for (let index = 0; index < 20; index++) {
      const error = await rejection(stream.putFrame(relayFrame(index, startUs, shape)));
      if (error === undefined) stored++;
      else assert.instance(error, StoreFullError);
    }
    assert.is(stored, 9);
    const larger = await rejection(stream.putFrame(relayFrame(20, startUs, { sizeBytes: 50_000 })));
    assert.match(String(larger), /frames of up to 49968 bytes/);
    for (let index = 20; index < 25; index++) await stream.putFrame(relayFrame(index, startUs, shape));
    await stream.stop();
    assert.is(framesOf(await stage.readBack(14, streamName)).size, 14);
  },
);

sessions(
  'more small frames than the relay takes at once wait for their turn: none is lost, and the client is kept',
  async () => {
    const streamName = 'many';
    const frames = 11_000;
    const shape = { gop: 200, sizeBytes: 8 };
    const stream = await stage.open({ streamName });
    const startUs = startOfStreamUs();
    for (let index = 0; index < frames; index++) await stream.putFrame(relayFrame(index, startUs, shape));
    await stream.stop();
    assert.is(stream.metrics.connections, 1);
    assertAllFrames(await stage.readBack(frames, streamName), frames, startUs, shape);
  },
);

sessions('a loss that happens while the client is away is told when it is back, once', async () => {
  const streamName = 'told-later';
  await createStream(streamName);
  const startUs = startOfStreamUs();
  const options = { protocols: [`resume.${'k'.repeat(32)}`] };
  const token = await stage.token({ streamName });
  const url = `${stage.url}/v1/streams/${streamName}/frames`;
  const first = new RelayWire(url, token, options);
  const { session } = await first.greet();
  for (let index = 0; index < 3; index++) first.sendFrame(index + 1, relayFrame(index, startUs));
  await first.next('status', ({ acceptedThrough }) => acceptedThrough === 3);
  // Out of order, in the same breath as the close: there is nobody to be told.
  first.sendFrame(4, { ...relayFrame(3, startUs), timestampUs: 0 });
  first.close();
  await first.closed;
  const second = new RelayWire(url, token, options);
  const welcome = await second.greet(1);
  assert.is(welcome.session, session);
  assert.is(welcome.isResumed, true);
  const told = welcome.lost.length > 0 ? welcome.lost : [await second.next('lost')];
  assert.equal(
    told.map(({ report, reason, frames }) => [report, reason, frames]),
    [[1, 'refused', 1]],
  );
  second.send({ type: 'stop', sequence: 5 });
  second.sendFrame(6, relayFrame(5, startUs));
  const { code, reason } = await second.closed;
  assert.is(code, 4400);
  assert.match(reason, /^bad-message: something follows a stop/);
});

sessions('a token from a function is renewed on the same connection; a text cannot be', async () => {
  const streamName = 'renewed';
  let calls = 0;
  let fourth!: () => void;
  const renewed = new Promise<void>((resolve) => (fourth = resolve));
  const token = (): Promise<string> => {
    if (++calls === 4) fourth();
    return stage.token({ streamName, lifetimeMs: 3_000 });
  };
  const stream = await stage.open({ streamName, token });
  const startUs = startOfStreamUs();
  await stream.putFrame(relayFrame(0, startUs));
  await renewed;
  for (let index = 1; index < 6; index++) await stream.putFrame(relayFrame(index, startUs));
  await stream.stop();
  assert.is(stream.metrics.connections, 1);
  const other = await stage.open({
    streamName: 'expired',
    token: await stage.token({ streamName: 'expired', lifetimeMs: 1_000 }),
  });
  const { error } = await eventOf(other, 'failed');
  assert.instance(error, RelayError);
  assert.is((error as RelayError).code, 'token-expired');
  assert.is(await rejection(other.putFrame(relayFrame(0, startUs))), error);
});

sessions('a stream is not opened where the relay refuses, and says why', async () => {
  const error = await rejection(stage.open({ token: await stage.token({ mode: 'pipe' }) }));
  assert.instance(error, RelayError);
  assert.is((error as RelayError).code, 'token-for-other-mode');
});

sessions.run();
