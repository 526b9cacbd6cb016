/** Codec private data that is made from a track's own fields, or brought into the form Matroska wants. */
import { KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';

/** G.711 in a WAVEFORMATEX. Source: RFC 2361. */
const FORMAT_TAG = { alaw: 6, mulaw: 7 } as const;
const WAVE_FORMAT_BYTES = 18;
const G711_BITS = 8;

/** Throws `KvsError` where the native producer does: 8000…192000 Hz, one or two channels. */
export function g711WaveFormat(codec: keyof typeof FORMAT_TAG, sampleRateHz: number, channels: number): Uint8Array {
  const holds = Number.isInteger(sampleRateHz) && sampleRateHz >= 8000 && sampleRateHz <= 192_000;
  if (!holds || !(channels === 1 || channels === 2))
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `G.711 cannot have ${channels} channels at ${sampleRateHz} Hz`);
  const format = new DataView(new ArrayBuffer(WAVE_FORMAT_BYTES));
  format.setUint16(0, FORMAT_TAG[codec], true);
  format.setUint16(2, channels, true);
  format.setUint32(4, sampleRateHz, true);
  format.setUint32(8, sampleRateHz * channels, true);
  format.setUint16(12, channels, true);
  format.setUint16(14, G711_BITS, true);
  return new Uint8Array(format.buffer);
}

const BITMAP_INFO_BYTES = 40;
const MJPG = 0x47504a4d;
const BITS_PER_PIXEL = 24;

/** The BITMAPINFOHEADER of motion JPEG; sizes in pixels, 1…65535. Throws `KvsError`. */
export function motionJpegInfo(width: number, height: number): Uint8Array {
  for (const pixels of [width, height]) {
    if (!Number.isInteger(pixels) || pixels < 1 || pixels > 0xffff)
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `A picture cannot be ${width} × ${height}`);
  }
  const info = new DataView(new ArrayBuffer(BITMAP_INFO_BYTES));
  info.setUint32(0, BITMAP_INFO_BYTES, true);
  info.setUint32(4, width, true);
  info.setUint32(8, height, true);
  info.setUint16(12, 1, true);
  info.setUint16(14, BITS_PER_PIXEL, true);
  info.setUint32(16, MJPG, true);
  info.setUint32(20, (width * height * BITS_PER_PIXEL) / 8, true);
  return new Uint8Array(info.buffer);
}

const OPUS_HEAD_BYTES = 19;
/** What encoders at 48 kHz put in front: 6.5 ms. */
const OPUS_PRE_SKIP = 312;

/** The identification header of Opus with one or two channels (mapping family 0). Source: RFC 7845 §5.1. Throws `KvsError`. */
export function opusHead(sampleRateHz: number, channels: number): Uint8Array {
  if (!(channels === 1 || channels === 2))
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      `Opus with ${channels} channels needs its OpusHead as codec private data`,
    );
  const head = new DataView(new ArrayBuffer(OPUS_HEAD_BYTES));
  new TextEncoder().encodeInto('OpusHead', new Uint8Array(head.buffer));
  head.setUint8(8, 1);
  head.setUint8(9, channels);
  head.setUint16(10, OPUS_PRE_SKIP, true);
  head.setUint32(12, sampleRateHz, true);
  return new Uint8Array(head.buffer);
}

const VPCC_BYTES = 12;

/**
 * VP9 in MP4 carries a `vpcC` (version 1, flags 0, profile, level, `dddd cccr`, colours); Matroska wants a list of features, each `id 01 value`:
 * profile, level, bit depth, chroma. Anything else is passed through.
 */
export function vp9Features(privateData: Uint8Array): Uint8Array {
  const [version, flag1, flag2, flag3, profile, level, depths] = privateData;
  const isVpcC =
    privateData.length >= VPCC_BYTES && version === 1 && ((flag1 ?? 1) | (flag2 ?? 1) | (flag3 ?? 1)) === 0;
  if (!isVpcC || profile === undefined || level === undefined || depths === undefined) return privateData;
  return Uint8Array.of(1, 1, profile, 2, 1, level, 3, 1, depths >> 4, 4, 1, (depths >> 1) & 7);
}
