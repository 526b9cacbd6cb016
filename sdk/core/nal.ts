import type { Core } from './core.ts';
import { checked } from './status-check.ts';

/** Pure helpers over the core's codec functions, for hosts that prepare media themselves, and for tests. Input is never changed. */

/** What parameter sets say about the pictures. */
export interface PictureFormat {
  /** Pixels, cropping applied. */
  readonly width: number;
  readonly height: number;
  /** `profile_idc`. */
  readonly profile: number;
  /** `level_idc`: ten times the level in H.264, thirty times in H.265. */
  readonly level: number;
  /** Pictures a second, where the parameter sets tell. */
  readonly frameRate?: number;
}

/** Bytes that a configuration record may be larger than Annex-B parameter sets. */
const RECORD_GROWTH_BYTES = 32;

/** Six u32, `assembly/nal/picture-format.ts`. */
const FORMAT_BYTES = 24;

/** How Annex-B is converted. */
export interface AnnexBOptions {
  /**
   * Takes the 03 of every 00 00 03 out of the units, at their end too. For looking into them: decoders want it left in.
   * Source: ITU-T H.264 §7.3.1, H.265 §7.3.1.1.
   * @default false
   */
  readonly removeEmulationPrevention?: boolean;
}

/**
 * Annex-B → AVCC: start codes of three or four bytes become four-byte lengths.
 * @throws KvsError STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA for more than three zeros in front of a non-zero byte
 */
export function annexBToAvcc(core: Core, annexB: Uint8Array, options: AnnexBOptions = {}): Uint8Array {
  // A start code of three bytes grows by one, and there are at most a third as many as bytes.
  const room = Math.ceil(annexB.length / 3);
  const address = core.scratch(new Uint8Array(room), annexB) + room;
  const convert = options.removeEmulationPrevention ? 'nalAnnexBToAvccPayloads' : 'nalAnnexBToAvcc';
  const size = core.run((exports) => checked(exports[convert](address, annexB.length, room), 'convert Annex-B'));
  const start = options.removeEmulationPrevention ? address - room : address - (size - annexB.length);
  return core.bytes.slice(start, start + size);
}

/** One NAL unit, without start code or length → its header and raw byte sequence payload: emulation prevention taken out. */
export function nalUnitPayload(core: Core, unit: Uint8Array): Uint8Array {
  const address = core.scratch(unit);
  const size = core.run((exports) => exports.nalUnitPayload(address, unit.length));
  return core.bytes.slice(address, address + size);
}

/**
 * AVCC with four-byte lengths → Annex-B with four-byte start codes; the size stays.
 * @throws KvsError STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA when a length does not fit
 */
export function avccToAnnexB(core: Core, avcc: Uint8Array): Uint8Array {
  const address = core.scratch(avcc);
  core.run((exports) => checked(exports.nalAvccToAnnexB(address, avcc.length), 'convert AVCC'));
  return core.bytes.slice(address, address + avcc.length);
}

/**
 * H.264 configuration record (avcC) of the first SPS and PPS in Annex-B data.
 * @throws KvsError STATUS_MKV_MIN_ANNEX_B_CPD_SIZE, …_MISSING_SPS_…, …_MISSING_PPS_…
 */
export function h264CodecPrivateData(core: Core, annexB: Uint8Array): Uint8Array {
  return configurationRecord(core, annexB, 'h264ConfigurationRecord');
}

/**
 * H.265 configuration record (hvcC) of all VPS, SPS and PPS in Annex-B data.
 * @throws KvsError STATUS_MKV_MIN_ANNEX_B_CPD_SIZE, …_ANNEXB_CPD_MISSING_NALUS, …_HEVC_SPS_NALU_MISSING
 */
export function h265CodecPrivateData(core: Core, annexB: Uint8Array): Uint8Array {
  return configurationRecord(core, annexB, 'h265ConfigurationRecord');
}

function configurationRecord(
  core: Core,
  annexB: Uint8Array,
  write: 'h264ConfigurationRecord' | 'h265ConfigurationRecord',
): Uint8Array {
  const room = annexB.length + RECORD_GROWTH_BYTES;
  const address = core.scratch(new Uint8Array(room), annexB);
  const size = core.run((exports) =>
    checked(exports[write](address, room, address + room, annexB.length), 'make a configuration record'),
  );
  return core.bytes.slice(address, address + size);
}

/**
 * Picture size, profile, level and frame rate from H.264 codec private data: Annex-B, avcC, or a bare SPS.
 * @throws KvsError when there is no readable SPS
 */
export function h264PictureFormat(core: Core, codecPrivateData: Uint8Array): PictureFormat {
  return pictureFormat(core, codecPrivateData, 'h264PictureFormat');
}

/**
 * The same from H.265 codec private data: Annex-B, hvcC, or a bare SPS.
 * @throws KvsError when there is no readable SPS
 */
export function h265PictureFormat(core: Core, codecPrivateData: Uint8Array): PictureFormat {
  return pictureFormat(core, codecPrivateData, 'h265PictureFormat');
}

function pictureFormat(core: Core, cpd: Uint8Array, read: 'h264PictureFormat' | 'h265PictureFormat'): PictureFormat {
  const format = core.scratch(new Uint8Array(FORMAT_BYTES), cpd);
  core.run((exports) => checked(exports[read](format + FORMAT_BYTES, cpd.length, format), 'read the picture format'));
  const [width, height, profile, level, pictures, seconds] = new Uint32Array(
    core.bytes.slice(format, format + FORMAT_BYTES).buffer,
  ) as unknown as [number, number, number, number, number, number];
  return { width, height, profile, level, ...(seconds === 0 ? {} : { frameRate: pictures / seconds }) };
}
