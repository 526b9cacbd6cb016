/** Writes H.265 sequence parameter sets as far as the picture size (ITU-T H.265 §7.3.2.2.1), with emulation prevention. */
import { BitWriter, withEmulationPrevention } from './sps-writer.ts';

export interface H265SpsFields {
  readonly width: number;
  readonly height: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. @default 1 */
  readonly chroma?: number;
  /** Left, right, top, bottom, in units of the chroma format. */
  readonly crop?: readonly [number, number, number, number];
  /** Temporal sub-layers below the highest, each with a profile of its own. @default none */
  readonly subLayers?: readonly SubLayerProfile[];
}

export interface SubLayerProfile {
  readonly profile: number;
  /** `sub_layer_profile_compatibility_flag[0]` is the highest bit. */
  readonly compatibility?: number;
  /** The 44 bits behind the four source flags: 32 and 12. */
  readonly reserved?: readonly [high: number, low: number];
}

/** The NAL unit with its two header bytes. */
export function writeH265Sps(fields: H265SpsFields): Uint8Array {
  const { width, height, chroma = 1, crop, subLayers = [] } = fields;
  const out = new BitWriter();
  out.bits(0, 4);
  out.bits(subLayers.length, 3);
  out.bits(1, 1);
  writeProfile(out, { profile: 1 });
  out.bits(93, 8);
  // Which sub-layers have a profile, and a level; then two reserved bits for each of those that there might be.
  for (const _ of subLayers) out.bits(0b10, 2);
  if (subLayers.length > 0) for (let layer = subLayers.length; layer < 8; layer++) out.bits(0, 2);
  for (const layer of subLayers) writeProfile(out, layer);
  out.unsigned(0);
  out.unsigned(chroma);
  if (chroma === 3) out.bits(0, 1);
  out.unsigned(width);
  out.unsigned(height);
  out.bits(crop === undefined ? 0 : 1, 1);
  for (const edge of crop ?? []) out.unsigned(edge);
  out.unsigned(0);
  out.unsigned(0);
  return Uint8Array.from([0x42, 0x01, ...withEmulationPrevention(out.bytes())]);
}

/** 88 bits. */
function writeProfile(out: BitWriter, { profile, compatibility, reserved = [0, 0] }: SubLayerProfile): void {
  out.bits(profile, 8);
  out.bits(compatibility ?? 0x8000_0000 >>> profile, 32);
  out.bits(0b1001, 4);
  out.bits(reserved[0], 32);
  out.bits(reserved[1], 12);
}
