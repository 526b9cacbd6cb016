import { bitsOverrun, readBits, readSigned, readUnsigned } from './bit-reader';
import { readRate, skipPictureDescription } from './vui';

/** The way through a sequence parameter set of H.265 from its bit depths to the timing. Source: ITU-T H.265 §7.3.2.2.1, §E.2.1. */

/** Most short-term reference picture sets, and most pictures in one. Source: ITU-T H.265 §7.4.3.2.1, §7.4.8. */
const MAX_REFERENCE_SETS: u32 = 64;
const MAX_REFERENCE_PICTURES: u32 = 16;

/** Most long-term reference pictures. */
const MAX_LONG_TERM_PICTURES: u32 = 32;

/**
 * Reads on to the picture rate. Where the set ends earlier, or is broken, the rate is not known.
 * @param rate where numerator and denominator go, two u32
 */
export function readH265Rate(subLayers: u32, rate: usize): void {
  store<u64>(rate, 0);
  const orderBits = readUnsigned() + 4; // log2_max_pic_order_cnt_lsb_minus4
  const orderings = readBits(1) != 0 ? subLayers : 1;
  for (let i: u32 = 0; i < 3 * orderings; i++) readUnsigned();
  for (let i = 0; i < 6; i++) readUnsigned(); // sizes of coding and transform blocks, depths of the hierarchy
  if (readBits(1) != 0 && readBits(1) != 0) skipScalingLists();
  readBits(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (readBits(1) != 0) {
    readBits(8); // pcm sample bit depths
    readUnsigned();
    readUnsigned();
    readBits(1);
  }
  if (!skipShortTermSets() || !skipLongTermPictures(orderBits)) return;
  readBits(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  if (readBits(1) == 0) return;
  skipPictureDescription();
  readBits(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (readBits(1) != 0) {
    for (let i = 0; i < 4; i++) readUnsigned(); // default display window
  }
  readRate(1, rate);
}

/** Source: ITU-T H.265 §7.3.4. */
function skipScalingLists(): void {
  for (let size: u32 = 0; size < 4; size++) {
    const coefficients = min<u32>(64, 16 << (size << 1));
    for (let matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1) {
      if (readBits(1) == 0) {
        readUnsigned(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (size > 1) readSigned(); // scaling_list_dc_coef_minus8
      for (let i: u32 = 0; i < coefficients; i++) readSigned();
    }
  }
}

/** Source: ITU-T H.265 §7.3.7. False when the numbers cannot be. */
function skipShortTermSets(): bool {
  const count = readUnsigned();
  if (count > MAX_REFERENCE_SETS) return false;
  let pictures: u32 = 0;
  for (let set: u32 = 0; set < count; set++) {
    // Predicted sets refer to the one in front: only slice headers may point further back.
    pictures = set != 0 && readBits(1) != 0 ? skipPredictedSet(pictures) : skipExplicitSet();
    if (pictures > MAX_REFERENCE_PICTURES || bitsOverrun()) return false;
  }
  return true;
}

function skipPredictedSet(picturesInFront: u32): u32 {
  readBits(1); // delta_rps_sign
  readUnsigned(); // abs_delta_rps_minus1
  let pictures: u32 = 0;
  for (let i: u32 = 0; i <= picturesInFront; i++) {
    const used = readBits(1) != 0;
    if (used || readBits(1) != 0) pictures++;
  }
  return pictures;
}

function skipExplicitSet(): u32 {
  const negative = readUnsigned();
  const positive = readUnsigned();
  if (negative > MAX_REFERENCE_PICTURES || positive > MAX_REFERENCE_PICTURES) return u32.MAX_VALUE;
  for (let i: u32 = 0; i < negative + positive; i++) {
    readUnsigned();
    readBits(1);
  }
  return negative + positive;
}

function skipLongTermPictures(orderBits: u32): bool {
  if (readBits(1) == 0) return true;
  const count = readUnsigned();
  if (count > MAX_LONG_TERM_PICTURES || orderBits > 16) return false;
  for (let i: u32 = 0; i < count; i++) readBits(orderBits + 1);
  return true;
}
