/**
 * The main job, end to end: a recording goes through a producer into a service, over a connection that is cut on the way,
 * and comes back out bit for bit.
 *
 * Exit code 0 only if every frame came back with the same bytes and the same timestamp.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProducer } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { writeMedia } from '../../cli/media-output.ts';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import { trackOptions, upload } from '../../cli/upload.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { type MergedFragment, mergeSegments } from '../../sdk/consumer/merge.ts';
import { Core } from '../../sdk/core/core.ts';
import type { StreamMetrics } from '../../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { type CuttingProxy, startCuttingProxy } from '../../test/support/cutting-proxy.ts';
import type { Comparison, SentFrame } from './comparison.ts';
import { FrameComparison } from './comparison.ts';
import type { StreamAddress } from './read-back.ts';
import { mediaFromStart } from './read-back.ts';
import { isSuccess, reportText } from './report.ts';
import { startServiceProcess } from './service-process.ts';

const RECORDING = fileURLToPath(new URL('recording.mp4', import.meta.url));
const OUTPUT = 'demo.mkv';
/** In the middle of the recording, and in the middle of a fragment. */
const CUT_AT_US = 5_500_000;

interface Sent {
  readonly frames: readonly SentFrame[];
  readonly metrics: StreamMetrics;
}

/** Sends the recording in real time, and cuts the connection on the way. */
async function send(address: StreamAddress, proxy: CuttingProxy): Promise<Sent> {
  const source = await openMediaSource(RECORDING);
  const frames: SentFrame[] = [];
  let isCut = false;
  try {
    await using producer = await createProducer(address);
    const stream = await producer.openStream(address.streamName, { tracks: source.tracks.map(trackOptions) });
    const metrics = await upload(stream, source, {
      realTime: true,
      signal: AbortSignal.timeout(60_000),
      output: process.stderr,
      onFrame: (frame) => {
        frames.push({ trackNumber: 1, ...frame });
        if (isCut || frame.timestampUs - frames[0]!.timestampUs < CUT_AT_US) return;
        isCut = true;
        proxy.cut();
      },
    });
    return { frames, metrics };
  } finally {
    await source.close();
  }
}

/** Reads the stream back and compares it with what was sent. */
async function compare(core: Core, address: StreamAddress, frames: readonly SentFrame[]): Promise<Comparison> {
  const comparison = new FrameComparison(frames);
  for await (const fragment of readFragments(core, mediaFromStart(address))) {
    comparison.add(fragment);
    if (comparison.isComplete || fragment.millisBehindNow === 0) break;
  }
  return comparison.result();
}

/** Reads the stream back into one file that any player opens. */
async function writePlayable(core: Core, address: StreamAddress, fragments: number): Promise<void> {
  let merged = 0;
  const until = ({ isReplay }: MergedFragment): boolean => (isReplay ? merged : ++merged) >= fragments;
  const media = mergeSegments(core, mediaFromStart(address), { until, rebase: true });
  await writeMedia(media, OUTPUT);
}

async function runDemo(directory: string): Promise<boolean> {
  await using proxy = await startCuttingProxy(() => service.url);
  await using service = await startServiceProcess(directory, `http://127.0.0.1:${proxy.port}`);
  const address = {
    endpoint: service.url,
    region: 'us-west-2',
    credentials: DEVELOPMENT_CREDENTIALS,
    streamName: 'demo',
  };

  console.log(`Sending ${RECORDING} in real time; the connection is cut after ${CUT_AT_US / 1e6} s`);
  const { frames, metrics } = await send(address, proxy);
  console.log('Reading it back through @aws-sdk/client-kinesis-video-media\n');
  const core = Core.create(await createNodePlatform().loadCore());
  const comparison = await compare(core, address, frames);
  await writePlayable(core, address, comparison.fragments);
  console.log(reportText(comparison, metrics));
  const success = isSuccess(comparison, metrics);
  console.log(success ? `Every frame came back identical. Play it: ${OUTPUT}` : 'The demo failed');
  return success;
}

const directory = await mkdtemp(join(tmpdir(), 'penstock-demo-'));
try {
  process.exitCode = (await runDemo(directory)) ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
