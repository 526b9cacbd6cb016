/** Frames of a core stream that carry their own time, ten a second, with a key frame at each full second. */
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import { FRAME_FLAG } from '../../sdk/core/core-stream-types.ts';
import { parseSession, type WireCluster } from '../unit/view/wire.ts';
import { readAll } from './core-fixture.ts';

export const FRAME_MS = 100;
const FRAME_BYTES = 40;

/** The payload of the frame at a time: the time as its first number. */
export function numbered(timeMs: number): Uint8Array {
  const data = new Uint8Array(FRAME_BYTES);
  new DataView(data.buffer).setUint32(0, timeMs);
  return data;
}

/** Puts the frames from one time to another, milliseconds, that one left out. */
export function putNumbered(stream: CoreStream, fromMs: number, endMs: number): void {
  for (let ms = fromMs; ms < endMs; ms += FRAME_MS) {
    const flags = ms % 1000 === 0 ? FRAME_FLAG.key : 0;
    const status = stream.putFrame(1, numbered(ms), flags, ms * 1000, ms * 1000, FRAME_MS * 1000);
    if (status < 0) throw new Error(`Frame at ${ms} ms: status ${(-status).toString(16)}`);
  }
}

/** What can be read of the session now, taken apart. Throws when it does not begin with a header. */
export function sessionOf(stream: CoreStream): WireCluster[] {
  return parseSession(readAll(stream));
}

/** Ends of fragments among bytes. */
export function endMarks(bytes: Uint8Array): number {
  return Buffer.from(bytes).toString('latin1').split('AWS_KINESISVIDEO_END_OF_FRAGMENT').length - 1;
}
