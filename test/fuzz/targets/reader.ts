/** The Matroska reader. Two knob bytes: options, and the size of the pieces it gets when the input is split. */
import * as ids from '../../../assembly/ebml/ids.ts';
import { MkvReader, type MkvReaderOptions, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import {
  bytesOf,
  element,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
} from '../../support/mkv-builder.ts';
import { BLOCK_GROUP, TWO_TRACKS } from '../../support/mkv-documents.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { EBML_MUTATORS } from '../mutate/ebml.ts';
import { type Bench, demand, type Outcome, type Target } from '../target.ts';

const KNOB_BYTES = 2;
const WINDOWS = [64, 100, 512, 65_536] as const;
const MAX_VALUES = [20, 26, 200, 4096] as const;

const KNOBS = {
  lenient: [0x0c, 7],
  strict: [0x0d, 50],
  tight: [0x01, 3],
  skipping: [0x0b, 200],
  whole: [0x2c, 20],
} as const;

const CONCATENATED = bytesOf(
  streamHeader({ segmentSizeBytes: 400 }),
  plainFragment(3000),
  streamHeader(),
  sizedCluster(4000, simpleBlock(0)),
  openElement(ids.CLUSTER),
  element(ids.CRC_32, [1, 2, 3, 4]),
);

const SIDE_FILES = bytesOf(
  streamHeader(),
  element(
    ids.SEEK_HEAD,
    element(ids.SEEK, element(ids.SEEK_ID, [0x1c, 0x53, 0xbb, 0x6b]), element(ids.SEEK_POSITION, [9])),
  ),
  element(
    ids.CHAPTERS,
    element(ids.EDITION_ENTRY, element(ids.CHAPTER_ATOM, element(ids.CHAPTER_ATOM, element(ids.CHAPTER_UID, [1])))),
  ),
  element(ids.ATTACHMENTS, element(ids.ATTACHED_FILE, element(ids.FILE_DATA, new Uint8Array(300)))),
  plainFragment(0),
  element(ids.CUES, element(ids.CUE_POINT, element(ids.CUE_TIME, [0]))),
);

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries({
    document: TWO_TRACKS,
    'block-groups': bytesOf(streamHeader(), BLOCK_GROUP),
    concatenated: CONCATENATED,
    'side-files': SIDE_FILES,
  }).flatMap(([name, body]): Array<[string, Uint8Array]> =>
    Object.entries(KNOBS).map(([knobs, bytes]) => [`${name}-${knobs}`, bytesOf(bytes, body)]),
  ),
);

function optionsOf(knob: number): MkvReaderOptions {
  return {
    strict: (knob & 1) !== 0,
    skipPayloads: (knob & 2) !== 0,
    windowBytes: WINDOWS[(knob >> 2) & 3] as number,
    maxValueBytes: MAX_VALUES[(knob >> 2) & 3] as number,
    maxDepth: (knob & 0x10) !== 0 ? 3 : 16,
    everyElement: (knob & 0x20) !== 0,
  };
}

const wordsOf = (line: string): string => /^\s*(?:fault \S+|\S+\s+[0-9A-F]*)/.exec(line)?.[0] ?? line;

function run({ core, isSplit }: Bench, input: Uint8Array): Outcome {
  const body = input.subarray(KNOB_BYTES);
  const pieceBytes = isSplit ? 1 + (input[1] ?? 0) : Math.max(1, body.length);
  const before = core.exports.memoryInUse();
  const log = logEvents(core, cut(body, pieceBytes), optionsOf(input[0] ?? 0));
  demand(core.exports.memoryInUse() === before, () => 'kept memory');
  // Each event takes at least one byte, but for the ends of masters and the last word.
  demand(log.length <= 2 * body.length + 2, () => `${log.length} events out of ${body.length} bytes`);
  const last = log.at(-1) ?? '';
  demand(last === 'finished' || last.startsWith('fault '), () => `ended with ${last}`);
  return { agreed: log.join('\n'), kind: [...new Set(log.map(wordsOf))].sort().join() };
}

/** Reads without taking notes. */
function work({ core }: Bench, input: Uint8Array): void {
  const reading = new MkvReader(core, optionsOf(input[0] ?? 0));
  for (let taken = KNOB_BYTES; taken < input.length;) {
    taken += reading.push(input, taken);
    let event = reading.next();
    while (event !== READER_EVENT.NEED_DATA && event !== READER_EVENT.FAULT) event = reading.next();
    if (event === READER_EVENT.FAULT) break;
  }
  reading.dispose();
}

export const reader: Target = {
  name: 'reader',
  knobBytes: KNOB_BYTES,
  maxBytes: 4096,
  mutators: [...BYTE_MUTATORS, ...EBML_MUTATORS, ...EBML_MUTATORS],
  seeds: () => SEEDS,
  run,
  work,
};
