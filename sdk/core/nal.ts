import type { Core } from './core.ts';
import { checked } from './status-check.ts';

/** Pure helpers over the core's codec functions, for hosts that prepare media themselves, and for tests. Input is never changed. */

/** A picture's size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Bytes that a configuration record may be larger than Annex-B parameter sets. */
const RECORD_GROWTH_BYTES = 11;

const RESULT_BYTES = 16;

/**
 * Annex-B → AVCC: start codes of three or four bytes become four-byte lengths.
 * @throws KvsError STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA for more than three zeros in front of a non-zero byte
 */
export function annexBToAvcc(core: Core, annexB: Uint8Array): Uint8Array {
  // A start code of three bytes grows by one, and there are at most a third as many as bytes.
  const room = Math.ceil(annexB.length / 3);
  const address = core.scratch(new Uint8Array(room), annexB) + room;
  const size = core.run((exports) => checked(exports.nalAnnexBToAvcc(address, annexB.length, room), 'convert Annex-B'));
  const start = address - (size - annexB.length);
  return core.bytes.slice(start, start + size);
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
  const room = annexB.length + RECORD_GROWTH_BYTES;
  const address = core.scratch(new Uint8Array(room), annexB);
  const size = core.run((exports) =>
    checked(
      exports.h264ConfigurationRecord(address, room, address + room, annexB.length),
      'make a configuration record',
    ),
  );
  return core.bytes.slice(address, address + size);
}

/**
 * Picture size from H.264 codec private data: Annex-B, avcC, or a bare SPS.
 * @throws KvsError when there is no readable SPS
 */
export function h264Dimensions(core: Core, codecPrivateData: Uint8Array): PictureSize {
  const size = core.scratch(new Uint8Array(RESULT_BYTES), codecPrivateData);
  const address = size + RESULT_BYTES;
  core.run((exports) =>
    checked(exports.h264PictureSize(address, codecPrivateData.length, size), 'read the picture size'),
  );
  const view = new DataView(core.bytes.buffer, size, RESULT_BYTES);
  return { width: view.getUint32(0, true), height: view.getUint32(4, true) };
}
