/** A PutMedia body as the core packages it, which is a Matroska file: one header, then fragments of one second. */
import { Camera, openStreams, readAll, READ_BYTES, sharedCore, streamConfig } from './core-stream.ts';
import { annexBGroup, GROUP_FRAMES } from './payload.ts';

export interface RecordedBody {
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** Timecode of the last fragment, milliseconds: the ack to wait for. */
  readonly lastTimecodeMs: number;
}

/** Writes a body piece by piece. @returns the timecode of the last fragment, milliseconds */
export async function recordPieces(
  fragments: number,
  frameBytes: number,
  onPiece: (piece: Uint8Array) => void,
): Promise<number> {
  const config = { ...streamConfig('annexb-to-avcc'), absoluteTimecodes: false };
  const { streams, close } = openStreams(await sharedCore(), 1, config);
  const stream = streams[0]!;
  const camera = new Camera(stream);
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  const chunk = new Uint8Array(READ_BYTES);
  let timecodeMs = 0;
  stream.beginSession();
  for (let fragment = 0; fragment < fragments; fragment++) {
    const previousMs = timecodeMs;
    for (const [index, frame] of group.entries()) {
      const timestampUs = camera.put(frame, index === 0);
      if (index === 0) timecodeMs = Math.floor(timestampUs / 1000);
    }
    if (fragment === fragments - 1) stream.stop();
    readAll(stream, chunk, onPiece);
    if (fragment > 0) stream.acknowledge('persisted', previousMs);
  }
  close();
  return timecodeMs;
}

/** A whole body in memory. */
export async function recordBody(fragments: number, frameBytes: number): Promise<RecordedBody> {
  const pieces: Uint8Array[] = [];
  const lastTimecodeMs = await recordPieces(fragments, frameBytes, (piece) => pieces.push(piece.slice()));
  return { bytes: Buffer.concat(pieces), frames: fragments * GROUP_FRAMES, lastTimecodeMs };
}

/** Fragments of about this many bytes altogether; at least one. */
export function fragmentsIn(sizeBytes: number, frameBytes: number): number {
  return Math.max(1, Math.round(sizeBytes / (GROUP_FRAMES * frameBytes)));
}
