/** `penstock put`: a recording or a live pipe into a stream. */
import { type Command, Option } from 'commander';
import type { ServiceTarget } from '../../sdk/aws/signed-call.ts';
import { streamInfo } from '../../sdk/aws/stream-api.ts';
import { ServiceCallError, StreamUnavailableError } from '../../sdk/errors.ts';
import { createProducerWith, type StreamMetrics, type StreamOptions } from '../../sdk/producer/index.ts';
import type { ConnectionFlags } from '../connection.ts';
import { connect, CREDENTIALS_HELP, withConnectionOptions } from '../connection.ts';
import { watchInterrupts } from '../interrupt.ts';
import { count, formatBytes, numberBetween } from '../numbers.ts';
import type { TrackChoice } from '../sources/container.ts';
import type { MediaSource } from '../sources/media-source.ts';
import { openMediaSource } from '../sources/open-source.ts';
import { trackOptions, upload } from '../upload.ts';
import { MAX_RETENTION_HOURS } from './streams.ts';

interface PutFlags extends ConnectionFlags {
  readonly fast?: boolean;
  readonly fps?: number;
  readonly tracks: TrackChoice;
  readonly create?: boolean;
  readonly retentionHours: number;
  readonly whenFull: NonNullable<StreamOptions['whenFull']>;
  readonly storeMb: number;
}

const EXAMPLES = `
Raw H.264 (Annex-B), MP4, QuickTime, Matroska and WebM are told apart by their content. Sent are H.264 video and AAC audio,
the first track of each. Raw H.264 has no times of its own: its pictures are spaced evenly in the order in which they come,
so a stream with B-frames should come in a container. The service wants a frame of every track in each fragment: where
one track ends long before the other, send the other alone with --tracks.

The progress line counts fragments acknowledged as RECEIVED/PERSISTED; "lag" is how late the last frame was sent.
Exit code 0 means that every frame was acknowledged as PERSISTED.

Examples:
  $ penstock put front-door recording.mp4 --create --local
  $ penstock put front-door archive.mkv --fast --region eu-west-1
  $ libcamera-vid -t 0 --inline -o - | penstock put front-door - --fps 30 --create --local
  $ ffmpeg -i rtsp://camera/1 -c copy -f matroska - | penstock put front-door - --local`;

function summaryText(metrics: StreamMetrics, leadingFrames: number): string {
  const { framesPut, bytesPut, fragmentsPut, reconnects, fragmentsResent, lastFrameLatency } = metrics;
  const lines = [`Sent ${count(framesPut, 'frame')} (${formatBytes(bytesPut)}) in ${count(fragmentsPut, 'fragment')}`];
  if (leadingFrames > 0) lines.push(`Left out ${count(leadingFrames, 'frame')} before the first key frame`);
  if (reconnects > 0) lines.push(`${count(reconnects, 'reconnect')}, ${count(fragmentsResent, 'fragment')} sent twice`);
  if (lastFrameLatency.samples > 0) {
    const [median, worst] = [lastFrameLatency.medianMs, lastFrameLatency.worstMs].map(Math.round);
    lines.push(`Put to persisted: median ${median} ms, worst ${worst} ms after a fragment's last frame`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Asks once whether the stream can be written to. A producer goes on trying for as long as there are frames to save;
 * somebody who mistyped the endpoint or the name wants to know at once.
 */
async function requireStream(target: ServiceTarget, streamName: string, create: boolean): Promise<void> {
  try {
    await streamInfo(target, streamName, { maxAttempts: 2 });
  } catch (error) {
    if (!(error instanceof ServiceCallError) || error.errorType !== 'ResourceNotFoundException') throw error;
    if (!create) throw new StreamUnavailableError(error.status, streamName, 'it does not exist (--create makes it)');
  }
}

async function send(
  streamName: string,
  source: MediaSource,
  target: ServiceTarget,
  flags: PutFlags,
  signal: AbortSignal,
): Promise<void> {
  await requireStream(target, streamName, flags.create === true);
  await using producer = await createProducerWith(target.platform, { ...target, storeBytes: flags.storeMb * 1e6 });
  const stream = await producer.openStream(streamName, {
    tracks: source.tracks.map(trackOptions),
    createIfMissing: flags.create === true,
    retentionHours: flags.retentionHours,
    whenFull: flags.whenFull,
  });
  process.stderr.write(`Sending ${source.description} to ${streamName}\n`);
  const metrics = await upload(stream, source, { realTime: !flags.fast, signal, output: process.stderr });
  process.stderr.write(summaryText(metrics, source.leadingFrames));
  const framesLost = metrics.framesDropped + metrics.framesRejected;
  if (framesLost > 0) throw new Error(`${count(framesLost, 'frame')} of ${metrics.framesPut} were not persisted`);
}

async function put(streamName: string, path: string, flags: PutFlags): Promise<void> {
  using interrupts = watchInterrupts();
  const { signal } = interrupts;
  const target = await connect(flags, streamName);
  // A pipe may be silent for ever: taking it away is what ends the wait for it.
  if (path === '-') signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  const fps = flags.fps === undefined ? {} : { framesPerSecond: flags.fps };
  try {
    const source = await openMediaSource(path, { tracks: flags.tracks, ...fps });
    try {
      await send(streamName, source, target, flags, signal);
    } finally {
      await source.close();
    }
  } finally {
    // Whatever else went wrong on the way out, this is why.
    signal.throwIfAborted();
  }
}

export function addPutCommand(program: Command): void {
  withConnectionOptions(program.command('put'))
    .summary('send a recording or a live pipe to a stream')
    .description('Send encoded media to a stream and wait until all of it is persisted.')
    .argument('<stream>', 'name of the stream')
    .argument('<file>', 'recording to send; - is standard input')
    .option('--fast', 'send as fast as possible instead of in real time')
    .option('--fps <rate>', 'frame rate of raw H.264 (default: what it states, else 25)', numberBetween(0.1, 1000))
    .addOption(new Option('--tracks <kind>', 'which tracks to send').choices(['all', 'video', 'audio']).default('all'))
    .option('--create', 'create the stream when it does not exist')
    .option(
      '--retention-hours <hours>',
      'retention of a stream that is created; 0 keeps nothing',
      numberBetween(0, MAX_RETENTION_HOURS, { integer: true }),
      24,
    )
    .addOption(
      new Option('--when-full <policy>', 'what to do when the store is full')
        .choices(['wait', 'drop-oldest'])
        .default('wait'),
    )
    .option('--store-mb <megabytes>', 'size of the store that rides out an outage', numberBetween(1, 2000), 32)
    .addHelpText('after', `${CREDENTIALS_HELP}\n${EXAMPLES}`)
    .action(put);
}
