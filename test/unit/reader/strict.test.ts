/** What the reader refuses: in strict mode whatever a PutMedia body may not hold, in both modes what cannot be read. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import { describeElement } from '../../../sdk/core/element-names.ts';
import { MkvReader, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import { describeFault, READER_FAULT_REASONS } from '../../../sdk/core/reader-fault.ts';
import type { ReaderFault } from '../../../sdk/core/reader-fault.ts';
import { statusName } from '../../../sdk/status.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  element,
  endOfFragment,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  tags,
} from '../../support/mkv-builder.ts';
import { FAULT_ROWS } from './fault-rows.ts';
import { RULE_FAULT_ROWS } from './rule-fault-rows.ts';

const ROWS = [...FAULT_ROWS, ...RULE_FAULT_ROWS];
const HEADER = streamHeader();
const nest = (depth: number): Uint8Array => (depth === 0 ? bytesOf() : element(id.SIMPLE_TAG, nest(depth - 1)));

const VALID: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['a header alone', HEADER],
  ['DocType webm', bytesOf(element(id.EBML_HEADER, element(id.DOC_TYPE, 'webm')), openElement(id.SEGMENT))],
  [
    'a DocType padded with NULs',
    bytesOf(element(id.EBML_HEADER, element(id.DOC_TYPE, 'matroska\0\0')), openElement(id.SEGMENT)),
  ],
  [
    'fragments with tags between them',
    bytesOf(HEADER, tags(['a', 'b']), plainFragment(0), endOfFragment(), plainFragment(1000)),
  ],
  ['clusters with a size', bytesOf(HEADER, sizedCluster(0, simpleBlock(0)), sizedCluster(9, simpleBlock(0)))],
  ['Void in front of everything', bytesOf(element(id.VOID, [1]), HEADER, plainFragment(5))],
  [
    'an empty timecode scale, which stands for the default',
    bytesOf(
      element(id.EBML_HEADER, element(id.DOC_TYPE, 'webm')),
      openElement(id.SEGMENT),
      element(id.INFO, element(id.TIMECODE_SCALE)),
    ),
  ],
  ['nested SimpleTags', bytesOf(HEADER, element(id.TAGS, element(id.TAG, nest(3))))],
];

const STOPS: readonly number[] = [READER_EVENT.NEED_DATA, READER_EVENT.FAULT];

const STATUS_NAMES: Readonly<Record<number, string>> = {
  4006: 'STATUS_ACK_ERR_INVALID_MKV_DATA',
  4007: 'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP',
  4009: 'STATUS_ACK_ERR_FRAGMENT_METADATA_LIMIT_REACHED',
  4010: 'STATUS_ACK_ERR_TRACK_NUMBER_MISMATCH',
  4012: 'STATUS_ACK_ERR_MORE_THAN_ALLOWED_TRACKS_FOUND',
};

/** The last line of a log, without the word in front. */
const outcome = (log: readonly string[]): string => (log.at(-1) ?? '').replace(/^fault /, '');

for (const flavour of FLAVOURS) {
  const it = suite(`reader faults [${flavour}]`);
  const core = loadCore(flavour);

  const faultOf = (bytes: Uint8Array): ReaderFault => {
    const reader = new MkvReader(core, { strict: true });
    for (let taken = 0; taken < bytes.length;) {
      taken += reader.push(bytes, taken);
      while (!STOPS.includes(reader.next()));
    }
    reader.finish();
    while (reader.next() !== READER_EVENT.FAULT);
    const { fault } = reader;
    reader.dispose();
    return fault;
  };

  for (const { name, bytes, fault, errorId = 4006, lenient, passes } of ROWS) {
    it(`refuses ${name}`, () => {
      for (const split of [1, 3, 100_000]) {
        for (const skipPayloads of [false, true]) {
          const log = logEvents(core, cut(bytes, split), { strict: true, skipPayloads });
          assert.is(outcome(log), fault, `strict, split at ${split}`);
        }
        const inLenientMode = outcome(logEvents(core, cut(bytes, split)));
        if (lenient === undefined) assert.is(inLenientMode, fault, `lenient, split at ${split}`);
        else if (lenient !== null) assert.is(inLenientMode, lenient, `lenient, split at ${split}`);
        else assert.is.not(inLenientMode, fault, 'only strict mode refuses it');
      }
      const found = faultOf(bytes);
      const { elementId, status, offset, reason } = found;
      assert.is(found.errorId, errorId);
      assert.is(statusName(status), STATUS_NAMES[errorId]);
      assert.is(found.element, elementId === 0 ? '' : describeElement(elementId));
      const what = found.element === '' ? 'element' : found.element;
      assert.is(describeFault(found), `${reason}: ${what} at byte ${offset}`);
    });

    it(`takes what is nearest to ${name}`, () => {
      for (const split of [1, 3, 100_000])
        assert.is(outcome(logEvents(core, cut(passes, split), { strict: true })), 'finished', `split at ${split}`);
    });
  }

  it('has a row for each reason', () => {
    const reasons = new Set(ROWS.map(({ fault }) => fault.split(' ')[0]));
    assert.equal(reasons, new Set(READER_FAULT_REASONS));
  });

  it('allows as many tracks as it is told', () => {
    const many = streamHeader({ trackNumbers: Array.from({ length: 33 }, (_, index) => index + 1) });
    const before = streamHeader({ trackNumbers: Array.from({ length: 32 }, (_, index) => index + 1) });
    assert.is(outcome(logEvents(core, [before], { strict: true, maxTracks: 32 })), 'finished');
    assert.is(
      outcome(logEvents(core, [many], { strict: true, maxTracks: 32 })),
      `too-many-tracks AE @${before.length}`,
    );
    const one = streamHeader();
    const two = streamHeader({ trackNumbers: [1, 2] });
    assert.is(outcome(logEvents(core, [one], { strict: true, maxTracks: 1 })), 'finished');
    assert.is(outcome(logEvents(core, [two], { strict: true, maxTracks: 1 })), `too-many-tracks AE @${one.length}`);
  });

  for (const [name, bytes] of VALID) {
    it(`takes ${name}`, () => {
      for (const split of [1, 3, 100_000])
        assert.is(outcome(logEvents(core, cut(bytes, split), { strict: true })), 'finished');
    });
  }

  it.run();
}
