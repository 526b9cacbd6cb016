/**
 * Codec private data: turned into a record, given when a stream is opened, or found in its first key frame.
 * The knob byte: bits 0…1 which of these, 2…4 the codec, 5…6 NAL adaptation, 7 adaptation of private data, or too little room for a record.
 */
import type { Core } from '../../../sdk/core/core.ts';
import { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_FLAG } from '../../../sdk/core/core-stream-types.ts';
import { type CoreTrack, encodeStreamConfig, type NalAdaptation } from '../../../sdk/core/stream-config.ts';
import { statusName } from '../../../sdk/status.ts';
import { PLAIN_VIDEO, readAll } from '../../support/core-fixture.ts';
import { logEvents } from '../../support/event-log.ts';
import { bytesOf } from '../../support/mkv-builder.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { ANNEXB_MUTATORS, AVCC_MUTATORS, BIT_MUTATORS } from '../mutate/nal.ts';
import { asText, type Bench, demand, magnitude, type Outcome, startsWithCode, type Target } from '../target.ts';
import { H264_PRIVATE_DATA, H265_PRIVATE_DATA } from './parameter-sets.ts';

const CODECS: ReadonlyArray<Pick<CoreTrack, 'codecId' | 'kind'> & { readonly contentType: string }> = [
  { codecId: 'V_MPEG4/ISO/AVC', kind: 'video', contentType: 'video/h264' },
  { codecId: 'V_MPEGH/ISO/HEVC', kind: 'video', contentType: 'video/h265' },
  { codecId: 'A_AAC', kind: 'audio', contentType: 'audio/aac' },
  { codecId: 'A_MS/ACM', kind: 'audio', contentType: 'audio/alaw' },
  { codecId: 'V_MS/VFW/FOURCC', kind: 'video', contentType: 'video/mjpeg' },
  { codecId: 'V_VP9', kind: 'video', contentType: 'video/vp9' },
  { codecId: 'A_OPUS', kind: 'audio', contentType: 'audio/opus' },
  { codecId: '', kind: 'data', contentType: 'application/x-data' },
];
const NALS: readonly NalAdaptation[] = ['none', 'annexb-to-avcc', 'avcc-to-annexb', 'none'];

const RECORD_GROWTH_BYTES = 32;
const FORMAT_BYTES = 24;
const STORE_BYTES = 1 << 17;
const SOILED_BYTES = 1 << 16;
const READING = { strict: true, windowBytes: 1 << 17, maxValueBytes: 1 << 15 };
/** With them the parameter sets take about half of the room that is kept for what a key frame holds, and about all of it. */
const LONG_MESSAGES_BYTES = [1940, 3980];
const PLAIN_FRAME = Uint8Array.of(0, 0, 0, 1, 0x65, 0x88);

/** Status and the six numbers of a picture format. */
function formatOf({ core, memory, isSplit }: Bench, data: Uint8Array, isH265: boolean): string {
  memory.place(data, { isSplit, outputBytes: FORMAT_BYTES });
  const parse = isH265 ? 'h265PictureFormat' : 'h264PictureFormat';
  const status = core.run((exports) => exports[parse](memory.address, data.length, memory.outputAddress));
  memory.check();
  return status < 0
    ? statusName(-status)
    : new Uint32Array(memory.read(memory.outputAddress, FORMAT_BYTES).buffer).join();
}

function makeRecord(bench: Bench, data: Uint8Array, isH265: boolean, isRoomy: boolean): Outcome {
  const { core, memory, isSplit } = bench;
  const outputBytes = isRoomy ? data.length + RECORD_GROWTH_BYTES : data.length >> 1;
  memory.place(data, { isSplit, outputBytes });
  const make = isH265 ? 'h265ConfigurationRecord' : 'h264ConfigurationRecord';
  const size = core.run((exports) => exports[make](memory.outputAddress, outputBytes, memory.address, data.length));
  memory.check();
  if (size < 0) return { agreed: String(size), kind: `${isH265} ${statusName(-size)}` };
  demand(size <= outputBytes, () => `${size} bytes in a room of ${outputBytes}`);
  const record = memory.read(memory.outputAddress, size);
  const format = formatOf(bench, record, isH265);
  if (startsWithCode(data)) {
    const before = formatOf(bench, data, isH265);
    demand(format === before, () => `the record says ${format}, the parameter sets say ${before}`);
  }
  return { agreed: asText(record), kind: `${isH265} ${format.includes(',')} ${magnitude(size)}` };
}

function throughStream(bench: Bench, knob: number, privateData: Uint8Array, frame: Uint8Array): Outcome {
  const { contentType, ...track } = CODECS[(knob >> 2) & 7] as (typeof CODECS)[number];
  const settings = encodeStreamConfig({
    ...PLAIN_VIDEO,
    tracks: [{ trackNumber: 1, trackId: 1, ...track, codecPrivateData: privateData }],
    nal: NALS[(knob >> 5) & 3] as NalAdaptation,
    adaptCodecPrivateData: (knob & 0x80) !== 0,
    contentType,
  });
  const { core } = bench;
  const store = core.run((exports) => exports.storeOpen(STORE_BYTES));
  soil(bench, store);
  const handle = openStream(bench, store, settings);
  const outcome =
    handle < 0
      ? { agreed: String(handle), kind: statusName(-handle) }
      : writeDocument(core, new CoreStream(core, handle, core.result(0), () => undefined), frame, contentType);
  demand(core.run((exports) => exports.storeClose(store)) === 0, () => 'kept a stream open');
  return outcome;
}

/** What lies behind a frame in the store differs from one way of running to the other, so that reading it shows. */
function soil({ core, isSplit }: Bench, store: number): void {
  const address = core.run((exports) => exports.storeTake(store, SOILED_BYTES));
  core.bytes.fill(isSplit ? 0xff : 0x00, address, address + SOILED_BYTES);
  core.run((exports) => exports.storeGive(store, address));
}

/** Codec private data is the last of the settings: against the end of memory, reading behind it traps. */
function openStream({ core, memory, isSplit }: Bench, store: number, settings: Uint8Array): number {
  if (!isSplit) memory.place(settings, { isSplit });
  const address = isSplit ? core.scratch(settings) : memory.address;
  return core.run((exports) => exports.streamOpen(store, address));
}

function writeDocument(core: Core, stream: CoreStream, frame: Uint8Array, contentType: string): Outcome {
  const stored = stream.putFrame(1, frame, FRAME_FLAG.key, 0, Number.NaN, 0);
  stream.stop();
  stream.beginSession();
  const document = readAll(stream);
  stream.dispose();
  const last = logEvents(core, [document], READING).at(-1);
  demand(stored < 0 || last === 'finished', () => `wrote a document that ends with ${last}`);
  return {
    agreed: `${stored} ${asText(document)}`,
    kind: `${contentType} ${stored < 0 ? statusName(-stored) : stored} ${magnitude(document.length)}`,
  };
}

/** What a stream has that its key frame changes. */
function givenBefore(isH265: boolean): Uint8Array {
  return [...(isH265 ? H265_PRIVATE_DATA : H264_PRIVATE_DATA)].at(-1)?.[1] ?? new Uint8Array(0);
}

function run(bench: Bench, input: Uint8Array): Outcome {
  const knob = input[0] ?? 0;
  const data = input.subarray(1);
  const before = bench.core.exports.memoryInUse();
  const outcome = dispatch(bench, knob, data);
  demand(bench.core.exports.memoryInUse() === before, () => 'kept memory');
  return outcome;
}

function dispatch(bench: Bench, knob: number, data: Uint8Array): Outcome {
  if ((knob & 3) === 1) return throughStream(bench, knob, data, PLAIN_FRAME);
  if ((knob & 3) === 2) return throughStream(bench, knob, new Uint8Array(0), data);
  if ((knob & 3) === 3) return throughStream(bench, knob, givenBefore((knob & 4) !== 0), data);
  return makeRecord(bench, data, (knob & 4) !== 0, (knob & 0x80) === 0);
}

/** A slice behind the parameter sets makes a first key frame of them. */
function seeds(): ReadonlyMap<string, Uint8Array> {
  const all: Array<[string, Uint8Array]> = [];
  const families = [
    ['h264', 0x00, H264_PRIVATE_DATA, [0, 0, 1, 0x06], [0, 0, 1, 0x65, 0x88]],
    ['h265', 0x04, H265_PRIVATE_DATA, [0, 0, 1, 0x4e, 0x01], [0, 0, 1, 0x26, 0x01, 0xaf]],
  ] as const;
  for (const [family, codec, dataOfFamily, message, slice] of families) {
    for (const [name, bytes] of [...dataOfFamily].slice(0, 4)) {
      all.push([`${family}-make-${name}`, bytesOf([codec], bytes)]);
      all.push([`${family}-make-tight-${name}`, bytesOf([codec | 0x80], bytes)]);
      all.push([`${family}-open-${name}`, bytesOf([codec | 0xa1], bytes)]);
      all.push([`${family}-frame-${name}`, bytesOf([codec | 0xa2], bytes, slice)]);
      all.push([`${family}-change-${name}`, bytesOf([codec | 0xa3], bytes, slice)]);
    }
    const [, annexB] = [...dataOfFamily][1] as [string, Uint8Array];
    for (const sizeBytes of LONG_MESSAGES_BYTES) {
      const long = bytesOf(message, new Uint8Array(sizeBytes).fill(0x55));
      all.push([`${family}-frame-message-${sizeBytes}`, bytesOf([codec | 0xa2], annexB, long, slice)]);
    }
  }
  all.push(['aac-open', Uint8Array.of(0x09, 0x12, 0x10)]);
  return new Map(all);
}

export const cpd: Target = {
  name: 'cpd',
  knobBytes: 1,
  maxBytes: 8192,
  mutators: [...BYTE_MUTATORS, ...ANNEXB_MUTATORS, ...AVCC_MUTATORS, ...BIT_MUTATORS],
  seeds,
  run,
};
