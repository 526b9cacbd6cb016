/** Pieces of documents with something of everything in them, for those who spoil documents. */
import * as id from '../../assembly/ebml/ids.ts';
import { bytesOf, cluster, element, endOfFragment, simpleBlock, streamHeader, tags, trackTags } from './mkv-builder.ts';

/** Two tracks, cues, tags, a cluster with a block of each, void, and the end of the fragment. */
export const TWO_TRACKS = bytesOf(
  streamHeader({ trackNumbers: [1, 2] }),
  element(id.CUES, [1, 2, 3]),
  tags(['name', 'value'], ['other', '']),
  cluster(1000, simpleBlock(0), simpleBlock(40, { trackNumber: 2 })),
  element(id.VOID, [0, 0]),
  endOfFragment(),
);

/** To stand behind a header: a block in a group, and the tag of a track. */
export const BLOCK_GROUP = bytesOf(
  cluster(
    2000,
    element(id.BLOCK_GROUP, element(id.BLOCK, [0x81, 0, 0, 0x06, 1, 1, 9, 9]), element(id.REFERENCE_BLOCK, [0xff])),
  ),
  trackTags(1, 'a', 'b'),
);
