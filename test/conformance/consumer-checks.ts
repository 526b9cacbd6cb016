/** Reading back: fragments with their tracks, tags and numbers, from a chosen start, and live. */
import {
  getMedia,
  mergeSegments,
  readFragments,
  type MediaFragment,
  type StartSelector,
} from '../../sdk/consumer/index.ts';
import { Core } from '../../sdk/core/index.ts';
import { ServiceCallError } from './public-api.ts';
import { assertBytes, assertSame, assertThat, type Check, concatenate, hex, rejection } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { consumerTarget, putAll, type ServiceBench, serviceChecks, VIDEO } from './service-bench.ts';
import type { VideoFrame } from './synthetic-video.ts';

const FRAGMENTS = 3;
const EBML_MAGIC = '1a45dfa3';

/** Puts a video whose fragments carry a tag each. */
async function putTagged(bench: ServiceBench): Promise<VideoFrame[]> {
  const frames = bench.video({ fragments: FRAGMENTS });
  await bench.withProducer({}, async (producer) => {
    const stream = await producer.openStream(bench.streamName(), VIDEO);
    for (const [index, frame] of frames.entries()) {
      if (frame.isKey && index > 0) await stream.putFragmentMetadata('position', `${index}`);
      await stream.putFrame(frame);
    }
    await stream.stop();
  });
  return frames;
}

/** The first fragments from a start on. */
async function fragmentsOf(
  { task, platform }: ServiceBench,
  streamName: string,
  start: StartSelector,
  count: number,
): Promise<MediaFragment[]> {
  const body = await getMedia(consumerTarget(task, platform), streamName, start);
  const fragments: MediaFragment[] = [];
  for await (const fragment of readFragments(Core.create(await platform.loadCore()), body)) {
    if (fragments.push(fragment) === count) break;
  }
  return fragments;
}

export function consumerChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return serviceChecks('consumer', task, createProducer, {
    'fragments come back with tracks, tags, numbers and times': async (bench) => {
      const frames = await putTagged(bench);
      const fragments = await fragmentsOf(bench, bench.streamName(), { type: 'EARLIEST' }, FRAGMENTS);
      assertSame(fragments.length, FRAGMENTS, 'fragments');
      for (const [index, fragment] of fragments.entries()) {
        const first = frames[index * 3];
        assertThat(first !== undefined, 'There are too many fragments');
        assertSame(fragment.tracks[0]?.codecId, 'V_MPEG4/ISO/AVC', 'codec');
        assertSame(fragment.tracks[0]?.pixelWidth, 1280, 'width, found in the first key frame');
        assertSame(fragment.producerTimestampMs, first.timestampUs / 1000, 'producer timestamp');
        assertThat((fragment.serverTimestampMs ?? 0) > 1_600_000_000_000, 'There is no server timestamp');
        const tag = fragment.tags.find(({ name }) => name === 'position');
        assertSame(tag?.value, index === 0 ? undefined : `${index * 3}`, `tag of fragment ${index}`);
        assertSame(fragment.frames.map(({ isKey }) => (isKey ? 'K' : 'd')).join(''), 'Kdd', 'key flags');
        assertBytes(fragment.frames[0]?.data ?? new Uint8Array(0), first.avcc, 'first frame');
      }
    },
    'reading begins behind a fragment, or at a time': async (bench) => {
      const frames = await putTagged(bench);
      const streamName = bench.streamName();
      const [first] = await fragmentsOf(bench, streamName, { type: 'EARLIEST' }, 1);
      const afterFragmentNumber = first?.fragmentNumber ?? '';
      const behind = await fragmentsOf(bench, streamName, { type: 'FRAGMENT_NUMBER', afterFragmentNumber }, 1);
      assertSame(behind[0]?.producerTimestampMs, (frames[3]?.timestampUs ?? 0) / 1000, 'fragment behind the first');
      const timestampMs = (frames[6]?.timestampUs ?? 0) / 1000;
      const from = await fragmentsOf(bench, streamName, { type: 'PRODUCER_TIMESTAMP', timestampMs }, 1);
      assertSame(from[0]?.producerTimestampMs, timestampMs, 'fragment at a time');
    },
    'a reader that is there first sees what is put afterwards': async (bench) => {
      const frames = bench.video({ fragments: 2 });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const body = await getMedia(consumerTarget(task, bench.platform), bench.streamName(), { type: 'NOW' });
        const reading = readFragments(Core.create(await bench.platform.loadCore()), body);
        await putAll(stream, frames);
        await stream.flush();
        const { value } = await reading.next();
        assertThat(value !== undefined, 'The answer ended without a fragment');
        assertSame(value.producerTimestampMs, (frames[0]?.timestampUs ?? 0) / 1000, 'producer timestamp');
        await reading.return();
        await stream.stop();
      });
    },
    'a stream can be kept as one Matroska file': async (bench) => {
      await putTagged(bench);
      const body = await getMedia(consumerTarget(task, bench.platform), bench.streamName(), { type: 'EARLIEST' });
      let fragments = 0;
      const until = (): boolean => ++fragments === FRAGMENTS;
      const pieces: Uint8Array[] = [];
      const core = Core.create(await bench.platform.loadCore());
      for await (const piece of mergeSegments(core, body, { until })) pieces.push(piece.slice());
      const file = hex(concatenate(pieces));
      assertSame(file.split(EBML_MAGIC).length - 1, 1, 'headers');
      assertSame(file.startsWith(EBML_MAGIC), true, 'begins with the header');
    },
    'a stream that does not exist is refused, with the answer of the service': async (bench) => {
      const reading = getMedia(consumerTarget(task, bench.platform), bench.streamName(), { type: 'NOW' });
      const failure = await rejection(reading, 'getMedia');
      assertThat(failure instanceof ServiceCallError, `It rejected with ${String(failure)}`);
      assertSame(failure.httpStatus, 404, 'HTTP status');
      assertSame(failure.code, 'ResourceNotFoundException', 'code');
      assertThat((failure.requestId ?? '') !== '', 'The request id is not told');
    },
  });
}
