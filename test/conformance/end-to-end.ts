/** The main job as a runtime-neutral check: put a recording over a link that is cut once, and read back the same frames. */
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { chunksOf } from '../../sdk/consumer/byte-source.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { Core } from '../../sdk/core/core.ts';
import type { Credentials, Platform } from '../../sdk/platform.ts';
import type { Producer, ProducerOptions } from '../../sdk/producer/index.ts';
import { assertBytes, assertSame, assertThat, type Check } from './check.ts';
import { type Recording, type RecordingFrame, unpackRecording } from './recording.ts';

/** Plain data, so that it can travel as JSON. */
export interface EndToEndTask {
  /** Control plane, through the link that will be cut. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly streamName: string;
  /** Where the driver serves the recording, packed. */
  readonly recordingUrl: string;
}

/** The binding's own `createProducer`. */
export type CreateProducer = (options: ProducerOptions) => Promise<Producer>;

interface Outcome {
  readonly sent: readonly RecordingFrame[];
  readonly received: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly disconnects: number;
}

/** Ends a run that hangs, milliseconds. */
const TIME_LIMIT_MS = 60_000;

/** One run, looked at from several sides. */
export function endToEndChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  let outcome: Promise<Outcome> | undefined;
  const run = (platform: Platform): Promise<Outcome> => (outcome ??= putAndReadBack(task, createProducer, platform));
  return [
    {
      name: 'end to end: every frame put comes back, once or more',
      async run(platform) {
        const { sent, received } = await run(platform);
        assertThat(sent.length > 0, 'The recording is empty');
        assertSame(sent.filter((frame) => !received.has(keyOf(frame))).length, 0, 'frames missing');
        assertSame(received.size, sent.length, 'frames received');
      },
    },
    {
      name: 'end to end: every copy of every frame is identical, byte for byte',
      async run(platform) {
        const { sent, received } = await run(platform);
        for (const frame of sent) {
          for (const copy of received.get(keyOf(frame)) ?? []) assertBytes(copy, frame.data, `frame ${keyOf(frame)}`);
        }
      },
    },
    {
      name: 'end to end: the link was cut on the way',
      async run(platform) {
        assertSame((await run(platform)).disconnects, 1, 'disconnects');
      },
    },
  ];
}

async function putAndReadBack(
  task: EndToEndTask,
  createProducer: CreateProducer,
  platform: Platform,
): Promise<Outcome> {
  const limit = new AbortController();
  const timer = platform.setTimer(TIME_LIMIT_MS, () => limit.abort(new Error(`Not done after ${TIME_LIMIT_MS} ms`)));
  try {
    const recording = await fetchRecording(task.recordingUrl, platform);
    // On the wall clock, in whole milliseconds: what a camera would say, and what the timecode scale can hold.
    const startUs = Math.trunc(platform.now()) * 1000;
    const sent = recording.frames.map((frame) => ({ ...frame, timestampUs: startUs + frame.timestampUs }));
    const disconnects = await put(task, createProducer, { ...recording, frames: sent }, limit.signal);
    return { sent, received: await readBack(task, platform, sent.length, limit.signal), disconnects };
  } finally {
    timer.cancel();
  }
}

async function fetchRecording(url: string, platform: Platform): Promise<Recording> {
  const { body } = await platform.fetch({ method: 'GET', url, headers: {} });
  assertThat(body !== null, 'The recording has no body');
  const pieces: Uint8Array[] = [];
  for await (const piece of chunksOf(body)) pieces.push(piece);
  const packed = new Uint8Array(pieces.reduce((sizeBytes, piece) => sizeBytes + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    packed.set(piece, at);
    at += piece.length;
  }
  return unpackRecording(packed);
}

/** @returns how often the link was lost */
async function put(
  task: EndToEndTask,
  createProducer: CreateProducer,
  recording: Recording,
  signal: AbortSignal,
): Promise<number> {
  const { region, endpoint, credentials, streamName } = task;
  const producer = await createProducer({ region, endpoint, credentials, signal });
  const stream = await producer.openStream(streamName, { tracks: [...recording.tracks], signal });
  let disconnects = 0;
  const watching = (async () => {
    for await (const event of stream.events()) if (event.type === 'disconnected') disconnects++;
  })();
  for (const frame of recording.frames) await stream.putFrame(frame);
  await stream.stop({ signal });
  await producer.close();
  await watching;
  return disconnects;
}

/** Reads until `count` different frames are there. A frame that was sent twice is there twice. */
async function readBack(
  task: EndToEndTask,
  platform: Platform,
  count: number,
  signal: AbortSignal,
): Promise<Map<string, Uint8Array[]>> {
  const target = {
    platform,
    region: task.region,
    endpoint: task.endpoint,
    credentials: staticCredentials(task.credentials),
  };
  const body = await getMedia(target, task.streamName, { type: 'EARLIEST' }, { signal });
  const received = new Map<string, Uint8Array[]>();
  for await (const { frames } of readFragments(Core.create(await platform.loadCore()), body)) {
    for (const frame of frames) {
      const key = keyOf(frame);
      received.set(key, [...(received.get(key) ?? []), frame.data]);
    }
    if (received.size >= count) break;
  }
  return received;
}

/** Track and timestamp in milliseconds, the grain of the default timecode scale. */
function keyOf({ trackNumber, timestampUs }: { readonly trackNumber: number; readonly timestampUs: number }): string {
  return `${trackNumber}@${Math.floor(timestampUs / 1000)} ms`;
}
