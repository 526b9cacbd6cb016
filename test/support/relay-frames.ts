/** Frames for a stream through a relay, each of which carries its number; and what came back of them. */
import * as assert from 'uvu/assert';
import type { MediaFragment } from '../../sdk/consumer/fragment-reader.ts';
import type { Frame } from '../../sdk/producer/options.ts';
import { seededRandom } from './seeded-random.ts';

export const FRAME_US = 40_000;

/** Frame `index` of a stream that began at a time, a key frame each `gop` frames; the same every time. */
export function relayFrame(index: number, startUs: number, { gop = 5, sizeBytes = 2_000 } = {}): Frame {
  const data = new Uint8Array(sizeBytes);
  const random = seededRandom(index + 1);
  for (let at = 0; at < sizeBytes; at++) data[at] = Math.floor(random() * 256);
  new DataView(data.buffer).setUint32(0, index);
  return { data, timestampUs: startUs + index * FRAME_US, durationUs: FRAME_US, isKey: index % gop === 0 };
}

/** The time that the first frame of a stream has, whole milliseconds. */
export const startOfStreamUs = (): number => Math.trunc(Date.now()) * 1000;

/**
 * The frames of a stream as a consumer has them that drops what it has seen: of fragments that begin at the same time the last one wins. Fails where
 * one is not whole, or they are not in order.
 */
export function framesOf(fragments: readonly MediaFragment[]): Map<number, Uint8Array> {
  const latest = new Map<number, MediaFragment>();
  for (const fragment of fragments) latest.set(fragment.frames[0]?.timestampUs ?? NaN, fragment);
  const frames = new Map<number, Uint8Array>();
  let lastUs = -Infinity;
  for (const [, fragment] of [...latest].sort(([one], [other]) => one - other)) {
    for (const { timestampUs, data } of fragment.frames) {
      assert.ok(timestampUs > lastUs, `the frame at ${timestampUs} µs comes after ${lastUs} µs`);
      lastUs = timestampUs;
      frames.set(timestampUs, data);
    }
  }
  return frames;
}

/** Every frame from 0 to `count` came back once, in order, byte for byte. */
export function assertAllFrames(
  fragments: readonly MediaFragment[],
  count: number,
  startUs: number,
  shape?: Parameters<typeof relayFrame>[2],
): void {
  const frames = framesOf(fragments);
  for (let index = 0; index < count; index++) {
    const { timestampUs, data } = relayFrame(index, startUs, shape);
    const came = frames.get(timestampUs);
    assert.ok(came !== undefined, `frame ${index} is missing`);
    assert.ok(Buffer.compare(came, data) === 0, `frame ${index} is another`);
  }
  assert.is(frames.size, count);
}
