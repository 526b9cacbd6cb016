/** Streams whose content store is filled, and a service that is away meanwhile. */
import type { ProducerStream, StreamOptions } from '../../sdk/producer/index.ts';
import { ScriptedMedia } from './scripted-media.ts';
import { TEST_TRACK, testFrame, TestStream, watched } from './test-stream.ts';

/** Room for seven frames of `FULL_FRAME_BYTES`. */
export const SMALL_STORE = { storeBytes: 1 << 20 } as const;
export const FULL_FRAME_BYTES = 128 * 1024;

/** Frames of a stream put one after the other, without waiting, until one is not stored; how many were. */
export function fillStore(test: TestStream, from = 0, sizeBytes: number = FULL_FRAME_BYTES): number {
  let taken = 0;
  while (test.stream.tryPutFrame(testFrame(from + taken, sizeBytes)) === 'stored') taken++;
  return taken;
}

/** One fragment, open, that fills the store to its last frame of `sizeBytes`; how many frames it has. */
export function fillByOneFragment(test: TestStream, sizeBytes: number = FULL_FRAME_BYTES): number {
  let count = 0;
  while (test.stream.tryPutFrame(frameOfOpen(count, sizeBytes)) === 'stored') count++;
  return count;
}

/** Frame `i` of a fragment of any length: only the first is a key frame; a millisecond each. */
export function frameOfOpen(i: number, sizeBytes: number = FULL_FRAME_BYTES): ReturnType<typeof testFrame> {
  return { ...testFrame(i === 0 ? 0 : 1, sizeBytes), timestampUs: testFrame(0).timestampUs + i * 1000 };
}

/** A stream that cannot send: nothing leaves the store by itself. */
export function openUnsent(
  options: Partial<StreamOptions> = {},
  producerOptions: Parameters<typeof TestStream.open>[1] = SMALL_STORE,
): Promise<TestStream> {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  return TestStream.open({ waitUntilReady: false, ...options }, producerOptions, service);
}

/** Another stream in the same store. */
export function openNeighbour(
  test: TestStream,
  whenFull: NonNullable<StreamOptions['whenFull']>,
): Promise<ProducerStream> {
  return test.producer.openStream('back-door', { tracks: [TEST_TRACK], waitUntilReady: false, whenFull });
}

/** Fills the store and puts one frame more, which has to wait; `taken`: how many frames were stored. */
export function putIntoFull(test: TestStream): { readonly taken: number; readonly waiting: Promise<void> } {
  const taken = fillStore(test);
  return { taken, waiting: watched(test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES))) };
}
