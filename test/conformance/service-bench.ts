/** What the checks that talk to a service have in common: a producer of the binding's own, and reading back. */
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import type { ServiceTarget } from '../../sdk/aws/signed-call.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { Core } from '../../sdk/core/core.ts';
import type { Platform } from '../../sdk/platform.ts';
import type { Producer, ProducerOptions, ProducerStream, StreamOptions } from '../../sdk/producer/index.ts';
import { assertBytes, assertSame, type Check } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import type { Group, Need } from './groups.ts';
import { type VideoFrame, syntheticVideo, type VideoShape } from './synthetic-video.ts';

/** One track of synthetic video. */
export const VIDEO: StreamOptions = { tracks: [{ kind: 'video', codec: 'h264' }] };

/** A service to check against, as one check sees it. */
export interface ServiceBench {
  readonly task: EndToEndTask;
  readonly platform: Platform;
  /** A stream name of this check's own. */
  readonly streamName: (suffix?: string) => string;
  /** Frames from now on, in whole milliseconds. */
  readonly video: (shape: Omit<VideoShape, 'startUs'>) => VideoFrame[];
  /** Makes a producer, and ends it and its streams whatever becomes of `use`. */
  readonly withProducer: <T>(options: ProducerOptions, use: (producer: Producer) => Promise<T>) => Promise<T>;
}

/** Makes checks of one group out of what they do with a service. */
export function serviceChecks(
  group: Group,
  task: EndToEndTask,
  createProducer: CreateProducer,
  checks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>>,
  needs: readonly Need[] = ['network'],
): readonly Check[] {
  return Object.entries(checks).map(([name, run], index) => ({
    name,
    group,
    needs,
    run: (platform) =>
      run({
        task,
        platform,
        streamName: (suffix = '') => `${task.streamName}-${group}-${index}${suffix}`,
        video: (shape) => syntheticVideo({ ...shape, startUs: Math.trunc(platform.now()) * 1000 }),
        async withProducer(options, use) {
          const { region, endpoint, credentials } = task;
          const producer = await createProducer({ region, endpoint, credentials, ...options });
          try {
            return await use(producer);
          } finally {
            producer.abort();
            await producer.close();
          }
        },
      }),
  }));
}

/** What names a service. */
type ServiceOf = Pick<EndToEndTask, 'region' | 'endpoint' | 'credentials'>;

/** Where a consumer reads from. */
export function consumerTarget(task: ServiceOf, platform: Platform): ServiceTarget {
  const { region, endpoint, credentials } = task;
  return { platform, region, endpoint, credentials: staticCredentials(credentials) };
}

/** Puts all frames in order. */
export async function putAll(stream: ProducerStream, frames: readonly VideoFrame[]): Promise<void> {
  for (const frame of frames) await stream.putFrame(frame);
}

/** Reads until `count` different frames are there. A frame that was sent twice is there twice. */
export async function readBack(
  task: ServiceOf,
  platform: Platform,
  streamName: string,
  count: number,
): Promise<Map<string, Uint8Array[]>> {
  const body = await getMedia(consumerTarget(task, platform), streamName, { type: 'EARLIEST' });
  const received = new Map<string, Uint8Array[]>();
  for await (const { frames } of readFragments(Core.create(await platform.loadCore()), body)) {
    for (const frame of frames) {
      const key = frameKey(frame);
      received.set(key, [...(received.get(key) ?? []), frame.data]);
    }
    if (received.size >= count) break;
  }
  return received;
}

/** Every frame must come back from the service, each copy of it as it was put; and nothing else. */
export async function assertReadBack(
  { task, platform }: ServiceBench,
  streamName: string,
  sent: readonly VideoFrame[],
): Promise<void> {
  const received = await readBack(task, platform, streamName, sent.length);
  assertSame(received.size, sent.length, `frames of ${streamName}`);
  for (const { timestampUs, avcc } of sent) {
    const key = frameKey({ trackNumber: 1, timestampUs });
    const copies = received.get(key) ?? [];
    assertSame(copies.length > 0, true, `${key} of ${streamName} came back`);
    for (const copy of copies) assertBytes(copy, avcc, `${key} of ${streamName}`);
  }
}

/** Track and timestamp in milliseconds, the grain of the default timecode scale. */
export function frameKey({
  trackNumber,
  timestampUs,
}: {
  readonly trackNumber: number;
  readonly timestampUs: number;
}): string {
  return `${trackNumber}@${Math.floor(timestampUs / 1000)} ms`;
}
