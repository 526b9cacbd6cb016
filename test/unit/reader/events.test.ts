/** What the reader says about well-formed streams. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import { MkvReader } from '../../../sdk/core/mkv-reader.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  cluster,
  element,
  openElement,
  simpleBlock,
  streamHeader,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';

const SPLITS = [1, 2, 3, 7, 64, 100_000];
const HEADER = bytesOf([0x1a, 0x45, 0xdf, 0xa3, 0x8b], [0x42, 0x82, 0x88], 'matroska');
const SEGMENT = [0x18, 0x53, 0x80, 0x67, 0xff];

interface Row {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly events: readonly string[];
}

const ROWS: readonly Row[] = [
  { name: 'nothing at all', bytes: bytesOf(), events: ['finished'] },
  {
    name: 'the smallest document',
    bytes: bytesOf(HEADER, SEGMENT),
    events: [
      'start 1A45DFA3 @0 data @5 11',
      'value   4282 @5 0 6d6174726f736b61',
      'end 1A45DFA3 @0 …16',
      'start 18538067 @16 data @21 -1',
      'end 18538067 @16 …21',
      'finished',
    ],
  },
  {
    name: 'clusters of unknown size, ended by the next cluster, by Tags and by a new document',
    bytes: bytesOf(
      SEGMENT,
      [0x1f, 0x43, 0xb6, 0x75, 0xff, 0xe7, 0x81, 5],
      [0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe7, 0x81, 6],
      [0x12, 0x54, 0xc3, 0x67, 0x80],
      [0x1f, 0x43, 0xb6, 0x75, 0x1f, 0xff, 0xff, 0xff, 0xe7, 0x81, 7],
      HEADER,
    ),
    events: [
      'start 18538067 @0 data @5 -1',
      'start   1F43B675 @5 data @10 -1',
      'value     E7 @10 5 05',
      'end   1F43B675 @5 …13',
      'start   1F43B675 @13 data @25 -1',
      'value     E7 @25 6 06',
      'end   1F43B675 @13 …28',
      'start   1254C367 @28 data @33 0',
      'end   1254C367 @28 …33',
      'start   1F43B675 @33 data @41 -1',
      'value     E7 @41 7 07',
      'end   1F43B675 @33 …44',
      'end 18538067 @0 …44',
      'start 1A45DFA3 @44 data @49 11',
      'value   4282 @49 0 6d6174726f736b61',
      'end 1A45DFA3 @44 …60',
      'finished',
    ],
  },
  {
    name: 'Void, CRC-32 and unknown elements, passed over without ending anything',
    bytes: bytesOf(
      SEGMENT,
      [0x1f, 0x43, 0xb6, 0x75, 0xff, 0xbf, 0x84, 1, 2, 3, 4, 0xe7, 0x81, 5],
      [0xec, 0x82, 0, 0],
      [0x4f, 0xff - 1, 0x83, 1, 2, 3],
      [0xa3, 0x85, 0x81, 0x00, 0x01, 0x80, 9],
      [0xec, 0x80],
    ),
    events: [
      'start 18538067 @0 data @5 -1',
      'start   1F43B675 @5 data @10 -1',
      'value     E7 @16 5 05',
      'block     A3 @29 track 1 at 1 flags 80 payload @35 1',
      'data 1 2b4c342f5433ebe5',
      'end   1F43B675 @5 …38',
      'end 18538067 @0 …38',
      'finished',
    ],
  },
  {
    name: 'a BlockGroup, its flags and its negative timecode',
    bytes: bytesOf([0xa0, 0x8e], [0xa1, 0x87, 0x40, 0x02, 0xff, 0xfe, 0x0e, 1, 2], [0xfb, 0x83, 0xff, 0xff, 0xd8]),
    events: [
      'start A0 @0 data @2 14',
      'block   A1 @2 track 2 at -2 flags E payload @9 2',
      'data 2 a12871fee210fb86',
      'value   FB @11 -40 ffffd8',
      'end A0 @0 …16',
      'finished',
    ],
  },
  {
    name: 'an empty payload: one empty piece',
    bytes: Uint8Array.of(0xa3, 0x84, 0x81, 0, 0, 0),
    events: ['block A3 @0 track 1 at 0 flags 0 payload @6 0', 'data 0 e3b0c44298fc1c14', 'finished'],
  },
];

for (const flavour of FLAVOURS) {
  const it = suite(`reader events [${flavour}]`);
  const core = loadCore(flavour);

  for (const { name, bytes, events } of ROWS) {
    it(`reads ${name}, however it is split`, () => {
      for (const split of SPLITS) {
        const log = logEvents(core, cut(bytes, split)).map((line) => line.trimEnd());
        assert.equal(log, events, `split at ${split}`);
      }
    });
  }

  it('delivers numbers of every length', () => {
    for (let length = 0; length <= 8; length++) {
      const data = Uint8Array.from({ length }, (_, index) => index + 1);
      const expected = data.reduce((value, byte) => value * 256 + byte, 0);
      const [line = ''] = logEvents(core, [bytesOf([0xe7, 0x80 | length], data)]);
      assert.is(Number(line.split(' ')[3]), expected, `${length} bytes`);
    }
  });

  it('reads signed and unsigned numbers of every length alike: parser-library §6.1', () => {
    const minusTwo = (length: number): Uint8Array => new Uint8Array(length).fill(0xff).fill(0xfe, -1);
    const valueOf = (elementId: number, data: Uint8Array): number => {
      const [line = ''] = logEvents(core, [bytesOf(element(elementId, data))]);
      return Number(line.split(' ')[3]);
    };
    for (let length = 1; length <= 8; length++) {
      assert.is(valueOf(id.REFERENCE_BLOCK, minusTwo(length)), -2, `${length} bytes`);
      const unsigned = BigInt.asUintN(8 * length, -2n);
      assert.is(valueOf(id.CLUSTER_TIMECODE, minusTwo(length)), Number(unsigned), `${length} bytes`);
    }
    assert.is(valueOf(id.CLUSTER_TIMECODE, Uint8Array.of(0x7e)), 0x7e);
    const reader = new MkvReader(core);
    const pattern = new DataView(new ArrayBuffer(8));
    pattern.setBigInt64(0, -309_349_387_097_750_278n);
    reader.push(element(id.TRACK_UID, new Uint8Array(pattern.buffer)));
    reader.next();
    assert.is(reader.bigUintValue, BigInt.asUintN(64, -309_349_387_097_750_278n));
    reader.dispose();
  });

  it('reports level and nesting of SimpleTags inside SimpleTags', () => {
    const inner = element(id.SIMPLE_TAG, element(id.TAG_NAME, 'inner'));
    const outer = element(id.SIMPLE_TAG, inner, element(id.TAG_NAME, 'outer'));
    const log = logEvents(core, [bytesOf(openElement(id.SEGMENT), element(id.TAGS, element(id.TAG, outer)))]);
    const names = log.filter((line) => line.startsWith('value')).map((line) => line.split(/ +/)[1]);
    assert.equal(names, ['45A3', '45A3']);
    const levels = log.filter((line) => line.includes('67C8')).map((line) => line.indexOf('67C8'));
    assert.equal(levels, ['start   '.length + 4, 'start   '.length + 6, 'end   '.length + 6, 'end   '.length + 4]);
  });

  it('reports masters that are not read into, and passes over their content', () => {
    const cues = element(id.CUES, element(id.SIMPLE_BLOCK, [1, 2, 3]));
    const log = logEvents(core, [bytesOf(openElement(id.SEGMENT), cluster(0, simpleBlock(0)), cues)]);
    const ends = log
      .filter((line) => /1F43B675|1C53BB6B/.test(line))
      .map((line) => line.replace(/ data .*| …/, '').trim());
    assert.is(ends.length, 4, log.join('\n'));
    assert.is(log.filter((line) => line.startsWith('block')).length, 1);
  });

  it('delivers a long text as data in lenient mode', () => {
    const log = logEvents(core, cut(tags(['name', 'x'.repeat(100)]), 9), { maxValueBytes: 50 });
    assert.ok(
      log.some((line) => /start +4487/.test(line)),
      log.join('\n'),
    );
    assert.ok(log.some((line) => line.startsWith('data 100 ')));
  });

  it('leaves out payloads when asked to, with the same offsets', () => {
    const bytes = bytesOf(
      streamHeader(),
      cluster(7, ...[0, 40, 80].map((at) => simpleBlock(at, { payload: new Uint8Array(5000) }))),
    );
    const whole = logEvents(core, cut(bytes, 777)).filter((line) => !line.startsWith('data'));
    for (const split of SPLITS) assert.equal(logEvents(core, cut(bytes, split), { skipPayloads: true }), whole);
  });

  it('lets a wrong Segment size end at the next document in lenient mode', () => {
    const document = bytesOf(
      element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska')),
      [0x18, 0x53, 0x80, 0x67, 0x48, 0x00],
    );
    const log = logEvents(core, [bytesOf(document, cluster(0), document, cluster(1))]);
    assert.is(log.filter((line) => line.startsWith('start 1A45DFA3')).length, 2);
    assert.match(log.at(-1) ?? '', /^fault truncated 1F43B675/);
  });

  it('gives the offsets of a child to its own parent: an empty master ends at once', () => {
    const log = logEvents(core, [
      bytesOf(openElement(id.SEGMENT), element(id.TAGS), uintElement(id.CLUSTER_POSITION, 1)),
    ]);
    const end = log.findIndex((line) => /end +1254C367/.test(line));
    assert.ok(end >= 0 && end < log.findIndex((line) => line.includes('A7 @')), log.join('\n'));
  });

  it.run();
}
