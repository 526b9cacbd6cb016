import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLUSTER, CUES, EBML_HEADER, SEGMENT, TAGS, TRACKS, VOID } from '../../../../assembly/ebml/ids.ts';
import { MkvReader } from '../../../../sdk/core/mkv-reader.ts';
import { IngestError } from '../../../../service/ingest/ingest-error.ts';
import { MediaSplitter } from '../../../../service/ingest/media-splitter.ts';
import type { IngestEvent } from '../../../../service/ingest/media-splitter.ts';
import { DEFAULT_LIMITS } from '../../../../service/limits.ts';
import { FLAVOURS, loadCore } from '../../../support/load-core.ts';
import {
  bytesOf,
  claimElement,
  cluster,
  element,
  endOfFragment,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  streamHeaderParts,
  tags,
  trackTags,
} from '../../../support/mkv-builder.ts';

interface Found {
  /** What was found, media left out: it may come in any number of pieces. */
  readonly log: string[];
  readonly header: Uint8Array;
  readonly media: Uint8Array;
  /** 0 when nothing was wrong. */
  readonly errorId: number;
}

const LIMITS = { ...DEFAULT_LIMITS, maxStreamHeaderBytes: 4096 };

for (const flavour of FLAVOURS) {
  const test = suite(`service/ingest/media-splitter [${flavour}]`);

  const split = (body: Uint8Array, pieceBytes = body.length, end = true): Found => {
    const reader = new MkvReader(loadCore(flavour), { strict: true, skipPayloads: true, windowBytes: 16 * 1024 });
    const splitter = new MediaSplitter(reader, LIMITS);
    const log: string[] = [];
    const media: Uint8Array[] = [];
    let header = new Uint8Array();
    let errorId = 0;
    const take = (events: Iterable<IngestEvent>): void => {
      for (const event of events) {
        if (event.kind === 'media') media.push(event.bytes);
        else log.push(describe(event));
        if (event.kind === 'header') header = new Uint8Array(event.header.bytes);
      }
    };
    try {
      for (let at = 0; at < body.length; at += pieceBytes) take(splitter.push(body.slice(at, at + pieceBytes)));
      if (end) take(splitter.finish());
    } catch (error) {
      if (!(error instanceof IngestError)) throw error;
      errorId = error.errorId;
    }
    reader.dispose();
    return { log, header, media: bytesOf(...media), errorId };
  };

  const HEADER = streamHeader({ trackNumbers: [1, 2] });
  const FIRST = cluster(1000, simpleBlock(0), simpleBlock(3, { trackNumber: 2 }));
  const SECOND = cluster(2000, simpleBlock(0), simpleBlock(-5, { trackNumber: 2, isKey: false }));
  const BODY = bytesOf(
    HEADER,
    tags(['one', '1']),
    FIRST,
    tags(['two', '2'], ['three', '3']),
    endOfFragment(),
    SECOND,
    endOfFragment(),
  );
  const LOG = [
    'tags 1',
    'header 1,2 @1000000',
    'cluster',
    'timecode 1000',
    'frame 1 0',
    'frame 2 3',
    'cluster-end',
    'tags 2',
    'tags 0 ends',
    'cluster',
    'timecode 2000',
    'frame 1 0',
    'frame 2 -5',
    'cluster-end',
    'tags 0 ends',
  ];

  test('push() finds the parts of an upload, however it is cut', () => {
    for (const pieceBytes of [1, 2, 3, 7, 64, BODY.length]) {
      const found = split(BODY, pieceBytes);
      assert.is(found.errorId, 0, `${pieceBytes}`);
      assert.equal(found.log, LOG, `${pieceBytes}`);
      assert.equal(found.header, HEADER, `${pieceBytes}`);
      assert.equal(found.media, bytesOf(FIRST, SECOND), `${pieceBytes}`);
    }
  });

  test('push() gives media on before the cluster ends', () => {
    const big = new Uint8Array(50_000).fill(7);
    const body = bytesOf(streamHeader(), cluster(0, simpleBlock(0, { payload: big })));
    const found = split(body.subarray(0, body.length - 20_000), 1000, false);
    assert.ok(found.media.length > 29_000, `${found.media.length} of 50000`);
  });

  test('finish() refuses a body cut at any byte inside an element', () => {
    const blocks = [0, 40, 80].map((relative) => simpleBlock(relative));
    const parts = [...streamHeaderParts(), cluster(0), ...blocks];
    // Between two elements of the header or two blocks, a body may end.
    const ends = new Set<number>([0]);
    let lengthSoFar = 0;
    for (const part of parts) ends.add((lengthSoFar += part.length));
    const whole = bytesOf(...parts);
    for (let length = 0; length <= whole.length; length++) {
      assert.is(split(whole.subarray(0, length)).errorId, ends.has(length) ? 0 : 4006, `cut at ${length}`);
    }
  });

  test('push() keeps tags about a track in the header, and drops them behind the first cluster', () => {
    const about = trackTags(1, 'ENCODER', 'x');
    const found = split(bytesOf(HEADER, about, tags(['mine', '1']), FIRST, about, SECOND));
    assert.equal(found.header, bytesOf(HEADER, about));
    assert.equal(
      found.log.filter((entry) => entry.startsWith('tags')),
      ['tags 1'],
    );
  });

  test('push() hides the size of a segment that states it', () => {
    const [, , info = [], tracks = []] = streamHeaderParts();
    const rest = bytesOf(plainFragment(0), plainFragment(1000));
    const stated = streamHeaderParts({ segmentSizeBytes: info.length + tracks.length + rest.length });
    const found = split(bytesOf(...stated, rest));
    assert.is(found.errorId, 0);
    const [ebmlHeader = []] = stated;
    const hidden = bytesOf(ebmlHeader, [0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255], info, tracks);
    assert.equal(found.header, hidden);
  });

  test('push() says of a cluster that states its size that it is whole, and leaves out what stands behind', () => {
    const sized = sizedCluster(5, simpleBlock(0));
    const found = split(
      bytesOf(streamHeader(), sized, element(VOID, new Uint8Array(40)), element(CUES, new Uint8Array(90))),
    );
    assert.equal(found.log, ['header 1 @1000000', 'cluster', 'timecode 5', 'frame 1 0', 'cluster-end sized']);
    assert.equal(found.media, sized);
  });

  const REFUSED: [name: string, body: Uint8Array, errorId: number][] = [
    ['no Matroska at all', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), 4006],
    ['zeros', new Uint8Array(64), 4006],
    ['a second EBML header', bytesOf(BODY, HEADER), 4006],
    ['a second segment', bytesOf(BODY, openElement(SEGMENT)), 4006],
    ['second tracks', bytesOf(HEADER, element(TRACKS)), 4006],
    ['tracks behind the first cluster', bytesOf(BODY, element(TRACKS)), 4006],
    ['a cluster before any track', bytesOf(element(EBML_HEADER), openElement(SEGMENT), FIRST), 4006],
    ['a cluster without a timecode', bytesOf(HEADER, openElement(CLUSTER), tags(['a', 'b'])), 4006],
    ['a block before the timecode', bytesOf(HEADER, openElement(CLUSTER), simpleBlock(0)), 4006],
    ['a cluster head without end', bytesOf(HEADER, openElement(CLUSTER), element(VOID, new Uint8Array(70_000))), 4006],
    ['four tracks', streamHeader({ trackNumbers: [1, 2, 3, 4] }), 4012],
    ['a header without end', bytesOf(HEADER, element(VOID, new Uint8Array(5000))), 4006],
    [
      'a header that claims a terabyte',
      bytesOf(...streamHeaderParts().slice(0, 3), claimElement(TRACKS, 2 ** 40), new Uint8Array(9000)),
      4006,
    ],
    ['a tag text beyond all limits', bytesOf(HEADER, tags(['n', 'v'.repeat(10_000)])), 4009],
    ['a timecode scale of 0', streamHeader({ timecodeScaleNs: 0 }), 4006],
  ];
  for (const [name, body, errorId] of REFUSED) {
    test(`push() refuses ${name} with ${errorId}`, () => {
      assert.is(split(body).errorId, errorId);
      assert.is(split(body, 5).errorId, errorId, 'in small pieces');
    });
  }

  test('push() notes broken limits in tags and leaves their meaning to the fragment', () => {
    const cases: [name: string, bytes: Uint8Array, isViolated: boolean][] = [
      ['ten items', tags(...items(10)), false],
      ['a long name', tags(['n'.repeat(129), '']), true],
      ['the longest name and value', tags(['n'.repeat(128), 'v'.repeat(256)]), false],
      ['a long value', tags(['n', 'v'.repeat(257)]), true],
      ['characters of several bytes', tags(['é'.repeat(65), '']), true],
      ['a reserved name', tags(['AWS_MINE', '']), true],
      ['a name of the service', tags(['AWS_KINESISVIDEO_FRAGMENT_NUMBER', '1']), true],
      ['an event', tags(['AWS_KINESISVIDEO_NOTIFICATION', '']), false],
      ['too long an element', element(TAGS, element(VOID, new Uint8Array(70_000))), true],
    ];
    for (const [name, bytes, isViolated] of cases) {
      const tagsEntry = split(bytesOf(HEADER, bytes)).log.find((entry) => entry.startsWith('tags'));
      assert.is(tagsEntry?.includes('violates') ?? false, isViolated, name);
    }
  });

  test.run();
}

function items(count: number): [string, string][] {
  return Array.from({ length: count }, (_item, index) => [`name-${index}`, 'value']);
}

function describe(event: Exclude<IngestEvent, { kind: 'media' }>): string {
  switch (event.kind) {
    case 'header':
      return `header ${event.header.trackNumbers.join()} @${event.header.timecodeScaleNs}`;
    case 'tags': {
      const { itemCount, endsFragment, violation } = event.element;
      return `tags ${itemCount}${endsFragment ? ' ends' : ''}${violation === null ? '' : ' violates'}`;
    }
    case 'cluster-start':
      return 'cluster';
    case 'timecode':
      return `timecode ${event.timecode}`;
    case 'frame':
      return `frame ${event.trackNumber} ${event.relativeTimecode}`;
    case 'cluster-end':
      return `cluster-end${event.isSizeKnown ? ' sized' : ''}`;
  }
}
