/** Random tracks, and what a reader must find of them. */
import fc from 'fast-check';
import type { MediaTrack } from '../../sdk/consumer/index.ts';
import type { CoreTrack, NalAdaptation } from '../../sdk/core/index.ts';
import { ANNEXB_PARAMETER_SETS, AVCC_RECORD } from '../support/core-fixture.ts';
import { mostlySmall, noise, text } from './property.ts';

const MAX_TRACKS = 3;
const AVC_SIZE = { pixelWidth: 3840, pixelHeight: 1920 };
/** ISO/IEC 14496-3, table 1.18. */
const AAC_FREQUENCIES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/** What a track's header says, without what all tracks have. */
type Described = Partial<
  Pick<MediaTrack, 'pixelWidth' | 'pixelHeight' | 'samplingFrequencyHz' | 'channels' | 'bitDepth' | 'codecPrivateData'>
>;

export interface RandomTrack {
  readonly kind: CoreTrack['kind'];
  readonly settings: Omit<CoreTrack, 'trackNumber'>;
  readonly described: Described;
  /** Instead of `described` once a key frame brought parameter sets, for a track that was opened without. */
  readonly afterKeyFrame?: Described;
}

const identity = fc.record({ trackId: fc.maxSafeNat().map((id) => id || 1), name: text(32) });
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
  samplingFrequencyHz === 0 ? {} : { samplingFrequencyHz, channels, ...(bitDepth === 0 ? {} : { bitDepth }) };

/** H.264, given its parameter sets in one form or the other, or left to find them. */
const h264 = (nal: NalAdaptation, adapt: boolean): fc.Arbitrary<Omit<RandomTrack, 'kind'>> =>
  fc
    .record({ identity, form: fc.constantFrom('record', 'annexb', 'none'), width: u16, height: u16 })
    .map(({ identity: named, form, width, height }) => {
      const settings = { ...named, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', width, height } as const;
      const annexB = { ...AVC_SIZE, codecPrivateData: adapt ? AVCC_RECORD : ANNEXB_PARAMETER_SETS };
      if (form === 'annexb')
        return { settings: { ...settings, codecPrivateData: ANNEXB_PARAMETER_SETS }, described: annexB };
      if (form === 'none' && nal !== 'none')
        return { settings, described: picture(width, height), afterKeyFrame: annexB };
      return {
        settings: { ...settings, codecPrivateData: AVCC_RECORD },
        described: { ...AVC_SIZE, codecPrivateData: AVCC_RECORD },
      };
    });

const otherVideo: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
  .record({ identity, codecId: fc.oneof(fc.constant('V_VP9'), text(32)), privateData, width: u16, height: u16 })
  .map(({ identity: named, codecId, privateData: codecPrivateData, width, height }) => ({
    settings: { ...named, kind: 'video', codecId, codecPrivateData, width, height },
    described: given({ ...picture(width, height), codecPrivateData }),
  }));

/** A BITMAPINFOHEADER: the size is at bytes 4 and 8. */
const motionJpeg: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
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

const aac: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
  .record({
    identity,
    objectType: fc.integer({ min: 1, max: 31 }),
    frequency: fc.nat(AAC_FREQUENCIES_HZ.length - 1),
    channels: fc.nat(7),
    tail: privateData,
  })
  .map(({ identity: named, objectType, frequency, channels, tail }) => {
    const bits = (objectType << 11) | (frequency << 7) | (channels << 3);
    const codecPrivateData = Uint8Array.from([bits >> 8, bits & 0xff, ...tail]);
    return {
      settings: { ...named, kind: 'audio', codecId: 'A_AAC', samplingFrequencyHz: 1, channels: 9, codecPrivateData },
      described: { ...sound(AAC_FREQUENCIES_HZ[frequency] as number, channels, 0), codecPrivateData },
    };
  });

/** A WAVEFORMATEX of G.711. */
const g711: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
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

const otherAudio: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
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

const data: fc.Arbitrary<Omit<RandomTrack, 'kind'>> = fc
  .record({ identity, codecId: text(32), privateData })
  .map(({ identity: named, codecId, privateData: codecPrivateData }) => ({
    settings: { ...named, kind: 'data', codecId, codecPrivateData },
    described: given({ codecPrivateData }),
  }));

/** One to three tracks of any kind. */
export function randomTracks(nal: NalAdaptation, adapt: boolean): fc.Arbitrary<RandomTrack[]> {
  const track = fc.oneof(h264(nal, adapt), h264(nal, adapt), otherVideo, motionJpeg, aac, g711, otherAudio, data);
  return fc.array(
    track.map((made) => ({ ...made, kind: made.settings.kind })),
    { minLength: 1, maxLength: MAX_TRACKS },
  );
}

/** The track as the header of a session must have it. */
export function expectedTrack(track: RandomTrack, number: number, hasFound: boolean): MediaTrack {
  const { trackId, kind, codecId, name } = track.settings;
  return {
    number,
    uid: BigInt(trackId),
    type: kind === 'data' ? 'other' : kind,
    codecId,
    ...(name === '' || name === undefined ? {} : { name }),
    ...(hasFound ? track.afterKeyFrame : track.described),
  };
}
