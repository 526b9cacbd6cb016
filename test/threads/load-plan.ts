/** The frames of the load test: known by their track and number alone, so that every thread and every reader can make them. */
import type { Frame, StreamToken, TrackOptions } from '../../sdk/producer/index.ts';

/** What a thread that puts is told. */
export interface LoadOrder {
  readonly token: StreamToken;
  readonly trackNumber: number;
  /** Media time that each track has been put to, milliseconds, a word each: tracks that wait for each other must not be far apart. */
  readonly progress: SharedArrayBuffer;
}

export const TRACKS: readonly TrackOptions[] = [
  { kind: 'video', codec: 'h264' },
  { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 },
];

/** By track number, from 1. */
export const FRAMES: readonly number[] = [0, 500, 1_000];

/** Of the first picture, microseconds. */
export const START_US = 1_700_000_000_000_000;
const FRAMES_A_FRAGMENT = 25;
const PICTURE_US = 40_000;
const SOUND_US = 20_000;
const PICTURE_BYTES = 10_000;
const SOUND_BYTES = 300;
/** SPS and PPS of 640 × 480, Annex-B. */
const PARAMETER_SETS = [
  0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x3d, 0xa1, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80,
] as const;

/** Frame `number` of a track, as an encoder gives it. */
export function loadFrame(trackNumber: number, number: number): Frame {
  if (trackNumber === 2) {
    const timestampUs = START_US + 7_000 + number * SOUND_US;
    return { data: noise(SOUND_BYTES + (number % 50), 7 * number + 1), timestampUs, isKey: true, trackNumber };
  }
  const isKey = number % FRAMES_A_FRAGMENT === 0;
  const picture = noise(PICTURE_BYTES + (number % 100), 13 * number + 5);
  const head = [...(isKey ? PARAMETER_SETS : []), 0, 0, 0, 1, isKey ? 0x65 : 0x41];
  const data = new Uint8Array(head.length + picture.length);
  data.set(head);
  data.set(picture, head.length);
  return { data, timestampUs: START_US + number * PICTURE_US, isKey, trackNumber };
}

/** What comes back of a frame: NAL units have lengths in place of start codes. */
export function storedData(trackNumber: number, number: number): Uint8Array {
  const { data, isKey } = loadFrame(trackNumber, number);
  if (trackNumber === 2) return data;
  const stored = data.slice();
  const view = new DataView(stored.buffer);
  const starts = isKey ? [0, 13, PARAMETER_SETS.length] : [0];
  for (const [index, start] of starts.entries()) view.setUint32(start, (starts[index + 1] ?? data.length) - start - 4);
  return stored;
}

/** Bytes without zeros, so that no start code is among them. */
function noise(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = (state >>> 16) | 1;
  }
  return bytes;
}
