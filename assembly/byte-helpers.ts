/** The part of the ABI that keeps nothing: functions over bytes in scratch memory. `index.ts` says how results and addresses are meant. */
import { parseAacConfig, writeAacConfig } from './codec/aac';
import { parseBitmapInfo } from './codec/bitmap-info';
import { parseWaveFormat, writeWaveFormat } from './codec/wave-format';
import { writeNumber, writeVariableNumber } from './ebml/writer';
import { resultsAddress } from './memory/results';
import { checkTagChain, putTagChain } from './mkv/tags';
import { ticksOf } from './mkv/timecode';
import { checkAnnexB, convertAnnexB, linkAnnexB } from './nal/annexb';
import { avccToAnnexB } from './nal/avcc';
import { annexBWithoutEmulationPrevention, withoutEmulationPrevention } from './nal/emulation-prevention';
import { h264AnnexBToAvcc, h264CpdFormat } from './nal/h264-cpd';
import { h265AnnexBToHvcc, h265CpdFormat } from './nal/h265-cpd';
import { STATUS_NOT_ENOUGH_MEMORY } from './status';

/** Annex-B → AVCC at the same place, growing towards lower addresses; the new size. `room` bytes in front may be used. */
export function nalAnnexBToAvcc(address: i32, sizeBytes: i32, room: i32): i32 {
  const first = resultsAddress();
  const growth = linkAnnexB(<usize>address, <u32>sizeBytes, first);
  if (growth < 0) return growth;
  if (growth > room) return -STATUS_NOT_ENOUGH_MEMORY;
  if (growth != 0) convertAnnexB(<usize>(address - growth), <usize>address, <u32>sizeBytes, load<u32>(first));
  return sizeBytes + growth;
}

/** The same without emulation prevention; the new size. The result begins at `address − room`; room is at least a third of the size. */
export function nalAnnexBToAvccPayloads(address: i32, sizeBytes: i32, room: i32): i32 {
  const status = checkAnnexB(<usize>address, <u32>sizeBytes);
  if (status < 0) return status;
  if (room < sizeBytes / 3) return -STATUS_NOT_ENOUGH_MEMORY;
  return <i32>annexBWithoutEmulationPrevention(<usize>(address - room), <usize>address, <u32>sizeBytes);
}

/** Takes emulation prevention out of one NAL unit, in place; the new size. */
export function nalUnitPayload(address: i32, sizeBytes: i32): i32 {
  return <i32>withoutEmulationPrevention(<usize>address, <usize>address, <u32>sizeBytes);
}

/** AVCC → Annex-B in place. */
export function nalAvccToAnnexB(address: i32, sizeBytes: i32): i32 {
  return avccToAnnexB(<usize>address, <u32>sizeBytes);
}

/** H.264 Annex-B parameter sets → configuration record at `destination`; bytes written. */
export function h264ConfigurationRecord(destination: i32, room: i32, address: i32, sizeBytes: i32): i32 {
  return h264AnnexBToAvcc(<usize>destination, <u32>room, <usize>address, <u32>sizeBytes);
}

/** H.265 Annex-B parameter sets → configuration record at `destination`; bytes written. */
export function h265ConfigurationRecord(destination: i32, room: i32, address: i32, sizeBytes: i32): i32 {
  return h265AnnexBToHvcc(<usize>destination, <u32>room, <usize>address, <u32>sizeBytes);
}

/** What H.264 codec private data says about the pictures, as `nal/picture-format.ts` at `format`. */
export function h264PictureFormat(address: i32, sizeBytes: i32, format: i32): i32 {
  return h264CpdFormat(<usize>address, <u32>sizeBytes, <usize>format);
}

/** The same for H.265. */
export function h265PictureFormat(address: i32, sizeBytes: i32, format: i32): i32 {
  return h265CpdFormat(<usize>address, <u32>sizeBytes, <usize>format);
}

/** Picture size of a BITMAPINFOHEADER as two u32 at `size`. */
export function bitmapPictureSize(address: i32, sizeBytes: i32, size: i32): i32 {
  return parseBitmapInfo(<usize>address, <u32>sizeBytes, <usize>size);
}

/** Frequency and channel configuration (7 stands for eight channels) of an AudioSpecificConfig as two u32 at `audio`. */
export function aacConfigRead(address: i32, sizeBytes: i32, audio: i32): i32 {
  return parseAacConfig(<usize>address, <u32>sizeBytes, <usize>audio);
}

/** Writes an AudioSpecificConfig; bytes written. */
export function aacConfigWrite(destination: i32, objectType: i32, samplingFrequencyHz: i32, channels: i32): i32 {
  return writeAacConfig(<usize>destination, <u32>objectType, <u32>samplingFrequencyHz, <u32>channels);
}

/** Frequency, channels and bits per sample of a G.711 WAVEFORMATEX as three u32 at `audio`. */
export function waveFormatRead(address: i32, sizeBytes: i32, audio: i32): i32 {
  return parseWaveFormat(<usize>address, <u32>sizeBytes, <usize>audio);
}

/** Writes a WAVEFORMATEX of G.711 (format 6 A-law, 7 µ-law); bytes written. */
export function waveFormatWrite(destination: i32, format: i32, samplingFrequencyHz: i32, channels: i32): i32 {
  return writeWaveFormat(<usize>destination, <u32>format, <u32>samplingFrequencyHz, <u32>channels);
}

/** Writes an EBML size field; bytes written. */
export function ebmlWriteSize(destination: i32, lo: i32, hi: i32): i32 {
  return writeVariableNumber(<usize>destination, ticksOf(lo, hi));
}

/** Writes an unsigned integer, big-endian, without leading zero octets; bytes written. */
export function ebmlWriteNumber(destination: i32, lo: i32, hi: i32): i32 {
  return writeNumber(<usize>destination, ticksOf(lo, hi));
}

/** Writes a tag chain that begins at Tags (0), Tag (1) or SimpleTag (2); bytes written. Name 1…128 bytes, value 0…256. */
export function tagChainWrite(destination: i32, top: i32, name: i32, nameBytes: i32, value: i32, valueBytes: i32): i32 {
  const status = checkTagChain(<u32>top, <u32>nameBytes, <u32>valueBytes);
  if (status < 0) return status;
  return (
    <i32>putTagChain(<usize>destination, <u32>top, <usize>name, <u32>nameBytes, <usize>value, <u32>valueBytes) -
    destination
  );
}
