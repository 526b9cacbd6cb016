/** Bytes that a strict reader refuses, each beside the nearest ones that it takes. */
import * as id from '../../../assembly/ebml/ids.ts';
import {
  bytesOf,
  claimElement,
  cluster,
  element,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';

export interface FaultRow {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reason, element and offset. */
  readonly fault: string;
  /** What the service answers; 4006 when left out. */
  readonly errorId?: number;
  /** What lenient mode says of the same bytes; the same fault when left out. */
  readonly lenient?: string | null;
  /** The other side of the edge: nothing is wrong with these. */
  readonly passes: Uint8Array;
}

const HEADER = streamHeader();
const EBML = element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska'));
const DOCUMENT = bytesOf(EBML, openElement(id.SEGMENT));
const at = HEADER.length;
/** Where the first element after the timecode of a first cluster begins. */
const inCluster = at + cluster(0).length;
const nest = (depth: number): Uint8Array => (depth === 0 ? bytesOf() : element(id.SIMPLE_TAG, nest(depth - 1)));

export const FAULT_ROWS: readonly FaultRow[] = [
  {
    name: 'an id of five bytes',
    bytes: bytesOf(HEADER, [0x08]),
    fault: `id-too-long 0 @${at}`,
    passes: bytesOf(HEADER, [0x10, 0x20, 0x30, 0x40, 0x80]),
  },
  {
    name: 'an id that begins with a zero byte',
    bytes: bytesOf(HEADER, [0x00]),
    fault: `id-too-long 0 @${at}`,
    passes: bytesOf(HEADER, [0x4f, 0x01, 0x80]),
  },
  {
    name: 'a reserved id of one byte',
    bytes: bytesOf(HEADER, [0xff, 0x80]),
    fault: `reserved-id FF @${at}`,
    passes: bytesOf(HEADER, [0xfe, 0x80]),
  },
  {
    name: 'a reserved id of four bytes',
    bytes: bytesOf(HEADER, [0x1f, 0xff, 0xff, 0xff, 0x80]),
    fault: `reserved-id 1FFFFFFF @${at}`,
    passes: bytesOf(HEADER, [0x1f, 0xff, 0xff, 0xfe, 0x80]),
  },
  {
    name: 'a size that begins with a zero byte',
    bytes: bytesOf(HEADER, [0xec, 0x00]),
    fault: `size-too-long EC @${at}`,
    passes: bytesOf(HEADER, [0xec, 0x01, 0, 0, 0, 0, 0, 0, 0]),
  },
  {
    name: 'Tags of unknown size',
    bytes: bytesOf(HEADER, openElement(id.TAGS)),
    fault: `unknown-size 1254C367 @${at}`,
    passes: bytesOf(HEADER, element(id.TAGS)),
  },
  {
    name: 'a block of unknown size',
    bytes: bytesOf(HEADER, cluster(0), openElement(id.SIMPLE_BLOCK)),
    fault: `unknown-size A3 @${inCluster}`,
    passes: bytesOf(HEADER, cluster(0), simpleBlock(0)),
  },
  {
    name: 'an unknown element of unknown size',
    bytes: bytesOf(HEADER, [0x4f, 0x01, 0xff]),
    fault: `unknown-size 4F01 @${at}`,
    passes: bytesOf(HEADER, [0x4f, 0x01, 0x80]),
  },
  {
    name: 'a Void of unknown size',
    bytes: bytesOf(HEADER, openElement(id.VOID)),
    fault: `unknown-size EC @${at}`,
    passes: bytesOf(HEADER, element(id.VOID)),
  },
  {
    name: 'a child larger than its parent',
    bytes: bytesOf(HEADER, claimElement(id.TAGS, 20), claimElement(id.TAG, 11)),
    fault: `exceeds-parent 7373 @${at + 12}`,
    lenient: `truncated 7373 @${at + 12}`,
    passes: bytesOf(HEADER, claimElement(id.TAGS, 20), claimElement(id.TAG, 10), element(id.VOID, [0])),
  },
  {
    name: 'a child whose header passes the end of its parent',
    bytes: bytesOf(HEADER, claimElement(id.TAGS, 5), claimElement(id.TAG, 0)),
    fault: `exceeds-parent 7373 @${at + 12}`,
    lenient: null,
    passes: bytesOf(HEADER, claimElement(id.TAGS, 10), claimElement(id.TAG, 0)),
  },
  {
    name: 'a block larger than its cluster',
    bytes: bytesOf(
      HEADER,
      claimElement(id.CLUSTER, 20),
      uintElement(id.CLUSTER_TIMECODE, 1),
      claimElement(id.SIMPLE_BLOCK, 9),
      new Uint8Array(9),
    ),
    fault: `exceeds-parent A3 @${at + 29}`,
    lenient: `bad-block A3 @${at + 29}`,
    passes: bytesOf(HEADER, sizedCluster(1, simpleBlock(0))),
  },
  {
    name: 'too many masters inside each other',
    bytes: bytesOf(HEADER, element(id.TAGS, element(id.TAG, nest(14)))),
    fault: `too-deep 67C8 @${at + 12 + 10 + 130}`,
    passes: bytesOf(HEADER, element(id.TAGS, element(id.TAG, nest(13)))),
  },
  {
    name: 'a block outside of a cluster',
    bytes: bytesOf(HEADER, simpleBlock(0)),
    fault: `misplaced A3 @${at}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0), simpleBlock(0)),
  },
  {
    name: 'a TrackEntry in Tags',
    bytes: bytesOf(HEADER, element(id.TAGS, element(id.TRACK_ENTRY))),
    fault: `misplaced AE @${at + 12}`,
    lenient: null,
    passes: bytesOf(HEADER, element(id.TAGS, element(id.TAG))),
  },
  {
    name: 'a Cluster before any Segment',
    bytes: bytesOf(EBML, cluster(0)),
    fault: `misplaced 1F43B675 @${EBML.length}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0)),
  },
  {
    name: 'Tags inside a cluster that claims to go on',
    bytes: bytesOf(HEADER, claimElement(id.CLUSTER, 99), tags(['a', 'b'])),
    fault: `misplaced 1254C367 @${at + 12}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0), tags(['a', 'b'])),
  },
  {
    name: 'no EBML header',
    bytes: bytesOf(openElement(id.SEGMENT)),
    fault: 'no-ebml-header 18538067 @0',
    lenient: null,
    passes: DOCUMENT,
  },
  {
    name: 'something else in front of the EBML header',
    bytes: bytesOf([0x4f, 0x01, 0x80], EBML),
    fault: 'no-ebml-header 4F01 @0',
    lenient: null,
    passes: bytesOf(element(id.VOID), DOCUMENT),
  },
  {
    name: 'a second EBML header',
    bytes: bytesOf(HEADER, plainFragment(0), EBML),
    fault: `second-ebml-header 1A45DFA3 @${at + plainFragment(0).length}`,
    lenient: null,
    passes: bytesOf(HEADER, plainFragment(0), plainFragment(1000)),
  },
  {
    name: 'a second Segment',
    bytes: bytesOf(DOCUMENT, openElement(id.SEGMENT)),
    fault: `second-segment 18538067 @${DOCUMENT.length}`,
    lenient: null,
    passes: DOCUMENT,
  },
  {
    name: 'another DocType',
    bytes: element(id.EBML_HEADER, element(id.DOC_TYPE, 'matrjoshk')),
    fault: 'wrong-doc-type 4282 @12',
    lenient: null,
    passes: element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska')),
  },
  {
    name: 'an empty DocType',
    bytes: element(id.EBML_HEADER, element(id.DOC_TYPE)),
    fault: 'wrong-doc-type 4282 @12',
    lenient: null,
    passes: element(id.EBML_HEADER, element(id.DOC_TYPE, 'webm')),
  },
  {
    name: 'no DocType',
    bytes: bytesOf(element(id.EBML_HEADER), openElement(id.SEGMENT)),
    fault: 'wrong-doc-type 1A45DFA3 @0',
    lenient: null,
    passes: DOCUMENT,
  },
  {
    name: 'a newer EBML',
    bytes: element(id.EBML_HEADER, uintElement(id.EBML_READ_VERSION, 2)),
    fault: 'unsupported-version 42F7 @12',
    lenient: null,
    passes: element(id.EBML_HEADER, uintElement(id.EBML_READ_VERSION, 1), element(id.DOC_TYPE, 'webm')),
  },
  {
    name: 'longer ids',
    bytes: element(id.EBML_HEADER, uintElement(id.EBML_MAX_ID_LENGTH, 5)),
    fault: 'unsupported-version 42F2 @12',
    lenient: null,
    passes: element(id.EBML_HEADER, uintElement(id.EBML_MAX_ID_LENGTH, 4), element(id.DOC_TYPE, 'webm')),
  },
  {
    name: 'longer sizes',
    bytes: element(id.EBML_HEADER, uintElement(id.EBML_MAX_SIZE_LENGTH, 9)),
    fault: 'unsupported-version 42F3 @12',
    lenient: null,
    passes: element(id.EBML_HEADER, uintElement(id.EBML_MAX_SIZE_LENGTH, 8), element(id.DOC_TYPE, 'webm')),
  },
  {
    name: 'a block before its cluster has a timecode',
    bytes: bytesOf(HEADER, cluster(0), openElement(id.CLUSTER), simpleBlock(0)),
    fault: `block-before-timecode A3 @${inCluster + 5}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0), cluster(1, simpleBlock(0))),
  },
  {
    name: 'a block without a header',
    bytes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0x81, 0, 0])),
    fault: `bad-block A3 @${inCluster}`,
    passes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0x81, 0, 0, 0])),
  },
  {
    name: 'an empty block',
    bytes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK)),
    fault: `bad-block A3 @${inCluster}`,
    passes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0x81, 0, 0, 0])),
  },
  {
    name: 'a track number of five bytes',
    bytes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0x08, 0, 0, 0, 1, 0, 0, 0])),
    fault: `bad-block A3 @${inCluster}`,
    passes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0x10, 0, 0, 1, 0, 0, 0])),
  },
  {
    name: 'a reserved track number',
    bytes: bytesOf(HEADER, cluster(0), element(id.SIMPLE_BLOCK, [0xff, 0, 0, 0])),
    fault: `bad-block A3 @${inCluster}`,
    passes: bytesOf(streamHeader({ trackNumbers: [126] }), cluster(0), element(id.SIMPLE_BLOCK, [0xfe, 0, 0, 0])),
  },
  {
    name: 'an integer of nine bytes',
    bytes: bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, new Uint8Array(9))),
    fault: `bad-number-size E7 @${at + 5}`,
    passes: bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, new Uint8Array(8))),
  },
  {
    name: 'a float of five bytes',
    bytes: bytesOf(DOCUMENT, element(id.INFO, element(id.DURATION, new Uint8Array(5)))),
    fault: `bad-number-size 4489 @${DOCUMENT.length + 12}`,
    passes: bytesOf(DOCUMENT, element(id.INFO, element(id.DURATION, new Uint8Array(4)))),
  },
  {
    name: 'a text that is too long',
    bytes: bytesOf(HEADER, tags(['n', 'x'.repeat(5000)])),
    fault: `text-too-long 4487 @${at + 12 + 10 + 10 + 11}`,
    lenient: null,
    errorId: 4009,
    passes: bytesOf(HEADER, tags(['n', 'x'.repeat(4096)])),
  },
  {
    name: 'an end inside an id',
    bytes: bytesOf(HEADER, [0x12, 0x54]),
    fault: `truncated 0 @${at}`,
    passes: bytesOf(HEADER, [0x12, 0x54, 0xc3, 0x67, 0x80]),
  },
  {
    name: 'an end inside a size',
    bytes: bytesOf(HEADER, [0x12, 0x54, 0xc3, 0x67, 0x01]),
    fault: `truncated 1254C367 @${at}`,
    passes: bytesOf(HEADER, [0x12, 0x54, 0xc3, 0x67, 0x01, 0, 0, 0, 0, 0, 0, 0]),
  },
  {
    name: 'an end inside a payload',
    bytes: bytesOf(HEADER, cluster(0), simpleBlock(0).slice(0, -1)),
    fault: `truncated A3 @${inCluster}`,
    passes: bytesOf(HEADER, cluster(0), simpleBlock(0)),
  },
  {
    name: 'an end inside a skipped element',
    bytes: bytesOf(HEADER, claimElement(id.VOID, 3), [1]),
    fault: `truncated EC @${at}`,
    passes: bytesOf(HEADER, claimElement(id.VOID, 3), [1, 2, 3]),
  },
  {
    name: 'an end between two elements of a cluster with a size',
    bytes: bytesOf(HEADER, claimElement(id.CLUSTER, 30), uintElement(id.CLUSTER_TIMECODE, 0)),
    fault: `truncated 1F43B675 @${at}`,
    passes: bytesOf(
      HEADER,
      claimElement(id.CLUSTER, 30),
      uintElement(id.CLUSTER_TIMECODE, 0),
      element(id.VOID, [1, 2, 3, 4]),
    ),
  },
  {
    name: 'a text that is too long, and no tag',
    bytes: bytesOf(DOCUMENT, element(id.INFO, element(id.TITLE, 'x'.repeat(4097)))),
    fault: `text-too-long 7BA9 @${DOCUMENT.length + 12}`,
    lenient: null,
    passes: bytesOf(DOCUMENT, element(id.INFO, element(id.TITLE, 'x'.repeat(4096)))),
  },
];
