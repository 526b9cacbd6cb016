/** Random tracks, and what a reader must find of them. */
import fc from 'fast-check';
import type { MediaTrack } from '../../sdk/consumer/index.ts';
import type { CoreTrack } from '../../sdk/core/index.ts';
import type { ParameterSets } from '../support/parameter-sets.ts';
import { annexBSets, type Described, describedBy, type PictureCodec, SETS_DRAWN, setsOf } from './picture-sets.ts';
import { mostlySmall, noise, text } from './property.ts';
import { aacConfig } from './random-aac.ts';

const MAX_TRACKS = 3;
const MAX_TRACK_NUMBER = 126;
export interface RandomTrack {
  readonly kind: CoreTrack['kind'];
  /** 1…126, and the position where the settings say none. */
  readonly number: number;
  readonly settings: CoreTrack;
  /** What the header says, as long as no key frame brings anything else. */
  readonly described: Described;
  /** A codec whose parameter sets are looked for in key frames, and those that are given. */
  readonly codec?: PictureCodec;
  readonly sets?: ParameterSets;
}

type Made = Omit<RandomTrack, 'kind' | 'number'>;

const trackId = fc.oneof<fc.Arbitrary<number | bigint>[]>(
  fc.maxSafeNat().map((id) => id || 1),
  fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
  fc.constantFrom(1, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n),
);
const identity = fc.record({ trackId, name: text(32) });
const privateData = fc
  .tuple(fc.integer(), fc.oneof({ weight: 3, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.nat(9_000) }))
  .map(([seed, length]) => noise(seed, length));
const u16 = fc.nat(0xffff);

/** Fields that are there at all. */
function given(described: Described): Described {
  const { codecPrivateData, ...numbers } = described;
  return { ...numbers, ...(codecPrivateData?.length ? { codecPrivateData } : {}) };
}

const picture = (pixelWidth: number, pixelHeight: number): Described =>
  pixelWidth === 0 ? {} : { pixelWidth, pixelHeight };

const sound = (samplingFrequencyHz: number, channels: number, bitDepth: number): Described =>
  samplingFrequencyHz === 0
    ? {}
    : { samplingFrequencyHz, ...(channels === 0 ? {} : { channels }), ...(bitDepth === 0 ? {} : { bitDepth }) };

const CODEC_ID: Readonly<Record<PictureCodec, string>> = { h264: 'V_MPEG4/ISO/AVC', h265: 'V_MPEGH/ISO/HEVC' };

/** H.264 or H.265, given parameter sets in one form or the other, or left to find them. */
const pictures = (codec: PictureCodec, adapt: boolean): fc.Arbitrary<Made> =>
  fc
    .record({
      identity,
      form: fc.constantFrom('record', 'annexb', 'none'),
      drawn: fc.nat(SETS_DRAWN - 1),
      width: u16,
      height: u16,
    })
    .map(({ identity: named, form, drawn, width, height }) => {
      const settings = { ...named, kind: 'video', codecId: CODEC_ID[codec], width, height } as const;
      if (form === 'none') return { codec, settings, described: picture(width, height) };
      const sets = setsOf(codec, drawn);
      const codecPrivateData = form === 'record' ? sets.record : annexBSets(sets);
      const described = describedBy(sets, adapt || form === 'record');
      return { codec, sets, settings: { ...settings, codecPrivateData }, described };
    });

const otherVideo: fc.Arbitrary<Made> = fc
  .record({ identity, codecId: fc.oneof(fc.constant('V_VP9'), text(32)), privateData, width: u16, height: u16 })
  .map(({ identity: named, codecId, privateData: codecPrivateData, width, height }) => ({
    settings: { ...named, kind: 'video', codecId, codecPrivateData, width, height },
    described: given({ ...picture(width, height), codecPrivateData }),
  }));

/** A BITMAPINFOHEADER: the size is at bytes 4 and 8. */
const motionJpeg: fc.Arbitrary<Made> = fc
  .record({ identity, seed: fc.integer(), width: u16, height: u16 })
  .map(({ identity: named, seed, width, height }) => {
    const codecPrivateData = noise(seed, 40);
    const view = new DataView(codecPrivateData.buffer);
    view.setUint16(4, width, true);
    view.setUint16(8, height, true);
    return {
      settings: { ...named, kind: 'video', codecId: 'V_MS/VFW/FOURCC', codecPrivateData },
      described: { ...picture(width, height), codecPrivateData },
    };
  });

const aac: fc.Arbitrary<Made> = fc
  .record({ identity, config: aacConfig, channels: fc.nat(255) })
  .map(({ identity: named, config, channels }) => ({
    settings: {
      ...named,
      kind: 'audio',
      codecId: 'A_AAC',
      samplingFrequencyHz: 1,
      channels,
      codecPrivateData: config.bytes,
    },
    described: {
      ...sound(config.samplingFrequencyHz, config.channels ?? channels, 0),
      codecPrivateData: config.bytes,
    },
  }));

/** A WAVEFORMATEX of G.711. */
const g711: fc.Arbitrary<Made> = fc
  .record({
    identity,
    tag: fc.constantFrom(6, 7),
    frequency: fc.nat(192_000),
    channels: fc.nat(255),
    bits: fc.nat(255),
  })
  .map(({ identity: named, tag, frequency, channels, bits }) => {
    const codecPrivateData = new Uint8Array(18);
    const view = new DataView(codecPrivateData.buffer);
    view.setUint16(0, tag, true);
    view.setUint16(2, channels, true);
    view.setUint32(4, frequency, true);
    view.setUint16(14, bits, true);
    return {
      settings: { ...named, kind: 'audio', codecId: 'A_MS/ACM', codecPrivateData },
      described: { ...sound(frequency, channels, bits), codecPrivateData },
    };
  });

const otherAudio: fc.Arbitrary<Made> = fc
  .record({
    identity,
    codecId: fc.constantFrom('A_OPUS', 'A_PCM/INT/LIT', 'A_FLAC', ''),
    privateData,
    frequency: mostlySmall(192_000, 0xffff_ffff).map((hz) => hz - 1),
    channels: fc.nat(255),
    bitDepth: fc.nat(255),
  })
  .map(({ identity: named, codecId, privateData: codecPrivateData, frequency, channels, bitDepth }) => ({
    settings: {
      ...named,
      kind: 'audio',
      codecId,
      codecPrivateData,
      samplingFrequencyHz: frequency,
      channels,
      bitDepth,
    },
    described: given({ ...sound(frequency, channels, bitDepth), codecPrivateData }),
  }));

const data: fc.Arbitrary<Made> = fc
  .record({ identity, codecId: text(32), privateData })
  .map(({ identity: named, codecId, privateData: codecPrivateData }) => ({
    settings: { ...named, kind: 'data', codecId, codecPrivateData },
    described: given({ codecPrivateData }),
  }));

/** One to three tracks of any kind, with numbers of their own or those of their positions. */
export function randomTracks(adapt: boolean): fc.Arbitrary<RandomTrack[]> {
  const h264 = pictures('h264', adapt);
  const track = fc.oneof(h264, h264, pictures('h265', adapt), otherVideo, motionJpeg, aac, g711, otherAudio, data);
  const tracks = fc.uniqueArray(track, {
    minLength: 1,
    maxLength: MAX_TRACKS,
    selector: ({ settings }) => BigInt(settings.trackId),
  });
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: MAX_TRACK_NUMBER }), {
    minLength: MAX_TRACKS,
    maxLength: MAX_TRACKS,
  });
  return fc.tuple(tracks, fc.option(numbers, { freq: 3 })).map(([made, drawn]) =>
    made.map((one, index) => {
      const number = drawn?.[index] ?? index + 1;
      const settings = drawn === null ? one.settings : { ...one.settings, trackNumber: number };
      return { ...one, kind: one.settings.kind, number, settings };
    }),
  );
}

/** The track as the header of a session must have it. */
export function expectedTrack({ number, settings }: RandomTrack, described: Described): MediaTrack {
  const { kind, codecId, name } = settings;
  return {
    number,
    uid: BigInt(settings.trackId),
    type: kind === 'data' ? 'other' : kind,
    codecId,
    ...(name === '' || name === undefined ? {} : { name }),
    ...described,
  };
}
