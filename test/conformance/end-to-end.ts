/** The main job as a runtime-neutral check: put a recording over a link that is cut once, and read back the same frames. */
import { chunksOf } from '../../sdk/consumer/byte-source.ts';
import type { Credentials, Platform } from '../../sdk/platform.ts';
import type { Producer, ProducerOptions } from '../../sdk/producer/index.ts';
import { assertBytes, assertSame, assertThat, type Check, concatenate } from './check.ts';
import { type Recording, type RecordingFrame, unpackRecording } from './recording.ts';
import { frameKey, readBack } from './service-bench.ts';

/** Plain data, so that it can travel as JSON. */
export interface EndToEndTask {
  /** Control plane, through the link that will be cut. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly streamName: string;
  /** Where the driver serves the recording, packed. */
  readonly recordingUrl: string;
  /** Answers a POST with the same body, byte by byte as it comes, with the header `x-echo: yes`. */
  readonly echoUrl: string;
  /** Answers with 307 and the address of the recording. */
  readonly redirectUrl: string;
  /** Cuts the link: `?after=BYTES` that are still to be sent over it, `&mode=reset` or `stall`. Without `after`: at once. */
  readonly linkControlUrl: string;
  /** A control plane that nobody listens at. */
  readonly unreachableEndpoint: string;
}

/** The binding's own `createProducer`. */
export type CreateProducer = (options: ProducerOptions) => Promise<Producer>;

interface Outcome {
  readonly sent: readonly RecordingFrame[];
  readonly received: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly disconnects: number;
}

/** Ends an upload that hangs, milliseconds. */
const TIME_LIMIT_MS = 50_000;

/** One run, looked at from several sides. */
export function endToEndChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  let outcome: Promise<Outcome> | undefined;
  const run = (platform: Platform): Promise<Outcome> => (outcome ??= putAndReadBack(task, createProducer, platform));
  return [
    {
      group: 'upload',
      needs: ['network'],
      name: 'end to end: every frame put comes back, once or more',
      async run(platform) {
        const { sent, received } = await run(platform);
        assertThat(sent.length > 0, 'The recording is empty');
        assertSame(sent.filter((frame) => !received.has(frameKey(frame))).length, 0, 'frames missing');
        assertSame(received.size, sent.length, 'frames received');
      },
    },
    {
      group: 'upload',
      needs: ['network'],
      name: 'end to end: every copy of every frame is identical, byte for byte',
      async run(platform) {
        const { sent, received } = await run(platform);
        for (const frame of sent) {
          for (const copy of received.get(frameKey(frame)) ?? [])
            assertBytes(copy, frame.data, `frame ${frameKey(frame)}`);
        }
      },
    },
    {
      group: 'upload',
      needs: ['network'],
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
  const recording = await fetchRecording(task.recordingUrl, platform);
  // On the wall clock, in whole milliseconds: what a camera would say, and what the timecode scale can hold.
  const startUs = Math.trunc(platform.now()) * 1000;
  const sent = recording.frames.map((frame) => ({ ...frame, timestampUs: startUs + frame.timestampUs }));
  const disconnects = await put(task, createProducer, platform, { ...recording, frames: sent });
  return { sent, received: await readBack(task, platform, task.streamName, sent.length), disconnects };
}

async function fetchRecording(url: string, platform: Platform): Promise<Recording> {
  const { body } = await platform.fetch({ method: 'GET', url, headers: {} });
  assertThat(body !== null, 'The recording has no body');
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(body)) chunks.push(chunk);
  return unpackRecording(concatenate(chunks));
}

/** @returns how often the link was lost */
async function put(
  task: EndToEndTask,
  createProducer: CreateProducer,
  platform: Platform,
  recording: Recording,
): Promise<number> {
  const { region, endpoint, credentials, streamName } = task;
  const producer = await createProducer({ region, endpoint, credentials });
  const limit = platform.setTimer(TIME_LIMIT_MS, () => producer.abort(new Error(`Not put in ${TIME_LIMIT_MS} ms`)));
  try {
    const stream = await producer.openStream(streamName, { tracks: [...recording.tracks] });
    let disconnects = 0;
    const watching = (async () => {
      for await (const event of stream.events()) if (event.type === 'disconnected') disconnects++;
    })();
    for (const frame of recording.frames) await stream.putFrame(frame);
    await stream.stop();
    await producer.close();
    await watching;
    return disconnects;
  } finally {
    limit.cancel();
  }
}
