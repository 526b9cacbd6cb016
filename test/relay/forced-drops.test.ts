/**
 * Two hundred drops in one stream: the client's socket, the Durable Object with all its memory, the process that runs the Worker, and the upload to
 * the service, in an order that a seed makes. Every frame that was put is persisted, in order, byte for byte.
 */
// time-limit-s: 420
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { abortable } from '../../sdk/producer/abortable.ts';
import type { RelayStream, RelayStreamEvent } from '../../sdk/relay/index.ts';
import { assertAllFrames, framesOf, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { RelayStage } from '../support/relay-stage.ts';
import { seededRandom } from '../support/seeded-random.ts';

type Drop = 'client' | 'relay' | 'upstream' | 'process';

const SEED = Number(process.env['PENSTOCK_RELAY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const DROPS = Number(process.env['PENSTOCK_RELAY_DROPS'] ?? 200);
/** Of a process: each takes seconds. */
const PROCESSES = 6;
const FRAMES_A_DROP = 9;
/** Beside what is in flight, so that drops meet every state. */
const BUFFER_BYTES = 400_000;
/** Two minutes where nothing else runs. */
const TIME_LIMIT_MS = 360_000;

const drops = suite('relay: forced drops');
const stage = await RelayStage.set({ limits: { storeBytes: 2 << 20, resumeWindowMs: 30_000 } });
drops.after(() => stage[Symbol.asyncDispose]());

/** As many of each kind as are asked for, in an order of the seed's. */
function plan(random: () => number): Drop[] {
  const kinds: Drop[] = Array.from({ length: DROPS }, (_, at) =>
    at < PROCESSES ? 'process' : ((['client', 'relay', 'upstream'] as const)[at % 3] ?? 'client'),
  );
  for (let at = kinds.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [kinds[at], kinds[other]] = [kinds[other] as Drop, kinds[at] as Drop];
  }
  return kinds;
}

async function drop(kind: Drop): Promise<void> {
  if (kind === 'client') stage.downstream.cut();
  else if (kind === 'upstream') stage.upstream.cut();
  else if (kind === 'relay') await stage.evict('dropped');
  else {
    await stage.restartWorker();
    // Sockets of the process that is gone: the proxy closes them when it notices.
    stage.downstream.cut();
  }
}

/** What a stream told so far, and who waits for more of it. */
class Told {
  readonly counts = { 'relay-connected': 0, resumed: 0, disconnected: 0, ack: 0 };
  #waits: Array<() => void> = [];

  constructor(stream: RelayStream) {
    void this.#watch(stream.events(), (event) => this.#take(event));
    void this.#watch(stream.acks(), () => this.#count('ack'));
  }

  /** Resolves when there are more of a kind than so many. */
  async moreThan(kind: keyof Told['counts'], count: number, signal: AbortSignal): Promise<void> {
    while (this.counts[kind] <= count) {
      signal.throwIfAborted();
      await abortable(new Promise<void>((resolve) => this.#waits.push(resolve)), signal);
    }
  }

  async #watch<T>(source: AsyncIterable<T>, take: (item: T) => void): Promise<void> {
    for await (const item of source) take(item);
  }

  #take(event: RelayStreamEvent): void {
    if (event.type === 'relay-connected' && event.isResumed) this.#count('resumed');
    if (event.type === 'relay-connected') this.#count(event.type);
    if (event.type === 'event' && event.event === 'disconnected') this.#count(event.event);
  }

  #count(kind: keyof Told['counts']): void {
    this.counts[kind]++;
    const waits = this.#waits;
    this.#waits = [];
    for (const resolve of waits) resolve();
  }
}

drops(`${DROPS} drops lose no frame, seed ${SEED}`, async () => {
  const random = seededRandom(SEED);
  const token = (): Promise<string> => stage.token({ streamName: 'dropped', maxBitrateBps: 20_000_000 });
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const stream = await stage.open({ streamName: 'dropped', token, bufferBytes: BUFFER_BYTES, signal });
  const told = new Told(stream);
  const startUs = startOfStreamUs();
  const made: Record<Drop, number> = { client: 0, relay: 0, upstream: 0, process: 0 };
  let index = 0;
  let connectionsSeen = 0;
  for (const kind of plan(random)) {
    // An upload is cut when it has begun; everything else at any moment of a connection, the first ones among them.
    if (kind === 'upstream' || random() < 0.5) await putUntilAck();
    else await putSome();
    const { disconnected } = told.counts;
    await drop(kind);
    made[kind]++;
    if (kind === 'upstream') await told.moreThan('disconnected', disconnected, signal);
    else await told.moreThan('relay-connected', connectionsSeen, signal);
    connectionsSeen = told.counts['relay-connected'];
  }

  async function putSome(): Promise<void> {
    const until = index + 1 + Math.floor(random() * 2 * FRAMES_A_DROP);
    for (; index < until; index++) await stream.putFrame(relayFrame(index, startUs), { signal });
  }

  async function putUntilAck(): Promise<void> {
    const acks = told.counts.ack;
    await putSome();
    await told.moreThan('ack', acks, signal);
  }

  await stream.stop({ signal });
  const fragments = await stage.readBack(index, 'dropped');
  assertAllFrames(fragments, index, startUs);
  assert.is(stream.metrics.framesLost, 0);
  const twice = fragments.flatMap(({ frames }) => frames).length - framesOf(fragments).size;
  const { connections } = stream.metrics;
  const { resumed, disconnected } = told.counts;
  console.log(
    `${JSON.stringify(made)}: ${index} frames, ${connections} connections, ${resumed} resumed, ` +
      `${disconnected} uploads lost, ${twice} frames twice`,
  );
  assert.is(
    Object.values(made).reduce((sum, count) => sum + count),
    DROPS,
  );
  assert.ok(connections > DROPS - made.upstream, `only ${connections} connections`);
  assert.ok(resumed > made.client / 2, `only ${resumed} sessions were resumed`);
  assert.ok(disconnected >= made.upstream, `only ${disconnected} uploads were lost`);
});

drops.run();
