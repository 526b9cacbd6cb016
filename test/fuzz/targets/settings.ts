/**
 * What an application says to a stream: its tracks, through the SDK's builders of private data, settings, tags and events; then the block in
 * which they cross into the core, with its numbers changed. Lengths and offsets in the block stay within it: the host that wrote it is trusted
 * for them, the core is not told where it ends.
 */
import { CoreStream } from '../../../sdk/core/core-stream.ts';
import { encodeEventMetadata, eventBits, type StreamEventType } from '../../../sdk/core/event-metadata.ts';
import { type CoreStreamConfig, encodeStreamConfig, type NalAdaptation } from '../../../sdk/core/stream-config.ts';
import { KvsError } from '../../../sdk/errors.ts';
import type { TrackOptions } from '../../../sdk/producer/options.ts';
import { resolveTracks } from '../../../sdk/producer/frames/tracks.ts';
import { statusName } from '../../../sdk/status.ts';
import { readAll } from '../../support/core-fixture.ts';
import { logEvents } from '../../support/event-log.ts';
import { ByteCursor } from '../byte-cursor.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { asText, type Bench, demand, magnitude, type Outcome, type Target } from '../target.ts';

const CODECS = [
  'h264',
  'h265',
  'vp8',
  'vp9',
  'av1',
  'mjpeg',
  'aac',
  'alaw',
  'mulaw',
  'opus',
  'pcm-le',
  'pcm-float',
  'other',
  '__proto__',
];
const KINDS = ['video', 'audio', 'data'] as const;
const NALS: readonly NalAdaptation[] = ['none', 'annexb-to-avcc', 'avcc-to-annexb'];
const EVENTS: ReadonlyArray<readonly StreamEventType[]> = [
  [],
  ['notification'],
  ['image-generation'],
  ['notification', 'image-generation'],
];
const STORE_BYTES = 1 << 14;
const SETTINGS_WORDS = 13;
const TRACK_WORDS = 15;
const TRACK_COUNT_WORD = 12;
/** Where the first text is: right behind the words of the last track. */
const FIRST_TEXT_WORD = 5;
/** Words of the block, and of each track, that are numbers; the others say where texts are. */
const NUMBER_WORDS = [0, 1, 2, 3, 4];
const TRACK_NUMBER_WORDS = [0, 1, 2, 9, 10, 11, 12, 13, 14];
const READING = { strict: true, windowBytes: 1 << 14, maxValueBytes: 1 << 12 };
const FRAME = Uint8Array.of(0, 0, 0, 2, 0x65, 0x88);
const MOST_CALLS = 40;

function trackOptions(cursor: ByteCursor): TrackOptions {
  const present = cursor.byte();
  return {
    kind: cursor.pick(KINDS),
    codec: cursor.pick(CODECS),
    ...((present & 1) === 0 ? {} : { codecId: cursor.text(), contentType: cursor.text() }),
    ...((present & 2) === 0 ? {} : { codecPrivateData: cursor.bytes() }),
    ...((present & 4) === 0 ? {} : { name: cursor.text() }),
    ...((present & 8) === 0 ? {} : { width: cursor.number(), height: cursor.number() }),
    ...((present & 16) === 0 ? {} : { sampleRate: cursor.number(), channels: cursor.number() }),
    ...((present & 32) === 0 ? {} : { bitDepth: cursor.number() }),
    ...((present & 64) === 0
      ? {}
      : { sampleRate: 8000 * (1 + (cursor.byte() % 24)), channels: 1 + (cursor.byte() % 8) }),
  };
}

function configOf(cursor: ByteCursor): CoreStreamConfig {
  const present = cursor.byte();
  const options = Array.from({ length: cursor.byte() % 5 }, () => trackOptions(cursor));
  const { tracks, contentType } = resolveTracks(options);
  return {
    tracks: tracks.map(({ core }) => ((present & 1) === 0 ? core : { ...core, trackId: cursor.number() })),
    nal: cursor.pick(NALS),
    adaptCodecPrivateData: (present & 2) !== 0,
    contentType,
    segmentUuid: (present & 4) === 0 ? new Uint8Array(16).fill(0x55) : cursor.bytes(),
    expectsPersistedAck: true,
    absoluteTimecodes: (present & 8) === 0,
    keyFrameFragmentation: (present & 16) === 0,
    startsAtKeyFrame: (present & 128) === 0,
    ...((present & 32) === 0 ? {} : { timecodeScaleNs: cursor.number(), fragmentDurationUs: cursor.number() }),
    ...((present & 64) === 0 ? {} : { clientId: cursor.text(), applicationName: cursor.text() }),
  };
}

/** Changes numbers of the block, one for each pair of bytes that the input has for it. */
function withChangedNumbers(block: Uint8Array, cursor: ByteCursor): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const trackCount = view.getUint32(TRACK_COUNT_WORD * 4, true);
  const firstText = view.getUint32(FIRST_TEXT_WORD * 4, true);
  demand(
    firstText === (SETTINGS_WORDS + trackCount * TRACK_WORDS) * 4,
    () => 'the block is laid out in another way than this target believes',
  );
  const words = [...NUMBER_WORDS];
  for (let track = 0; track < trackCount; track++)
    for (const word of TRACK_NUMBER_WORDS) words.push(SETTINGS_WORDS + track * TRACK_WORDS + word);
  for (let left = cursor.byte() % 6; left > 0; left--) {
    const word = cursor.pick(words);
    view.setUint32(word * 4, cursor.number(), true);
  }
  // Fewer tracks than there are, or more than there may be.
  if (cursor.byte() === 7) view.setUint32(TRACK_COUNT_WORD * 4, cursor.pick([0, 1, 4, 0xffff_ffff]), true);
  return block;
}

/** Bytes handed over against the end of memory, or in the middle at an odd address. */
function place({ memory, isSplit }: Bench, bytes: Uint8Array): number {
  memory.place(bytes, { isSplit });
  return memory.address;
}

/** Tags and events, texts and block against the end of memory; what was taken must come out. */
function putTags(bench: Bench, handle: number, cursor: ByteCursor): { statuses: number[]; tags: number } {
  const { core } = bench;
  const statuses: number[] = [];
  let tags = 0;
  while (!cursor.isAtEnd && statuses.length < MOST_CALLS) {
    const kind = cursor.byte();
    if ((kind & 3) === 0) {
      const pairs = Array.from({ length: cursor.byte() % 12 }, () => [cursor.text(), cursor.text()] as const);
      const events = eventBits(cursor.pick(EVENTS)) | ((kind & 0x40) === 0 ? 0 : cursor.byte());
      const address = place(bench, encodeEventMetadata({ imagePrefix: cursor.text(), pairs }));
      statuses.push(core.run((exports) => exports.streamPutEvents(handle, events, address)));
    } else {
      const [name, value] = [Buffer.from(cursor.text()), Buffer.from(cursor.text())];
      const address = place(bench, Uint8Array.from(Buffer.concat([name, value])));
      const isPersistent = (kind & 4) !== 0;
      const status = core.run((exports) =>
        exports.streamPutTag(handle, address, name.length, address + name.length, value.length, isPersistent ? 1 : 0),
      );
      statuses.push(status);
      if (status === 0 && !isPersistent) tags++;
    }
    bench.memory.check();
  }
  return { statuses, tags };
}

function write(bench: Bench, handle: number, cursor: ByteCursor): Outcome {
  const { core } = bench;
  const stream = new CoreStream(core, handle, core.result(0), () => undefined);
  const first = stream.putFrame(1, FRAME, 1, 1_000_000, Number.NaN, 0);
  const { statuses, tags } = putTags(bench, handle, cursor);
  const second = stream.putFrame(1, FRAME, 1, 3_000_000, Number.NaN, 0);
  stream.stop();
  stream.beginSession();
  const document = readAll(stream);
  stream.dispose();
  const log = logEvents(core, [document], READING);
  demand(document.length === 0 || log.at(-1) === 'finished', () => `a document that ends with ${log.at(-1)}`);
  const names = log.filter((line) => line.startsWith('value         45A3')).length;
  demand(first < 0 || names > tags, () => `${names} of at least ${tags + 1} tags came out`);
  return {
    agreed: [first, ...statuses, second, asText(document)].join(),
    kind: [
      statusName(Math.max(0, -first)),
      new Set(statuses).size,
      [...new Set(statuses)].sort((a, b) => a - b).join(),
      magnitude(document.length),
    ].join(' '),
  };
}

function run(bench: Bench, input: Uint8Array): Outcome {
  const { core } = bench;
  const cursor = new ByteCursor(input);
  let block: Uint8Array;
  try {
    block = withChangedNumbers(encodeStreamConfig(configOf(cursor)), cursor);
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    return { agreed: error.message, kind: error.code };
  }
  const before = core.exports.memoryInUse();
  const store = core.run((exports) => exports.storeOpen(STORE_BYTES));
  const address = place(bench, block);
  const handle = core.run((exports) => exports.streamOpen(store, address));
  bench.memory.check();
  const outcome = handle < 0 ? { agreed: String(handle), kind: statusName(-handle) } : write(bench, handle, cursor);
  demand(core.run((exports) => exports.storeClose(store)) === 0, () => 'kept a stream open');
  demand(core.exports.memoryInUse() === before, () => 'kept memory');
  return outcome;
}

/** Bytes as the cursor reads them. */
function seeds(): ReadonlyMap<string, Uint8Array> {
  const text = (characters: string): number[] => [characters.length, ...Buffer.from(characters)];
  const tag = (name: string, value: string, persistent: boolean): number[] => [
    persistent ? 5 : 1,
    ...text(name),
    ...text(value),
  ];
  const event = (choice: number, prefix: string, ...pairs: readonly string[]): number[] => [
    0,
    pairs.length / 2,
    ...pairs.flatMap(text),
    choice,
    ...text(prefix),
  ];
  // present, number of tracks; for each track: present, kind, codec, …; NAL adaptation, changed numbers (none), track count.
  const track = (kind: number, codec: number, present = 0, ...more: readonly number[]): number[] => [
    present,
    kind,
    codec,
    ...more,
  ];
  return new Map([
    ['one-video', Uint8Array.from([0, 1, ...track(0, 0), 0, 0, 0, ...tag('a', 'b', false), ...tag('c', 'd', true)])],
    [
      'video-and-audio',
      Uint8Array.from([2, 2, ...track(0, 0), ...track(1, 6, 64, 5, 1), 1, 0, 0, ...event(3, 'p/', 'k', 'v')]),
    ],
    [
      'made-private-data',
      Uint8Array.from([
        0,
        3,
        ...track(0, 5, 8, 0, 64, 0, 48),
        ...track(1, 7, 64, 0, 0),
        ...track(1, 9, 64, 5, 1),
        0,
        0,
        0,
      ]),
    ],
    ['changed-numbers', Uint8Array.from([0, 1, ...track(0, 3), 0, 2, 2, 0x80, 7, 0x85, 0, ...tag('x', '', false)])],
    [
      'texts-and-scale',
      Uint8Array.from([
        0x60,
        1,
        ...track(2, 12, 5, ...text('X_ID'), ...text('a/b'), ...text('name')),
        0xf0,
        0x40,
        0x42,
        0x0f,
        0,
        0,
        100,
        ...text('id'),
        ...text('app'),
        0,
        0,
        0,
      ]),
    ],
  ]);
}

export const settings: Target = {
  name: 'settings',
  knobBytes: 0,
  maxBytes: 2048,
  mutators: BYTE_MUTATORS,
  seeds,
  run,
};
