/**
 * Frames: adapted in every way, with the search for parameter sets in key frames, several of them in one stream, beside a model.
 * Knob bytes: 0 bits 0…1 NAL adaptation, 2…3 the codec, 4 adaptation of private data, 5 private data given, 6…7 how many frames;
 * 1 which frames are keys, a bit each, then flags.
 */
import { createHash } from 'node:crypto';
import { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION } from '../../../sdk/core/core-stream-types.ts';
import { encodeStreamConfig, type CoreTrack, type NalAdaptation } from '../../../sdk/core/stream-config.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { statusName } from '../../../sdk/status.ts';
import { StreamModel } from '../../property/stream-model.ts';
import { AVCC_RECORD, PLAIN_VIDEO, readAll } from '../../support/core-fixture.ts';
import { logEvents } from '../../support/event-log.ts';
import { bytesOf } from '../../support/mkv-builder.ts';
import { framed, type Framing, h264Sets, slice } from '../../support/parameter-sets.ts';
import { annexBToAvccTwin } from '../../unit/nal/annexb-twin.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { ANNEXB_MUTATORS, AVCC_MUTATORS } from '../mutate/nal.ts';
import { asText, type Bench, demand, magnitude, type Outcome, type Target } from '../target.ts';
import { unitsOf } from './avcc.ts';
import { type Beginning, checkChanges, inSessions, privateDataOf, SetsOf } from './codec-changes.ts';
import { H264_PRIVATE_DATA, H265_PRIVATE_DATA } from './parameter-sets.ts';

const CODECS: ReadonlyArray<Pick<CoreTrack, 'codecId' | 'kind'>> = [
  { codecId: 'V_MPEG4/ISO/AVC', kind: 'video' },
  { codecId: 'V_MPEGH/ISO/HEVC', kind: 'video' },
  { codecId: 'V_VP9', kind: 'video' },
  { codecId: 'A_OPUS', kind: 'audio' },
];
const NALS: readonly NalAdaptation[] = ['none', 'annexb-to-avcc', 'avcc-to-annexb', 'annexb-to-avcc'];
const REFUSED = {
  none: 0,
  'annexb-to-avcc': -STATUS.STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA,
  'avcc-to-annexb': -STATUS.STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA,
};
const KNOB_BYTES = 2;
const MAX_FRAMES = 4;
const STORE_BYTES = 1 << 17;
const SOILED_BYTES = 1 << 15;
const READING = { strict: true, windowBytes: 1 << 15, maxValueBytes: 1 << 13 };

/** What must be stored of a frame, or the status with which it is refused. */
function adapted(frame: Uint8Array, nal: NalAdaptation): Uint8Array | number {
  if (nal === 'none') return frame;
  if (nal === 'annexb-to-avcc') return annexBToAvccTwin(frame) ?? REFUSED[nal];
  const units = unitsOf(frame);
  return units === null ? REFUSED[nal] : bytesOf(...units.flatMap((unit) => [[0, 0, 0, 1], unit]));
}

/** A result of putFrame as text. */
const nameOf = (result: number): string => (result < 0 ? statusName(-result) : String(result));

/** The bytes of each session until the stopped stream has handed out everything. */
function readSessions(stream: CoreStream): Uint8Array[] {
  const documents: Uint8Array[] = [];
  while (stream.stats.unsentItems > 0) {
    stream.beginSession();
    documents.push(readAll(stream));
    demand(documents.length <= MAX_FRAMES, () => 'more sessions than frames');
  }
  return documents;
}

const dataLine = (data: Uint8Array): string =>
  `data ${data.length} ${createHash('sha256').update(data).digest('hex').slice(0, 16)}`;

/** What lies behind a frame in the store differs from one way of running to the other, so that reading it shows. */
function soil({ core, isSplit }: Bench, store: number): void {
  const address = core.run((exports) => exports.storeTake(store, SOILED_BYTES));
  core.bytes.fill(isSplit ? 0x01 : 0x00, address, address + SOILED_BYTES);
  core.run((exports) => exports.storeGive(store, address));
}

function putFrames(bench: Bench, store: number, input: Uint8Array): Outcome {
  const { core } = bench;
  const [knob = 0, keys = 0] = input;
  const track = CODECS[(knob >> 2) & 3] as (typeof CODECS)[number];
  const nal = NALS[knob & 3] as NalAdaptation;
  const settings = encodeStreamConfig({
    ...PLAIN_VIDEO,
    tracks: [
      { trackNumber: 1, trackId: 1, ...track, ...((knob & 0x20) === 0 ? {} : { codecPrivateData: AVCC_RECORD }) },
    ],
    nal,
    adaptCodecPrivateData: (knob & 0x10) !== 0,
    contentType: '',
  });
  const handle = core.run((exports) => exports.streamOpen(store, core.scratch(settings)));
  // The record of H.264 is none of H.265.
  if (handle < 0) return { agreed: String(handle), kind: statusName(-handle) };
  const stream = new CoreStream(core, handle, core.result(0), () => undefined);
  const model = new StreamModel({
    tracks: [{ number: 1, described: {} }],
    scaleTicks: 10_000,
    isAbsolute: true,
    fragmentDurationUs: null,
    endsDurationFragments: false,
  });
  const frames = framesOf(input);
  /** Of each fragment that began, the frame it began with, and whether it said that codec private data changed. */
  const beginnings: Beginning[] = [];
  const statuses = frames.map((frame, index) => {
    const isKey = ((keys >> index) & 1) !== 0;
    const flags = (isKey ? 1 : 0) | ((keys >> 4) & 6);
    const ptsUs = index * 1000;
    const stored = adapted(frame, track.kind === 'video' ? nal : 'none');
    const isEmpty = frame.length === 0;
    const expected = model.putFrame({ trackNumber: 1, isKey, flags, ptsUs, dtsUs: Number.NaN, isEmpty, stored });
    const status = stream.putFrame(1, frame, flags, ptsUs, Number.NaN, 0);
    const isChange = status === FRAME_BEGAN_GENERATION && expected === FRAME_BEGAN_FRAGMENT;
    demand(status === expected || isChange, () => `frame ${index} gives ${nameOf(status)}, not ${nameOf(expected)}`);
    if (expected === FRAME_BEGAN_FRAGMENT) beginnings.push({ frame, isChange });
    const books = core.run((exports) => exports.storeAudit(store) + exports.storeUsedBytes(store));
    demand(
      books === core.run((exports) => exports.storeCapacityBytes(store)),
      () => 'the books of the store are wrong',
    );
    return status;
  });
  stream.stop();
  const documents = readSessions(stream);
  stream.dispose();
  const logs = documents.map((document) => logEvents(core, [document], READING));
  for (const log of logs) demand(log.at(-1) === 'finished', () => `a document that ends with ${log.at(-1)}`);
  const written = model.fragments.map((fragment) => fragment.frames.map(({ data }) => dataLine(data)));
  const found = logs.map((log) => log.filter((line) => line.startsWith('data ')).join());
  const changedAt = new Set(beginnings.flatMap(({ isChange }, index) => (isChange && index > 0 ? [index] : [])));
  demand(found.join('|') === inSessions(written, changedAt).join('|'), () => 'other frames came out than went in');
  const given = (knob & 0x20) === 0 ? new Uint8Array() : AVCC_RECORD;
  const codec = new SetsOf(track.codecId, nal);
  checkChanges(codec, beginnings, [given, ...logs.map(privateDataOf)]);
  const hasPrivateData = logs.some((log) => privateDataOf(log).length > 0);
  return {
    agreed: `${statuses.join()} ${documents.map(asText).join('|')}`,
    kind: `${knob & 0x3f} ${statuses.join()} ${hasPrivateData} ${magnitude(documents[0]?.length ?? 0)}`,
  };
}

/** The input in parts of one length. */
function framesOf(input: Uint8Array): Uint8Array[] {
  const count = 1 + ((input[0] ?? 0) >> 6);
  const body = input.subarray(KNOB_BYTES);
  const length = Math.ceil(body.length / count);
  return Array.from({ length: count }, (_, index) => body.subarray(index * length, (index + 1) * length));
}

function run(bench: Bench, input: Uint8Array): Outcome {
  const { core } = bench;
  const before = core.exports.memoryInUse();
  const store = core.run((exports) => exports.storeOpen(STORE_BYTES));
  soil(bench, store);
  const outcome = putFrames(bench, store, input);
  demand(core.run((exports) => exports.storeUsedBytes(store)) === 0, () => 'kept room in the store');
  demand(core.run((exports) => exports.storeClose(store)) === 0, () => 'kept a stream open');
  demand(core.exports.memoryInUse() === before, () => 'kept memory');
  return outcome;
}

/** One frame into a stream in a store that is large enough: what a frame costs, without what checks it. */
function work({ core }: Bench, input: Uint8Array): void {
  const [knob = 0] = input;
  const store = core.openStore(input.length * 4 + (1 << 16));
  try {
    const track = CODECS[(knob >> 2) & 3] as (typeof CODECS)[number];
    const stream = store.openStream({
      ...PLAIN_VIDEO,
      tracks: [{ trackNumber: 1, trackId: 1, ...track }],
      nal: NALS[knob & 3] as NalAdaptation,
      adaptCodecPrivateData: (knob & 0x10) !== 0,
      contentType: '',
    });
    stream.putFrame(1, input.subarray(KNOB_BYTES), 1, 0, Number.NaN, 0);
  } finally {
    store.dispose();
  }
}

/** Two key frames of the same length with different parameter sets. */
const changing = (framing: Framing): Uint8Array[] =>
  [h264Sets(640, 480), h264Sets(480, 640)].map(({ units }, index) =>
    framed(framing, [...units, slice('h264', true, index)]),
  );

function seeds(): ReadonlyMap<string, Uint8Array> {
  const code = [0, 0, 0, 1];
  const h264Slice = [0, 0, 1, 0x65, 0x88, 0x80, 0x10];
  const h265Slice = [0, 0, 1, 0x26, 0x01, 0xaf, 0x09];
  const h264 = H264_PRIVATE_DATA.get('annexb') ?? [];
  const h265 = H265_PRIVATE_DATA.get('annexb-0') ?? [];
  const lengths = (...units: ReadonlyArray<readonly number[]>): number[] =>
    units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]);
  const sps = [...(H264_PRIVATE_DATA.get('sps-baseline') ?? [])];
  const many = Array.from({ length: 120 }, (_, index) => [0, 0, 1, 0x41, index | 1]).flat();
  return new Map(
    Object.entries({
      'h264-annexb': bytesOf([0x11, 1], h264, h264Slice),
      'h264-annexb-as-it-is': bytesOf([0x00, 1], h264, h264Slice),
      'h264-avcc-found': bytesOf([0x10, 1], lengths(sps, [0x68, 0xeb, 0x8f], [0x65, 0x88])),
      'h264-avcc-to-annexb': bytesOf([0x12, 1], lengths(sps, [0x68, 0xeb, 0x8f], [0x65, 0x88])),
      'h265-annexb': bytesOf([0x15, 1], h265, h265Slice),
      'h265-annexb-as-it-is': bytesOf([0x04, 1], h265, h265Slice),
      'many-short-codes': bytesOf([0x31, 1], code, [0x65], many),
      'changed-sets': bytesOf([0x71, 3], ...changing('annexb')),
      'changed-sets-avcc': bytesOf([0x50, 3], ...changing('avcc')),
      'four-frames': bytesOf([0xf1, 0x05], code, [0x65, 7], code, [0x41, 8], code, [0x65, 9], code, [0x41, 6]),
      opaque: bytesOf([0x8c, 0x61], [1, 2, 3, 4, 5, 6]),
    }),
  );
}

export const frame: Target = {
  name: 'frame',
  knobBytes: KNOB_BYTES,
  maxBytes: 8192,
  mutators: [...BYTE_MUTATORS, ...ANNEXB_MUTATORS, ...AVCC_MUTATORS],
  seeds,
  run,
  work,
};
