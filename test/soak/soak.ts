/**
 * The real producer against the real service, many times faster than real time, over a link that is cut every few seconds: every frame is
 * read back identical or was told as lost, and memory does not grow.
 *
 * Two streams put side by side. One lives through the whole run, in a store that is never full, at a low bit rate. The other is stopped,
 * read back, deleted and opened anew every few seconds, so that the disk holds no more of it than that; its store is small and loses the
 * oldest when it is full.
 */
import { createProducer, type Producer, type StreamMetrics } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { describeStream } from '../../sdk/aws/control-api.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import type { ServiceTarget } from '../../sdk/aws/signed-call.ts';
import { deleteStream } from '../../sdk/aws/stream-api.ts';
import { Core } from '../../sdk/core/core.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import type { FrameTotals } from './frame-ledger.ts';
import { cutAgainAndAgain } from './link-cuts.ts';
import { MarkedFrames } from './marked-frames.ts';
import { GROWTH_LIMITS, type MemorySample, MemoryWatch } from './memory-watch.ts';
import { FRAME_US, SoakStream, type SoakStreamOptions } from './soak-stream.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Media time over real time. */
  readonly speed: number;
  readonly seed: number;
  /** Ends the run early; what was put until then is compared all the same. */
  readonly signal?: AbortSignal;
  readonly print: (line: string) => void;
}

const REGION = 'eu-west-1';
const KEY_INTERVAL = 25;
/** Mean of a delta frame, bytes. */
const STEADY_FRAME_BYTES = 400;
const BUSY_FRAME_BYTES = 1_500;
const STEADY_STORE_BYTES = 64 << 20;
/** A second or two of what the busy stream puts at fifty times real time: a link that is stalled fills it. */
const BUSY_STORE_BYTES = 3 << 20;
/** How long the busy stream lives, and how often memory is looked at, milliseconds. */
const GENERATION_MS = 10_000;

export interface SoakResult {
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
  readonly frames: FrameTotals;
  readonly cuts: number;
  readonly reconnects: number;
}

export async function soak({ minutes, speed, seed, signal, print }: SoakOptions): Promise<SoakResult> {
  const problems: string[] = [];
  const directory = await temporaryDirectory();
  // The service has to know the link's address, and is started after it.
  let serviceUrl = 'http://127.0.0.1:1';
  await using link = await startCuttingProxy(() => serviceUrl);
  const service = await startServiceProcess(directory, { publicUrl: `http://127.0.0.1:${link.port}`, isQuiet: true });
  serviceUrl = service.url;
  const platform = createNodePlatform({ logLevel: 'silent' });
  const credentials = staticCredentials(DEVELOPMENT_CREDENTIALS);
  const target: ServiceTarget = { platform, region: REGION, endpoint: serviceUrl, credentials };
  const core = Core.create(await platform.loadCore());
  const [steadyProducer, busyProducer] = (await Promise.all(
    [STEADY_STORE_BYTES, BUSY_STORE_BYTES].map((storeBytes) => openProducer(link.url, storeBytes)),
  )) as [Producer, Producer];
  const over = new AbortController();
  const totals: FrameTotals = { put: 0, readBack: 0, told: 0, notTaken: 0, repeated: 0 };
  const memory = new MemoryWatch();
  let reconnects = 0;
  let resentFragments = 0;
  const take = (added: FrameTotals, metrics: StreamMetrics): void => {
    for (const key of Object.keys(totals) as (keyof FrameTotals)[]) totals[key] += added[key];
    reconnects += metrics.reconnects;
    resentFragments += metrics.fragmentsResent;
  };
  const optionsOf = (name: string, meanBytes: number, durationMs: number): SoakStreamOptions => ({
    name,
    frames: new MarkedFrames(core, meanBytes, KEY_INTERVAL),
    whenFull: name === 'steady' ? 'wait' : 'drop-oldest',
    speed,
    capacity: Math.ceil((durationMs * 1000 * speed * 1.2) / FRAME_US) + KEY_INTERVAL,
    problems,
  });
  try {
    const durationMs = minutes * 60_000;
    const steady = await SoakStream.open(
      steadyProducer,
      optionsOf('steady', STEADY_FRAME_BYTES, durationMs + GENERATION_MS * 3),
    );
    const startMs = performance.now();
    const cutting = cutAgainAndAgain(link, seededRandom(seed), over.signal);
    const puttingSteady = steady.put(over.signal);
    print(' min   heap MiB  buffers  core+ext  resident  frames put  cuts');
    const isOver = (): boolean => performance.now() - startMs >= durationMs || signal?.aborted === true;
    for (let generation = 1; !isOver(); generation++) {
      const name = `busy-${generation}`;
      const busy = await SoakStream.open(busyProducer, optionsOf(name, BUSY_FRAME_BYTES, GENERATION_MS));
      const leftMs = durationMs - (performance.now() - startMs);
      const ends = [AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(GENERATION_MS, leftMs))))];
      if (signal !== undefined) ends.push(signal);
      await busy.put(AbortSignal.any(ends));
      const added = await busy.stopAndCompare(core, target);
      take(added, busy.metrics);
      if (busyProducer.metrics.storeUsedBytes > 0) problems.push(`${name} left something in the store`);
      await deleteStream(target, (await describeStream(target, name)).streamArn);
      print(
        `${describeSample(await memory.sample())}  ${String(totals.put).padStart(10)}  ${String(link.cuts).padStart(4)}`,
      );
    }
    over.abort();
    await Promise.all([cutting, puttingSteady]);
    take(await steady.stopAndCompare(core, target), steady.metrics);
    await Promise.all([steadyProducer.close(), busyProducer.close()]);
    if (steadyProducer.metrics.storeUsedBytes > 0) problems.push('steady left something in the store');
    judgeMemory(memory, problems, print);
  } finally {
    over.abort();
    for (const producer of [steadyProducer, busyProducer]) {
      producer.abort();
      await producer.close().catch(() => undefined);
    }
    await service.kill();
    await removeDirectory(directory);
  }
  if (link.cuts === 0) problems.push('the link was never cut');
  print(
    `frames put ${totals.put}: read back ${totals.readBack}, told as lost ${totals.told}; not taken ${totals.notTaken}, ` +
      `read back more than once ${totals.repeated}`,
  );
  print(`cuts ${link.cuts}, reconnects ${reconnects}, fragments sent again ${resentFragments}`);
  return { problems, frames: totals, cuts: link.cuts, reconnects };
}

function openProducer(endpoint: string, storeBytes: number): Promise<Producer> {
  return createProducer({
    region: REGION,
    endpoint,
    credentials: DEVELOPMENT_CREDENTIALS,
    storeBytes,
    logLevel: 'silent',
  });
}

function describeSample({ atMinutes, heap, arrayBuffers, otherExternal, resident }: MemorySample): string {
  const cells = [heap, arrayBuffers, otherExternal, resident].map((figure) => figure.toFixed(2).padStart(9));
  return `${atMinutes.toFixed(2).padStart(5)}  ${cells.join('')}`;
}

function judgeMemory(memory: MemoryWatch, problems: string[], print: (line: string) => void): void {
  const growth = memory.growth();
  if (growth === undefined) return print('memory: too few samples for a trend');
  for (const kind of Object.keys(GROWTH_LIMITS) as (keyof typeof GROWTH_LIMITS)[]) {
    const line = `${kind} grows by ${growth[kind].toFixed(3)} MiB a minute over the second half, limit ${GROWTH_LIMITS[kind]}`;
    print(line);
    if (growth[kind] > GROWTH_LIMITS[kind]) problems.push(line);
  }
}
