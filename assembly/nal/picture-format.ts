/**
 * What a sequence parameter set says about the pictures. The codec parsers fill it as a whole, and only when they succeed.
 *
 * ```
 * byte  0       4        8         12      16              20
 *       | width | height | profile | level | rateNumerator | rateDenominator |
 * ```
 */
@unmanaged
export class PictureFormat {
  /** Pixels, cropping applied. */
  width: u32;
  height: u32;
  /** `profile_idc`. */
  profile: u32;
  /** `level_idc`: ten times the level in H.264, thirty times in H.265. */
  level: u32;
  /** Pictures in `rateDenominator` seconds; 0 when the set does not tell. */
  rateNumerator: u32;
  rateDenominator: u32;
}

/** PixelWidth and PixelHeight are written as 16-bit numbers. */
export const MAX_DIMENSION: i64 = 65535;
