/** The reader: its options, and what a document may hold. A fault's status is what the service answers; its reason is asserted beside it. */
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import type { Core } from '../../../sdk/core/core.ts';
import { MkvReader, type MkvReaderOptions, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import { bytesOf, cluster, element, openElement, streamHeader } from '../../support/mkv-builder.ts';
import type { LimitRow } from './limit-row.ts';
import { FAULT, faults, finishes, valueOf } from './reading.ts';

const MIB_16 = 16 << 20;
const HEADER = streamHeader();

const opens =
  (options: MkvReaderOptions) =>
  (core: Core): void => {
    const reader = new MkvReader(core, options);
    assert.is(reader.next(), READER_EVENT.NEED_DATA);
    reader.dispose();
  };

/** So many masters inside each other. */
const nested = (depth: number): Uint8Array => {
  let inner = bytesOf();
  for (let i = 0; i < depth - 3; i++) inner = element(id.SIMPLE_TAG, inner);
  return bytesOf(HEADER, element(id.TAGS, element(id.TAG, inner)));
};
const block = (...header: readonly number[]): Uint8Array =>
  bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, header));
export const READER_LIMITS: readonly LimitRow[] = [
  {
    limit: 'reader: window',
    value: '64 B…16 MiB',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '64': opens({ windowBytes: 64, maxValueBytes: 20 }), '16777216': opens({ windowBytes: MIB_16 }) },
    outside: { '63': opens({ windowBytes: 63, maxValueBytes: 1 }), '16777217': opens({ windowBytes: MIB_16 + 1 }) },
  },
  {
    limit: 'reader: longest value',
    value: 'half a window less 12 bytes',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '488 of 1000': opens({ windowBytes: 1000, maxValueBytes: 488 }), '0': opens({ maxValueBytes: 0 }) },
    outside: {
      '489 of 1000': opens({ windowBytes: 1000, maxValueBytes: 489 }),
      '2^31 − 1': opens({ maxValueBytes: 2 ** 31 - 1 }),
    },
  },
  {
    limit: 'reader: depth',
    value: '1…64 masters',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '1': opens({ maxDepth: 1 }), '64': finishes(nested(64), { maxDepth: 64 }) },
    outside: { '0': opens({ maxDepth: 0 }), '65': opens({ maxDepth: 65 }) },
  },
  {
    limit: 'reader: tracks',
    value: '1…32',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '1': opens({ maxTracks: 1 }), '32': opens({ maxTracks: 32 }) },
    outside: {
      '0': opens({ maxTracks: 0 }),
      '33': opens({ maxTracks: 33 }),
      '−1': opens({ maxTracks: -1 }),
      '1.5': opens({ maxTracks: 1.5 }),
      '2^24 + 1': opens({ maxTracks: 2 ** 24 + 1 }),
    },
  },
  {
    limit: 'masters inside each other',
    value: '16 unless stated',
    ...FAULT,
    inside: { '16': finishes(nested(16)), '3 of 3': finishes(nested(3), { maxDepth: 3 }) },
    outside: { '17': faults('too-deep', nested(17)), '4 of 3': faults('too-deep', nested(4), { maxDepth: 3 }) },
  },
  {
    limit: 'element id',
    value: '1…4 bytes, not all ones',
    ...FAULT,
    inside: {
      '1': finishes(bytesOf(HEADER, [0xec, 0x80])),
      '4, which nobody knows': finishes(bytesOf(HEADER, [0x10, 0, 0, 0, 0x81, 7])),
    },
    outside: {
      '5': faults('id-too-long', bytesOf(HEADER, [0x08, 0, 0, 0, 1, 0x80])),
      'all ones': faults('reserved-id', bytesOf(HEADER, [0x7f, 0xff, 0x80])),
    },
  },
  {
    limit: 'element size',
    value: '1…8 bytes',
    ...FAULT,
    inside: {
      '1': finishes(bytesOf(HEADER, [0xec, 0x81, 0])),
      '8': finishes(bytesOf(HEADER, [0xec, 1, 0, 0, 0, 0, 0, 0, 1, 0])),
    },
    outside: { '9': faults('size-too-long', bytesOf(HEADER, [0xec, 0, 0x80, 0, 0, 0, 0, 0, 0, 1, 0])) },
  },
  {
    limit: 'unknown size',
    value: 'Segment and Cluster only',
    ...FAULT,
    inside: { Cluster: finishes(bytesOf(HEADER, cluster(0))) },
    outside: { Tags: faults('unknown-size', bytesOf(HEADER, openElement(id.TAGS))) },
  },
  {
    limit: 'integer',
    value: '0…8 bytes',
    ...FAULT,
    inside: {
      '0': finishes(
        bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE)),
        {},
        valueOf(id.CLUSTER_TIMECODE, 0n),
      ),
      '8': finishes(
        bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, new Uint8Array(8).fill(255))),
        {},
        valueOf(id.CLUSTER_TIMECODE, 2n ** 64n - 1n),
      ),
    },
    outside: {
      '9': faults(
        'bad-number-size',
        bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, new Uint8Array(9))),
      ),
    },
  },
  {
    limit: 'float',
    value: '0, 4 or 8 bytes',
    ...FAULT,
    inside: Object.fromEntries(
      [0, 4, 8].map((size) => [
        `${size}`,
        finishes(bytesOf(HEADER, element(id.INFO, element(id.DURATION, new Uint8Array(size))))),
      ]),
    ),
    outside: Object.fromEntries(
      [1, 3, 5, 7, 9, 10].map((size) => [
        `${size}`,
        faults('bad-number-size', bytesOf(HEADER, element(id.INFO, element(id.DURATION, new Uint8Array(size))))),
      ]),
    ),
  },
  {
    limit: 'header of a block',
    value: 'at least 4 bytes',
    ...FAULT,
    inside: { '4, no payload': finishes(block(0x81, 0, 0, 0)) },
    outside: { '3': faults('bad-block', block(0x81, 0, 0)), '0': faults('bad-block', block()) },
  },
  {
    limit: 'track number of a block',
    value: '0…2^28 − 2, in 1…4 bytes',
    ...FAULT,
    inside: {
      '126': finishes(block(0xfe, 0, 0, 0), {}, (reader) => {
        if (reader.elementId === id.SIMPLE_BLOCK) assert.is(reader.trackNumber, 126);
      }),
      '2^28 − 2': finishes(block(0x1f, 0xff, 0xff, 0xfe, 0, 0, 0), {}, (reader) => {
        if (reader.elementId === id.SIMPLE_BLOCK) assert.is(reader.trackNumber, 2 ** 28 - 2);
      }),
    },
    outside: {
      'all ones in 1 byte': faults('bad-block', block(0xff, 0, 0, 0)),
      'all ones in 4 bytes': faults('bad-block', block(0x1f, 0xff, 0xff, 0xff, 0, 0, 0)),
      '5 bytes': faults('bad-block', block(0x08, 0, 0, 0, 1, 0, 0, 0)),
    },
  },
];
