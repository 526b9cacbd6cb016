/** Forms of Matroska that producers and muxers may send, all of them legal: each is taken and given back as it came. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BLOCK, BLOCK_GROUP, CLUSTER, CLUSTER_TIMECODE, SIMPLE_BLOCK, VOID } from '../../assembly/ebml/ids.ts';
import { readChunks } from '../support/media-reader.ts';
import {
  bytesOf,
  cluster,
  element,
  endOfFragment,
  openElement,
  simpleBlock,
  sizedCluster,
  streamHeader,
  streamHeaderParts,
  uintElement,
} from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { TestUpload } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const PRODUCER_TIMESTAMP = 'AWS_KINESISVIDEO_PRODUCER_TIMESTAMP';
const START_S = 1_700_000_000;

const HEADER = streamHeader();
const [EBML_HEADER, SEGMENT, INFO, TRACKS] = streamHeaderParts() as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const padding = (sizeBytes: number): Uint8Array => element(VOID, new Uint8Array(sizeBytes));

/** A cluster of unknown size with padding wherever it may be. */
const PADDED_CLUSTER = bytesOf(
  openElement(CLUSTER),
  padding(5),
  uintElement(CLUSTER_TIMECODE, 0),
  padding(0),
  simpleBlock(0),
  padding(300),
  simpleBlock(40),
);
const SIZED = [sizedCluster(0, simpleBlock(0)), sizedCluster(1000, simpleBlock(0))] as const;
const sizedSegment = (): Uint8Array => {
  const content = bytesOf(INFO, TRACKS, ...SIZED);
  const head = streamHeaderParts({ segmentSizeBytes: content.length });
  return bytesOf(head[0] as Uint8Array, head[1] as Uint8Array, content);
};

interface Form {
  readonly name: string;
  readonly body: Uint8Array;
  /** In order; the timecodes are what the acks must say. */
  readonly clusters: readonly (readonly [timecode: number, bytes: Uint8Array])[];
  /** Of the first fragment. Default: the start of the stream. */
  readonly producerTimestamp?: string;
}

const oneCluster = (timecode: number, bytes: Uint8Array, header = HEADER): Omit<Form, 'name'> => ({
  body: bytesOf(header, bytes, endOfFragment()),
  clusters: [[timecode, bytes]],
});

const FORMS: readonly Form[] = [
  {
    name: 'padding between everything',
    body: bytesOf(
      ...[EBML_HEADER, padding(1), SEGMENT, padding(9), INFO, padding(0), TRACKS, padding(100)],
      PADDED_CLUSTER,
      endOfFragment(),
      padding(4),
    ),
    clusters: [[0, PADDED_CLUSTER]],
  },
  {
    name: 'clusters and a segment that state their sizes',
    body: sizedSegment(),
    clusters: [
      [0, SIZED[0]],
      [1000, SIZED[1]],
    ],
  },
  { name: 'a frame without a byte', ...oneCluster(0, cluster(0, simpleBlock(0, { payload: new Uint8Array() }))) },
  {
    name: 'a frame before its cluster’s timecode, and before the stream’s start',
    ...oneCluster(0, cluster(0, simpleBlock(-500, { isKey: true }), simpleBlock(0))),
  },
  {
    name: 'frames in decoding order',
    ...oneCluster(0, cluster(0, ...[0, 120, 40, 80].map((relative) => simpleBlock(relative)))),
  },
  {
    name: 'a block group',
    ...oneCluster(0, cluster(0, element(BLOCK_GROUP, element(BLOCK, [0x81, 0, 0, 0, 1, 2, 3])))),
  },
  {
    name: 'a track number of two bytes',
    ...oneCluster(
      0,
      cluster(0, element(SIMPLE_BLOCK, [0x40, 200, 0, 0, 0x80, 1])),
      streamHeader({ trackNumbers: [200] }),
    ),
  },
  {
    name: 'three tracks',
    ...oneCluster(
      0,
      cluster(0, ...[1, 2, 3].map((trackNumber) => simpleBlock(0, { trackNumber }))),
      streamHeader({ trackNumbers: [1, 2, 3] }),
    ),
  },
  {
    name: 'a timecode scale of a microsecond: acks tell the timecode as written, times count the scale',
    ...oneCluster(5_000_000, cluster(5_000_000, simpleBlock(0)), streamHeader({ timecodeScaleNs: 1000 })),
    producerTimestamp: `${START_S + 5}.000`,
  },
];

const forms = suite<{ service: TestService }>('service: forms of media');

forms.before(async (context) => {
  context.service = await startTestService({ limits: { readerIdleTimeoutMs: 50 } });
});

forms.after(async ({ service }) => {
  await service.close();
});

for (const { name, body, clusters, producerTimestamp = `${START_S}.000` } of FORMS) {
  for (const [how, pieceBytes] of [
    ['at once', body.length],
    ['byte by byte', 1],
  ] as const) {
    forms(`${name}, sent ${how}`, async ({ service }) => {
      const streamName = await newStream(service);
      const sent = await TestUpload.open(service.url, { streamName, startTimestamp: String(START_S) });
      for (let at = 0; at < body.length; at += pieceBytes) await sent.write(body.subarray(at, at + pieceBytes));
      sent.end();
      const acks = await sent.over();
      assert.equal(
        acks.filter((ack) => ack.EventType === 'PERSISTED').map((ack) => ack.FragmentTimecode),
        clusters.map(([timecode]) => timecode),
        JSON.stringify(acks),
      );
      const chunks = await readChunks(service.media, streamName);
      assert.equal(
        chunks.map((chunk) => Buffer.from(chunk.cluster).toString('hex')),
        clusters.map(([, bytes]) => Buffer.from(bytes).toString('hex')),
      );
      assert.is(chunks[0]?.tag(PRODUCER_TIMESTAMP), producerTimestamp);
    });
  }
}

forms.run();
