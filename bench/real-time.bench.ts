/** Many streams in one process, in real time: whether it keeps up, and with how much of a core. */
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createProducerWith, type Producer } from '../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import { CameraFleet, type FleetSecond } from './camera-fleet.ts';
import { openModelledProducer, openVideoStream, StreamCamera } from './modelled-producer.ts';
import { ModelledService } from './modelled-service.ts';
import { annexBGroup, KB } from './payload.ts';
import { inOwnProcess } from './own-process.ts';
import { type CostUnit, type Effort, type Group, type Row, rowOf } from './row.ts';
import { startIngestServer } from './ingest-process.ts';

const FRAMES_PER_SECOND = 25;
const FRAME_BYTES = 10 * KB;
/** Two fragments of a second each, and some that are on their way. */
const STORE_BYTES_PER_STREAM = 1_000_000;
const SMALLEST_STORE_BYTES = 32 << 20;
/** Time to compile what is hot, and for the heap to take its size; seconds. */
const WARM_UP_S = 3;

const ROWS: ReadonlyArray<readonly [name: string, unit: CostUnit, figure: (second: FleetSecond) => number]> = [
  ['cpu-of-one-core', '%', ({ cpuPercent }) => cpuPercent],
  ['lateness-p99', 'ms', ({ latenessP99Ms }) => latenessP99Ms],
  ['event-loop-delay-p99', 'ms', ({ loopDelayP99Ms }) => loopDelayP99Ms],
  ['resident', 'MiB', ({ residentMib }) => residentMib],
  ['heap-and-buffers', 'MiB', ({ heapMib }) => heapMib],
];

interface Stage {
  readonly producer: Producer;
  readonly close: () => Promise<void>;
}

/** 25 frames a second of 10 KB, a key frame each second, in each of the streams. */
function realTime(name: string, streams: number, setStage: (streams: number) => Promise<Stage>): Group {
  return {
    name,
    async measureAll({ realTimeS, streamShare }: Effort): Promise<readonly Row[]> {
      const count = Math.ceil(streams * streamShare);
      const { producer, close } = await setStage(count);
      try {
        const opened = await Promise.all(
          Array.from({ length: count }, (_, index) => openVideoStream(producer, `camera-${index}`)),
        );
        const cameras = opened.map((stream) => new StreamCamera(stream, 1e6 / FRAMES_PER_SECOND));
        const group = annexBGroup(FRAMES_PER_SECOND, FRAME_BYTES);
        const fleet = new CameraFleet(cameras, group, FRAMES_PER_SECOND);
        await fleet.run(Math.min(WARM_UP_S, realTimeS));
        for (const stream of opened) await stream.flush();
        const seconds = await fleet.run(realTimeS);
        await producer.close();
        for (const { metrics } of opened) if (metrics.framesDropped > 0) throw new Error('Frames were dropped');
        return ROWS.map(([row, unit, figure]) => rowOf({ name: `${name}/${row}`, unit }, seconds.map(figure)));
      } finally {
        producer.abort();
        await close();
      }
    },
  };
}

const storeBytes = (streams: number): number => Math.max(SMALLEST_STORE_BYTES, streams * STORE_BYTES_PER_STREAM);

async function modelledStage(streams: number): Promise<Stage> {
  const service = new ModelledService('every-fragment');
  const producer = await openModelledProducer(service, { storeBytes: storeBytes(streams), maxStreams: streams });
  return { producer, close: () => producer.close().catch(() => undefined) };
}

/** The binding for Node, and a service in a process of its own: Node's HTTP client, its sockets and the kernel are part of it. */
async function httpStage(streams: number): Promise<Stage> {
  const server = await startIngestServer('service');
  const options = {
    endpoint: server.url,
    credentials: DEVELOPMENT_CREDENTIALS,
    storeBytes: storeBytes(streams),
    maxStreams: streams,
  };
  const producer = await createProducerWith(createNodePlatform(), options);
  return {
    producer,
    async close() {
      await producer.close().catch(() => undefined);
      await server.stop();
    },
  };
}

export const realTimeRows: readonly Group[] = [
  realTime('thousand-streams', 1000, modelledStage),
  inOwnProcess(realTime('thousand-streams-64-mib-young', 1000, modelledStage), ['--max-semi-space-size=64']),
  realTime('fifty-streams-over-http', 50, httpStage),
];
