/** The table of elements: names and ids both ways, held to the core's ids and to what the core's reader does with each. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as ids from '../../../assembly/ebml/ids.ts';
import { describeElement, ELEMENT_ID, elementInfo, elementName } from '../../../sdk/core/element-names.ts';
import type { ElementInfo, ElementName } from '../../../sdk/core/element-names.ts';
import { logEvents } from '../../support/event-log.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { bytesOf, element } from '../../support/mkv-builder.ts';
import type { Part } from '../../support/mkv-builder.ts';

const NAMES = Object.keys(ELEMENT_ID) as ElementName[];
const INFOS = NAMES.map((name) => elementInfo(ELEMENT_ID[name]) as ElementInfo);

/** Where the core's name follows the KVS documents, or needs a word to be unique. */
const CORE_NAMES: Readonly<Record<string, string>> = {
  EBML: 'EBMLHEADER',
  TimestampScale: 'TIMECODESCALE',
  Timestamp: 'CLUSTERTIMECODE',
  Position: 'CLUSTERPOSITION',
  PrevSize: 'CLUSTERPREVIOUSSIZE',
  TrackTimestampScale: 'TRACKTIMECODESCALE',
  Name: 'TRACKNAME',
  Range: 'COLOURRANGE',
  Primaries: 'COLOURPRIMARIES',
  PrevUUID: 'PREVIOUSUUID',
  PrevFilename: 'PREVIOUSFILENAME',
};

/** Elements of every level and kind, as the RFCs have them. */
const SAMPLES: readonly (readonly [
  ElementName,
  id: number,
  kind: string,
  level: number,
  parent: ElementName | null,
])[] = [
  ['EBML', 0x1a45dfa3, 'master', 0, null],
  ['EBMLMaxIDLength', 0x42f2, 'uint', 1, 'EBML'],
  ['DocTypeExtensionName', 0x4283, 'string', 2, 'DocTypeExtension'],
  ['Segment', 0x18538067, 'master', 0, null],
  ['SeekID', 0x53ab, 'binary', 3, 'Seek'],
  ['TimestampScale', 0x2ad7b1, 'uint', 2, 'Info'],
  ['DateUTC', 0x4461, 'date', 2, 'Info'],
  ['Cluster', 0x1f43b675, 'master', 1, 'Segment'],
  ['Timestamp', 0xe7, 'uint', 2, 'Cluster'],
  ['SimpleBlock', 0xa3, 'block', 2, 'Cluster'],
  ['BlockAdditional', 0xa5, 'binary', 5, 'BlockMore'],
  ['ReferenceBlock', 0xfb, 'int', 3, 'BlockGroup'],
  ['Name', 0x536e, 'utf-8', 3, 'TrackEntry'],
  ['LuminanceMax', 0x55d9, 'float', 6, 'MasteringMetadata'],
  ['AESSettingsCipherMode', 0x47e8, 'uint', 7, 'ContentEncAESSettings'],
  ['CueRefTime', 0x96, 'uint', 5, 'CueReference'],
  ['ChapterAtom', 0xb6, 'master', 3, 'EditionEntry'],
  ['FileData', 0x465c, 'binary', 3, 'AttachedFile'],
  ['TagString', 0x4487, 'utf-8', 4, 'SimpleTag'],
  ['Void', 0xec, 'binary', -1, null],
  ['CRC-32', 0xbf, 'binary', -1, null],
  ['SignatureSlot', 0x1b538667, 'master', -1, null],
];

/** Shortest content that each kind can have. */
const CONTENT: Readonly<Record<ElementInfo['kind'], Part>> = {
  master: [],
  uint: [1],
  int: [0xff],
  date: [0, 0, 0, 0, 0, 0, 0, 1],
  float: [0x3f, 0x80, 0, 0],
  string: 'a',
  'utf-8': 'é',
  binary: [0, 1],
  block: [0x81, 0, 0, 0x80],
};

/** How the event of each kind begins, and the number in it where there is one. */
const EVENT: Readonly<Record<ElementInfo['kind'], RegExp>> = {
  master: /^start /,
  uint: /^value .* 1 01$/,
  int: /^value .* -1 ff$/,
  date: /^value .* 1 0000000000000001$/,
  float: /^value .* 1 3f800000$/,
  string: /^value .* 0 61$/,
  'utf-8': /^value .* 0 c3a9$/,
  binary: /^value .* 0 0001$/,
  block: /^block /,
};

/** The element inside all the masters that it belongs into. */
function nested({ id, kind, parent }: ElementInfo): Uint8Array {
  return enclosed(parent, element(id, CONTENT[kind]));
}

function enclosed(parent: ElementName | null, inner: Uint8Array): Uint8Array {
  if (parent === null) return inner;
  const { id, parent: next } = elementInfo(ELEMENT_ID[parent]) as ElementInfo;
  // The rules of order are not at issue here: a block needs a timecode, a cluster a track.
  const before = id === ids.CLUSTER && inner[0] !== 0xe7 ? element(ids.CLUSTER_TIMECODE, [0]) : bytesOf();
  return enclosed(next, element(id, before, inner));
}

const it = suite('element names');

it('names every element both ways', () => {
  assert.is(NAMES.length, 281);
  for (const name of NAMES) {
    assert.is(elementName(ELEMENT_ID[name]), name);
    assert.is(describeElement(ELEMENT_ID[name]), name);
  }
  assert.is(new Set(Object.values(ELEMENT_ID)).size, NAMES.length, 'no id twice');
});

it('says nothing of ids of no RFC', () => {
  for (const id of [0, 1, 0x4f01, 0xff, 0x1fffffff, -1, Number.NaN]) {
    assert.is(elementName(id), undefined);
    assert.is(elementInfo(id), undefined);
  }
  assert.is(describeElement(0x4f01), '0x4F01');
});

it('knows id, kind, level and parent', () => {
  for (const [name, id, kind, level, parent] of SAMPLES)
    assert.equal(elementInfo(ELEMENT_ID[name]), { name, id, kind, level, parent });
});

it('has the ids that the core has, under the same names', () => {
  const core = new Map(Object.entries(ids).map(([name, id]) => [id as number, name.replaceAll('_', '')]));
  assert.is(core.size, NAMES.length);
  for (const name of NAMES)
    assert.is(core.get(ELEMENT_ID[name]), CORE_NAMES[name] ?? name.replaceAll('-', '').toUpperCase(), name);
});

it('has ids as long as their first byte says', () => {
  for (const [name, id] of Object.entries(ELEMENT_ID)) {
    const bytes = Math.ceil((32 - Math.clz32(id)) / 8);
    assert.is(id >>> (7 * bytes), 1, name);
  }
});

it.run();

for (const flavour of FLAVOURS) {
  const reads = suite(`elements as the reader knows them [${flavour}]`);
  const core = loadCore(flavour);
  const header = element(ids.EBML_HEADER, element(ids.DOC_TYPE, 'matroska'));
  const tracks = element(ids.TRACKS, element(ids.TRACK_ENTRY, element(ids.TRACK_NUMBER, [1])));

  reads('reports each where it belongs, by its kind and at its level', () => {
    for (const info of INFOS) {
      const log = logEvents(core, [nested(info)], { everyElement: true });
      const hex = info.id.toString(16).toUpperCase();
      const line = log.find((text) => text.split(/ +/)[1] === hex);
      if (info.level < 0) {
        assert.equal(log, ['finished'], `${info.name} is passed over`);
        continue;
      }
      assert.match(line ?? 'nothing', EVENT[info.kind], info.name);
      assert.is((line ?? '').indexOf(hex) - (line ?? '').indexOf(' ') - 1, 2 * info.level, `level of ${info.name}`);
    }
  });

  reads('takes each in its own parent and not at the top, in strict mode', () => {
    for (const info of INFOS) {
      const { id, kind, parent } = info;
      if (parent === null || id === ids.DOC_TYPE) continue;
      const misplaced = bytesOf(header, element(id, CONTENT[kind]));
      const fault = logEvents(core, [misplaced], { strict: true }).at(-1) ?? '';
      assert.match(fault, new RegExp(`^fault misplaced ${id.toString(16)} @${header.length}$`, 'i'), info.name);
      const inPlace = logEvents(core, [inDocument(info)], { strict: true, everyElement: true });
      assert.is(inPlace.at(-1), 'finished', info.name);
    }
  });

  /** A document of one element, and what it cannot do without. */
  function inDocument(info: ElementInfo): Uint8Array {
    const body = nested(info);
    if (body[0] === 0x1a) return withDocType(info);
    const content = body.subarray(12);
    const isInCluster = content[0] === 0x1f;
    return bytesOf(header, element(ids.SEGMENT, ...(isInCluster ? [tracks] : []), complete(info, content)));
  }

  /** An empty cluster would lack its timecode. */
  function complete({ id }: ElementInfo, content: Uint8Array): Uint8Array {
    return id === ids.CLUSTER ? element(id, element(ids.CLUSTER_TIMECODE, [0])) : content;
  }

  function withDocType(info: ElementInfo): Uint8Array {
    const docType = element(ids.DOC_TYPE, 'matroska');
    return element(ids.EBML_HEADER, docType, nested(info).subarray(12));
  }

  reads('passes over what is inside indexes and side files unless every element is asked for', () => {
    const opaque = INFOS.filter(({ name }) => ['SeekHead', 'Cues', 'Chapters', 'Attachments'].includes(name));
    const children = INFOS.filter(({ parent }) => opaque.some(({ name }) => name === parent));
    assert.equal(children.map(({ name }) => name).sort(), ['AttachedFile', 'CuePoint', 'EditionEntry', 'Seek']);
    for (const child of children) {
      const isChild = (line: string): boolean => line.includes(` ${child.id.toString(16).toUpperCase()} `);
      assert.is(logEvents(core, [nested(child)]).filter(isChild).length, 0, child.name);
      assert.is(logEvents(core, [nested(child)], { everyElement: true }).filter(isChild).length, 2, child.name);
    }
  });

  reads.run();
}
