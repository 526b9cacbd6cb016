/** A PutMedia body as the core packages it: one header, then fragments of one second. */
import { readFileSync } from 'node:fs';
import { Core, FRAME_FLAG } from '../sdk/core/index.ts';
import { STATUS } from '../sdk/status-codes.ts';
import { annexBGroup } from './payload.ts';

const FRAMES_PER_SECOND = 30;

export interface RecordedBody {
  readonly bytes: Uint8Array;
  /** Timecode of the last fragment, milliseconds: the ack to wait for. */
  readonly lastTimecodeMs: number;
}

/** @param bytesPerSecond of the video: the size of each fragment but for its headers */
export function recordBody(fragments: number, bytesPerSecond: number): RecordedBody {
  const module = new WebAssembly.Module(readFileSync(new URL('../build/core.simd.wasm', import.meta.url)));
  const store = Core.create({ flavour: 'simd', module }).openStore(4 * bytesPerSecond + (1 << 20));
  const stream = store.openStream({
    tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', width: 1280, height: 720 }],
    nal: 'annexb-to-avcc',
    adaptCodecPrivateData: true,
    contentType: 'video/h264',
    absoluteTimecodes: false,
    segmentUuid: new Uint8Array(16).fill(7),
    expectsPersistedAck: true,
  });
  const group = annexBGroup(FRAMES_PER_SECOND, Math.floor(bytesPerSecond / FRAMES_PER_SECOND));
  const pieces: Uint8Array[] = [];
  stream.beginSession();
  for (let second = 0; second < fragments; second++) {
    for (const [index, frame] of group.entries()) {
      const timestampUs = second * 1_000_000 + Math.floor((index * 1_000_000) / FRAMES_PER_SECOND);
      stream.putFrame(1, frame, index === 0 ? FRAME_FLAG.key : 0, timestampUs, timestampUs, 0);
    }
    if (second === fragments - 1) stream.stop();
    for (let status = 0; status === 0; status = stream.readStatus) {
      const piece = new Uint8Array(bytesPerSecond);
      pieces.push(piece.subarray(0, stream.read(piece)));
    }
    if (second > 0) stream.acknowledge('persisted', (second - 1) * 1000);
  }
  if (stream.readStatus !== STATUS.STATUS_AWAITING_PERSISTED_ACK && stream.readStatus !== STATUS.STATUS_END_OF_STREAM) {
    throw new Error(`The body ends with ${stream.readStatus}`);
  }
  return { bytes: Buffer.concat(pieces), lastTimecodeMs: (fragments - 1) * 1000 };
}
