/** Codecs: their Matroska ids, media types and private data; and how a video frame's NAL units are delimited. */
import { KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { Framing, TrackOptions } from '../options.ts';

interface Codec {
  readonly codecId: string;
  readonly contentType: string;
  /** Frames consist of NAL units and are adapted to length-prefixed form for the wire. @default false */
  readonly hasNalUnits?: boolean;
}

/** Source: c-producer §2.1; RFC 9559 §21 and the Matroska codec mappings for what AWS's producers do not know. */
const CODECS = {
  h264: { codecId: 'V_MPEG4/ISO/AVC', contentType: 'video/h264', hasNalUnits: true },
  h265: { codecId: 'V_MPEGH/ISO/HEVC', contentType: 'video/h265', hasNalUnits: true },
  vp8: { codecId: 'V_VP8', contentType: 'video/vp8' },
  vp9: { codecId: 'V_VP9', contentType: 'video/vp9' },
  av1: { codecId: 'V_AV1', contentType: 'video/av1' },
  mjpeg: { codecId: 'V_MS/VFW/FOURCC', contentType: 'video/x-matroska' },
  aac: { codecId: 'A_AAC', contentType: 'audio/aac' },
  alaw: { codecId: 'A_MS/ACM', contentType: 'audio/alaw' },
  mulaw: { codecId: 'A_MS/ACM', contentType: 'audio/mulaw' },
  opus: { codecId: 'A_OPUS', contentType: 'audio/opus' },
  'pcm-le': { codecId: 'A_PCM/INT/LIT', contentType: 'audio/x-matroska' },
  'pcm-be': { codecId: 'A_PCM/INT/BIG', contentType: 'audio/x-matroska' },
  'pcm-float': { codecId: 'A_PCM/FLOAT/IEEE', contentType: 'audio/x-matroska' },
} as const satisfies Record<string, Codec>;

export type CodecName = keyof typeof CODECS;

/** The codec of a track; one outside the table has to bring its own ids. Throws `KvsError`. */
export function resolveCodec(track: TrackOptions): Required<Codec> {
  const known: Codec | undefined = Object.hasOwn(CODECS, track.codec) ? CODECS[track.codec as CodecName] : undefined;
  const codecId = track.codecId ?? known?.codecId;
  const contentType = track.contentType ?? known?.contentType;
  if (codecId === undefined || contentType === undefined) {
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      `Codec '${track.codec}' is not in the table (${Object.keys(CODECS).join(', ')}): give codecId and contentType`,
    );
  }
  return { codecId, contentType, hasNalUnits: known?.hasNalUnits ?? false };
}

/** Sampling frequencies by their index. Source: ISO/IEC 14496-3 §1.6.3.4. */
const AAC_FREQUENCIES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const AAC_LOW_COMPLEXITY = 2;

/**
 * The two-byte AudioSpecificConfig of AAC-LC: `ooooo ffff cccc 000` (object type, frequency index, channels).
 * Source: ISO/IEC 14496-3 §1.6.2.1. Throws `KvsError` for a rate or channel count that has no code.
 */
export function aacSpecificConfig(sampleRateHz: number, channels: number): Uint8Array {
  const frequency = AAC_FREQUENCIES_HZ.indexOf(sampleRateHz);
  if (frequency < 0) {
    throw new KvsError(
      STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX,
      `AAC has no code for ${sampleRateHz} Hz`,
    );
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > 7) {
    throw new KvsError(STATUS.STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG, `AAC has no code for ${channels} channels`);
  }
  const bits = (AAC_LOW_COMPLEXITY << 11) | (frequency << 7) | (channels << 3);
  return Uint8Array.of(bits >> 8, bits & 0xff);
}

/** True for data that begins with a three- or four-byte start code. */
export function startsWithStartCode(data: Uint8Array): boolean {
  return data[0] === 0 && data[1] === 0 && (data[2] === 1 || (data[2] === 0 && data[3] === 1));
}

/** True when four-byte lengths lead exactly from the first byte to the last. */
function isLengthPrefixed(data: Uint8Array): boolean {
  let at = 0;
  while (at + 4 <= data.length) {
    const unitBytes =
      (((data[at] as number) << 24) |
        ((data[at + 1] as number) << 16) |
        ((data[at + 2] as number) << 8) |
        (data[at + 3] as number)) >>>
      0;
    if (unitBytes === 0) return false;
    at += 4 + unitBytes;
  }
  return at === data.length && at > 0;
}

/**
 * Tells Annex-B from AVCC. Lengths that add up win over a start code: `00 00 01 xx` may also be the length of a unit of
 * 256…511 bytes, while in Annex-B data a chain of lengths ends exactly at the last byte only by an absurd accident.
 */
export function detectFraming(data: Uint8Array): Framing {
  if (isLengthPrefixed(data)) return 'avcc';
  return startsWithStartCode(data) ? 'annexb' : 'avcc';
}
