import type { Core } from '../../sdk/core/core.ts';
import type { ContentStore, CoreStreamConfig } from '../../sdk/core/content-store.ts';
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import { FRAME_FLAG } from '../../sdk/core/core-stream-types.ts';

/** A configuration record of a 3840 × 1920 picture. */
export const AVCC_RECORD: Uint8Array = fromHex(
  '01640034ffe1001767640034ac2b401e0078d808800001f40000ea6047a55001000468ee3cb0',
);

/** Parameter sets of the same picture, Annex-B. */
export const ANNEXB_PARAMETER_SETS: Uint8Array = fromHex(
  '0000000167640034ac2b401e0078d808800001f40000ea6047a5500000000168ee3cb0',
);

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Settings of one video track without NAL adaptation. */
export const PLAIN_VIDEO: CoreStreamConfig = {
  tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', codecPrivateData: AVCC_RECORD }],
  nal: 'none',
  adaptCodecPrivateData: false,
  contentType: 'video/h264',
  segmentUuid: new Uint8Array(16).fill(0x55),
  expectsPersistedAck: true,
};

export interface Fixture {
  readonly store: ContentStore;
  readonly stream: CoreStream;
}

/** A store with one stream in it. */
export function openFixture(core: Core, settings: Partial<CoreStreamConfig> = {}, storeBytes = 1 << 20): Fixture {
  const store = core.openStore(storeBytes);
  return { store, stream: store.openStream({ ...PLAIN_VIDEO, ...settings }) };
}

/** One frame of a test stream: its time in milliseconds, `key` or not. */
export function putAt(
  stream: CoreStream,
  timeMs: number,
  key: boolean,
  data: Uint8Array = Uint8Array.of(timeMs & 0xff),
): number {
  return stream.putFrame(1, data, key ? FRAME_FLAG.key : 0, timeMs * 1000, timeMs * 1000, 1000);
}

/** Everything that can be read now, in chunks of this size. */
export function readAll(stream: CoreStream, chunkBytes = 4096): Uint8Array {
  const pieces: Buffer[] = [];
  do {
    const chunk = Buffer.alloc(chunkBytes);
    pieces.push(chunk.subarray(0, stream.read(chunk)));
  } while (stream.readStatus === 0);
  return Uint8Array.from(Buffer.concat(pieces));
}
