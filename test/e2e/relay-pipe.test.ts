// time-limit-s: 300
/**
 * The pipe through a relay in workerd, over a link that is reset again and again: nothing that the producer accepted is lost, and what came is
 * identical.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer } from '../../bindings/browser/producer.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { Core } from '../../sdk/core/core.ts';
import type { ProducerStream } from '../../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { installPageGlobals } from '../support/page-globals.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { pipeUrl } from '../support/pipe-url.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startTestService } from '../support/service.ts';

const DROPS = 60;
const FRAMES_PER_FRAGMENT = 10;
const FRAME_US = 40_000;
const MAX_FRAGMENTS = 4000;
const LIMIT_MS = 240_000;
const REGION = 'us-west-2';
const SEED = 20_261_126;

installPageGlobals();
const random = seededRandom(SEED);
const service = await startTestService({ region: REGION });
const relay = await startPipeRelay();
const link = await startCuttingProxy(relay.url);

/** Bytes that no other frame has. */
function frameData(index: number): Uint8Array {
  const data = new Uint8Array(500 + ((index * 7919) % 3000)).fill(index & 0xff);
  new DataView(data.buffer).setUint32(0, index);
  return data;
}

/** Resolves at each next ack, event or end of the stream. */
function newsOf(stream: ProducerStream): () => Promise<void> {
  let wake = (): void => undefined;
  const follow = async (news: AsyncIterable<unknown>): Promise<void> => {
    for await (const each of news) if (each !== undefined) wake();
    wake();
  };
  void follow(stream.acks());
  void follow(stream.events());
  return () => new Promise((resolve) => void (wake = resolve));
}

const it = suite('relay pipe over a link that drops');

it(`keeps every accepted frame over ${DROPS} drops of the socket`, async () => {
  const url = pipeUrl(link.url, { endpoint: service.url, region: REGION });
  const signal = AbortSignal.timeout(LIMIT_MS);
  const producer = await createProducer({ relay: { url, token: 'any' }, signal });
  const stream = await producer.openStream('dropped', {
    tracks: [{ kind: 'video', codec: 'vp8' }],
    retry: { nextWaitMs: () => 50 },
    signal,
  });
  const startUs = Date.now() * 1000;
  const news = newsOf(stream);
  let accepted = 0;
  for (let fragment = 0; link.cuts < DROPS && fragment < MAX_FRAGMENTS; fragment++) {
    // Some drops hit the handshake or a call of the control plane, most the upload, some only its acks.
    const direction = random() < 0.5 ? 'download' : 'upload';
    const cuts = link.cuts;
    link.cutAfter(Math.floor(random() * (direction === 'upload' ? 300_000 : 4000)), { direction });
    for (let next = news(); link.cuts === cuts; next = news()) {
      for (let count = 0; count < FRAMES_PER_FRAGMENT; count++, accepted++) {
        const timestampUs = startUs + accepted * FRAME_US;
        await stream.putFrame({ data: frameData(accepted), timestampUs, isKey: accepted % FRAMES_PER_FRAGMENT === 0 });
      }
      await next;
      signal.throwIfAborted();
    }
  }
  await stream.stop();
  await producer.close();
  console.log(`seed ${SEED}: ${link.cuts} drops, ${accepted} frames, ${JSON.stringify(countsOf(stream))}`);
  assert.ok(link.cuts >= DROPS);

  const received = await readBack('dropped', accepted, startUs);
  const missing = Array.from({ length: accepted }, (_none, index) => index).filter((index) => !received.has(index));
  assert.equal(missing, []);
  for (const [index, copies] of received)
    for (const copy of copies) assert.ok(Buffer.compare(copy, frameData(index)) === 0, `frame ${index} came changed`);
});

it('notices a socket that is half open, and loses nothing to it', async () => {
  const url = pipeUrl(link.url, { endpoint: service.url, region: REGION });
  const signal = AbortSignal.timeout(LIMIT_MS);
  const producer = await createProducer({ relay: { url, token: 'any' }, signal });
  // The producer's own watch over its connections is the slower one: it is the pipe's that is meant.
  const stream = await producer.openStream('half-open', {
    tracks: [{ kind: 'video', codec: 'vp8' }],
    stallTimeoutMs: 120_000,
    signal,
  });
  const startUs = Date.now() * 1000;
  const lost = (async () => {
    for await (const event of stream.events()) if (event.type === 'disconnected') return event;
  })();
  link.cutAfter(5000, { direction: 'upload', mode: 'stall' });
  const count = 5 * FRAMES_PER_FRAGMENT;
  for (let index = 0; index < count; index++) {
    const timestampUs = startUs + index * FRAME_US;
    await stream.putFrame({ data: frameData(index), timestampUs, isKey: index % FRAMES_PER_FRAGMENT === 0 });
  }
  const event = await lost;
  assert.is(event?.reason, 'lost');
  assert.match(event?.error?.message ?? '', /No sign of life from the relay for 20000 ms/);
  await stream.stop();
  await producer.close();
  assert.is((await readBack('half-open', count, startUs)).size, count);
});

function countsOf(stream: ProducerStream): object {
  const { sessions, sessionsConnected, reconnects, fragmentsPersisted, fragmentsResent, framesDropped } =
    stream.metrics;
  assert.is(framesDropped, 0);
  // Otherwise the drops would all have hit handshakes and calls of the control plane.
  assert.ok(sessionsConnected > DROPS / 10, `only ${sessionsConnected} uploads were answered`);
  return { sessions, sessionsConnected, reconnects, fragmentsPersisted, fragmentsResent };
}

/** Every copy of every frame, by its number, until as many different ones are there. */
async function readBack(streamName: string, count: number, startUs: number): Promise<Map<number, Uint8Array[]>> {
  const platform = createNodePlatform({ logLevel: 'error' });
  const credentials = staticCredentials(DEVELOPMENT_CREDENTIALS);
  const target = { platform, region: REGION, endpoint: service.url, credentials };
  const signal = AbortSignal.timeout(LIMIT_MS);
  const body = await getMedia(target, streamName, { type: 'EARLIEST' }, { signal });
  const received = new Map<number, Uint8Array[]>();
  for await (const { frames } of readFragments(Core.create(await platform.loadCore()), body)) {
    for (const { timestampUs, data } of frames) {
      const index = Math.round((timestampUs - startUs) / FRAME_US);
      received.set(index, [...(received.get(index) ?? []), data]);
    }
    if (received.size >= count) break;
  }
  return received;
}

it.after(async () => {
  await link.close();
  await relay.close();
  await service.close();
});
it.run();
