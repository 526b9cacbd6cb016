/** Well-formed Matroska that no PutMedia body may hold, each beside the nearest that it may. */
import * as id from '../../../assembly/ebml/ids.ts';
import {
  bytesOf,
  cluster,
  element,
  openElement,
  simpleBlock,
  sizedCluster,
  streamHeader,
  uintElement,
} from '../../support/mkv-builder.ts';
import type { FaultRow } from './fault-rows.ts';

const HEADER = streamHeader();
const DOCUMENT = bytesOf(element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska')), openElement(id.SEGMENT));
const at = HEADER.length;
/** Where the first element after the timecode of a first cluster begins. */
const inCluster = at + cluster(0).length;
/** One TrackEntry of several numbers. */
const numbers = (count: number): Uint8Array =>
  element(id.TRACK_ENTRY, ...Array.from({ length: count }, (_, index) => uintElement(id.TRACK_NUMBER, index + 1)));

export const RULE_FAULT_ROWS: readonly FaultRow[] = [
  {
    name: 'a second timecode in a cluster',
    bytes: bytesOf(HEADER, cluster(0, uintElement(id.CLUSTER_TIMECODE, 0))),
    fault: `second-timecode E7 @${inCluster}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0), cluster(0)),
  },
  {
    name: 'a cluster that the next one ends without a timecode',
    bytes: bytesOf(HEADER, openElement(id.CLUSTER), cluster(0)),
    fault: `no-timecode 1F43B675 @${at}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0)),
  },
  {
    name: 'an empty cluster',
    bytes: bytesOf(HEADER, element(id.CLUSTER)),
    fault: `no-timecode 1F43B675 @${at}`,
    lenient: null,
    passes: bytesOf(HEADER, sizedCluster(0)),
  },
  {
    name: 'a timecode of 2^53',
    bytes: bytesOf(HEADER, openElement(id.CLUSTER), element(id.CLUSTER_TIMECODE, [0x20, 0, 0, 0, 0, 0, 0])),
    fault: `timecode-too-large E7 @${at + 5}`,
    errorId: 4007,
    lenient: null,
    passes: bytesOf(HEADER, cluster(Number.MAX_SAFE_INTEGER)),
  },
  {
    name: 'a timecode scale of 0',
    bytes: streamHeader({ timecodeScaleNs: 0 }),
    fault: `zero-timecode-scale 2AD7B1 @${DOCUMENT.length + 12}`,
    lenient: null,
    passes: streamHeader({ timecodeScaleNs: 1 }),
  },
  {
    name: 'Info behind a cluster',
    bytes: bytesOf(HEADER, cluster(0), element(id.INFO)),
    fault: `late-header 1549A966 @${inCluster}`,
    lenient: null,
    passes: bytesOf(HEADER, element(id.INFO), cluster(0)),
  },
  {
    name: 'Tracks behind a cluster',
    bytes: bytesOf(HEADER, cluster(0), element(id.TRACKS)),
    fault: `late-header 1654AE6B @${inCluster}`,
    lenient: null,
    passes: bytesOf(HEADER, cluster(0), element(id.TAGS)),
  },
  {
    name: 'a second Tracks',
    bytes: bytesOf(HEADER, element(id.TRACKS)),
    fault: `second-tracks 1654AE6B @${at}`,
    lenient: null,
    passes: bytesOf(DOCUMENT, element(id.TRACKS)),
  },
  {
    name: 'a cluster before any track',
    bytes: bytesOf(DOCUMENT, element(id.TRACKS), cluster(0)),
    fault: `no-tracks 1F43B675 @${DOCUMENT.length + 12}`,
    lenient: null,
    passes: bytesOf(DOCUMENT, element(id.TRACKS, element(id.TRACK_ENTRY, uintElement(id.TRACK_NUMBER, 1))), cluster(0)),
  },
  {
    name: 'a fourth track',
    bytes: streamHeader({ trackNumbers: [1, 2, 3, 4] }),
    fault: `too-many-tracks AE @${streamHeader({ trackNumbers: [1, 2, 3] }).length}`,
    errorId: 4012,
    lenient: null,
    passes: streamHeader({ trackNumbers: [1, 2, 3] }),
  },
  {
    name: 'a fourth track number in one TrackEntry',
    bytes: bytesOf(DOCUMENT, element(id.TRACKS, numbers(4))),
    fault: `too-many-tracks D7 @${DOCUMENT.length + 12 + 9 + 3 * 17}`,
    errorId: 4012,
    lenient: null,
    passes: bytesOf(DOCUMENT, element(id.TRACKS, numbers(3))),
  },
  {
    name: 'a block of a track that is not declared',
    bytes: bytesOf(HEADER, cluster(0, simpleBlock(0), simpleBlock(1, { trackNumber: 2 }))),
    fault: `unknown-track A3 @${inCluster + simpleBlock(0).length}`,
    errorId: 4010,
    lenient: null,
    passes: bytesOf(
      streamHeader({ trackNumbers: [1, 2] }),
      cluster(0, simpleBlock(0), simpleBlock(1, { trackNumber: 2 })),
    ),
  },
  {
    name: 'a block of track 1 where track 2^32 + 1 is declared',
    bytes: bytesOf(streamHeader({ trackNumbers: [2 ** 32 + 1] }), cluster(0, simpleBlock(0))),
    fault: `unknown-track A3 @${inCluster}`,
    errorId: 4010,
    lenient: null,
    passes: bytesOf(streamHeader({ trackNumbers: [1] }), cluster(0, simpleBlock(0))),
  },
];
