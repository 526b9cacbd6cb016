/** Parameter sets that random key frames and private data have, and what a header says of them. */
import type { MediaTrack } from '../../sdk/consumer/index.ts';
import { ANNEXB_PARAMETER_SETS, AVCC_RECORD } from '../support/core-fixture.ts';
import { framed, h264Sets, h265Sets, type ParameterSets } from '../support/parameter-sets.ts';

export type PictureCodec = ParameterSets['codec'];

/** What a track's header says, without what all tracks have. */
export type Described = Partial<
  Pick<MediaTrack, 'pixelWidth' | 'pixelHeight' | 'samplingFrequencyHz' | 'channels' | 'bitDepth' | 'codecPrivateData'>
>;

const SPS_END = 27;
const CODE_BYTES = 4;
const RECORDED: ParameterSets = {
  codec: 'h264',
  units: [ANNEXB_PARAMETER_SETS.slice(CODE_BYTES, SPS_END), ANNEXB_PARAMETER_SETS.slice(SPS_END + CODE_BYTES)],
  record: AVCC_RECORD,
  width: 3840,
  height: 1920,
};

/** Of each codec some that differ; the last of H.264 only in the picture parameter set. */
const SETS: Readonly<Record<PictureCodec, readonly ParameterSets[]>> = {
  h264: [RECORDED, h264Sets(1280, 720), h264Sets(640, 480), h264Sets(640, 480, 4)],
  h265: [h265Sets('main'), h265Sets('main 10')],
};

/** Numbers below this draw sets. */
export const SETS_DRAWN = 4;

export function setsOf(codec: PictureCodec, drawn: number): ParameterSets {
  const sets = SETS[codec];
  return sets[drawn % sets.length] as ParameterSets;
}

export const annexBSets = ({ units }: ParameterSets): Uint8Array => framed('annexb', units);

/** @param asRecord as a configuration record, otherwise Annex-B */
export function describedBy(sets: ParameterSets, asRecord: boolean): Described {
  const codecPrivateData = asRecord ? sets.record : annexBSets(sets);
  return { pixelWidth: sets.width, pixelHeight: sets.height, codecPrivateData };
}
