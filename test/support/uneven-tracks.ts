/** A stream of a video and an audio track that are put unevenly, and what of it arrived. */
import type { Frame, ProducerOptions, StreamOptions, TrackOptions } from '../../sdk/producer/index.ts';
import type { ScriptedMedia } from './scripted-media.ts';
import { BASE_MS, TEST_TRACK, TestStream } from './test-stream.ts';

export const VIDEO = 1;
export const AUDIO = 2;
export const DATA = 3;

export const AUDIO_TRACK: TrackOptions = { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 };
export const DATA_TRACK: TrackOptions = {
  kind: 'data',
  codec: 'gps',
  codecId: 'D_TEST',
  contentType: 'application/x-gps',
  codecPrivateData: Uint8Array.of(1),
};

/** What a test frame may be beside its track and time. */
export interface FrameDetails extends Partial<Frame> {
  readonly sizeBytes?: number;
}

function frame(trackNumber: number, atMs: number, { sizeBytes = 64, ...details }: FrameDetails): Frame {
  const data = new Uint8Array(sizeBytes).fill(trackNumber);
  if (trackNumber === VIDEO) {
    new DataView(data.buffer).setUint32(0, sizeBytes - 4);
    data[4] = details.isKey ? 0x65 : 0x41;
  }
  return { data, timestampUs: (BASE_MS + atMs) * 1000, isKey: false, trackNumber, ...details };
}

/** A length-prefixed picture at this time after the beginning. */
export const video = (atMs: number, details: FrameDetails = {}): Frame => frame(VIDEO, atMs, details);
export const key = (atMs: number, details: FrameDetails = {}): Frame => video(atMs, { ...details, isKey: true });
/** Every packet of sound is a key frame, which begins no fragment beside video. */
export const audio = (atMs: number, details: FrameDetails = {}): Frame =>
  frame(AUDIO, atMs, { isKey: true, ...details });
export const data = (atMs: number, details: FrameDetails = {}): Frame => frame(DATA, atMs, details);

/** Decode time of a frame, in milliseconds after the beginning. */
export const decodedAt = (atMs: number): { readonly decodeTimestampUs: number } => ({
  decodeTimestampUs: (BASE_MS + atMs) * 1000,
});

/** Opens a stream of video and audio whose frames are put in order. */
export function openOrdered(
  options: Partial<StreamOptions> = {},
  producerOptions?: ProducerOptions,
  service?: ScriptedMedia,
): Promise<TestStream> {
  const order = { tracks: [TEST_TRACK, AUDIO_TRACK], frameOrder: 'decode-time' } as const;
  return TestStream.open({ ...order, ...options }, producerOptions, service);
}

/** Puts frames one after the other, and lets the service take what comes of them. */
export async function putAll(test: TestStream, ...frames: readonly Frame[]): Promise<void> {
  for (const each of frames) await test.stream.putFrame(each);
  await test.service.idle();
}

const LETTERS: Readonly<Record<number, string>> = { [VIDEO]: 'v', [AUDIO]: 'a', [DATA]: 'd' };

/** Frames that arrived over a connection, as `v0 a21`, fragments between bars: track and time after the beginning. */
export async function arrived(test: TestStream, upload = test.service.upload): Promise<string> {
  const fragments = await upload.fragments();
  const words = fragments
    .filter(({ frames }) => frames.length > 0)
    .map(({ frames }) =>
      frames.map(({ trackNumber, timecode }) => `${LETTERS[trackNumber]}${timecode - BASE_MS}`).join(' '),
    );
  return words.join(' | ');
}
