/** Opening, feeding and closing a reader. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CorePoisonedError, KvsError } from '../../../sdk/errors.ts';
import { MkvReader, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import type { MkvReaderOptions } from '../../../sdk/core/mkv-reader.ts';
import { FRAME_BEGAN_FRAGMENT } from '../../../sdk/core/core-stream-types.ts';
import { openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  cluster,
  element,
  plainFragment,
  simpleBlock,
  streamHeader,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';
import * as id from '../../../assembly/ebml/ids.ts';

function statusOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof KvsError ? error.code : String(error);
  }
  return 'no error';
}

const BAD_OPTIONS: readonly MkvReaderOptions[] = [
  { windowBytes: 63 },
  { windowBytes: (16 << 20) + 1 },
  { windowBytes: -1 },
  { windowBytes: 1000, maxValueBytes: 489 },
  { maxValueBytes: -1 },
  { maxValueBytes: 2 ** 31 - 1 },
  { maxDepth: 0 },
  { maxDepth: 65 },
  { maxDepth: -1 },
  { maxTracks: 0 },
  { maxTracks: 33 },
  { maxTracks: -1 },
];

for (const flavour of FLAVOURS) {
  const it = suite(`reader lifetime [${flavour}]`);

  it('refuses options outside of their ranges', () => {
    const core = loadCore(flavour);
    for (const options of BAD_OPTIONS) {
      assert.is(
        statusOf(() => new MkvReader(core, options)),
        'STATUS_INVALID_ARG',
        JSON.stringify(options),
      );
    }
  });

  it('takes the smallest window, and gives the same events with it', () => {
    const core = loadCore(flavour);
    const bytes = bytesOf(
      streamHeader(),
      cluster(5, simpleBlock(0, { payload: new Uint8Array(1000) }), simpleBlock(40)),
    );
    const small = logEvents(core, cut(bytes, 333), { windowBytes: 64, maxValueBytes: 20 });
    assert.equal(small, logEvents(core, [bytes]));
    assert.is(small.at(-1), 'finished');
  });

  it('lends a view again that was emptied by growing memory, and a stream stores it', () => {
    const core = loadCore(flavour);
    const payload = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff);
    const reader = new MkvReader(core);
    reader.push(bytesOf(streamHeader(), cluster(5, simpleBlock(0, { payload }))));
    while (reader.next() !== READER_EVENT.DATA);
    const borrowed = reader.dataView();
    const { store, stream } = openFixture(core, {}, 64 << 20);
    assert.is(borrowed.length, flavour === 'js' ? 1000 : 0, 'JavaScript cannot take memory away from a view');
    assert.equal(reader.dataView(), payload);
    assert.is(putAt(stream, 0, true, reader.dataView()), FRAME_BEGAN_FRAGMENT);
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).endsWith(toHex(payload)));
    store.dispose();
    reader.dispose();
  });

  it('takes no part of a chunk that lies in front of it', () => {
    const reader = new MkvReader(loadCore(flavour));
    for (const from of [-1, -(2 ** 32), NaN]) {
      assert.is(
        statusOf(() => reader.push(new Uint8Array(9), from)),
        'STATUS_INVALID_ARG',
        String(from),
      );
    }
    assert.is(reader.push(new Uint8Array(9), Infinity), 0);
    assert.is(reader.push(streamHeader()), streamHeader().length);
    assert.is(reader.next(), READER_EVENT.START);
  });

  it('says how much of a chunk it takes', () => {
    const reader = new MkvReader(loadCore(flavour), { windowBytes: 64, maxValueBytes: 20 });
    const chunk = element(id.VOID, new Uint8Array(200));
    assert.is(reader.push(chunk), 64);
    assert.is(reader.push(chunk, 64), 0, 'the window is full');
    assert.is(reader.next(), READER_EVENT.NEED_DATA);
    assert.is(reader.position, 64);
    assert.is(reader.push(chunk, 64), chunk.length - 64, 'skipped content is not copied into the window');
    assert.is(reader.next(), READER_EVENT.NEED_DATA);
    assert.is(reader.position, chunk.length);
    assert.is(reader.push(new Uint8Array()), 0);
  });

  it('hardly copies payloads that are skipped', () => {
    const payloadBytes = 100_000;
    const count = 20;
    const blocks = Array.from({ length: count }, (_, at) => simpleBlock(at, { payload: new Uint8Array(payloadBytes) }));
    const bytes = bytesOf(streamHeader(), cluster(0, ...blocks));
    const reader = new MkvReader(loadCore(flavour), { skipPayloads: true });
    let copiedBytes = 0;
    let blockCount = 0;
    // What lies behind a block's header up to its end can be passed over; anything else that is taken, is copied.
    let toPass = 0;
    for (let taken = 0; taken < bytes.length;) {
      const now = reader.push(bytes, taken);
      assert.ok(now > 0);
      copiedBytes += now - Math.min(now, toPass);
      taken += now;
      toPass = 0;
      for (let event = reader.next(); event !== READER_EVENT.NEED_DATA; event = reader.next()) {
        if (event !== READER_EVENT.BLOCK) continue;
        blockCount++;
        toPass = Math.max(0, reader.payloadOffset + reader.payloadSizeBytes - taken);
      }
    }
    assert.is(blockCount, count);
    assert.ok(copiedBytes < 65_536 + count * 128, `${copiedBytes} of ${bytes.length} bytes were copied`);
  });

  it('copies more at once where there is nothing to pass over', () => {
    const bytes = bytesOf(streamHeader(), cluster(0, ...Array.from({ length: 5000 }, (_, at) => simpleBlock(at))));
    const reader = new MkvReader(loadCore(flavour), { skipPayloads: true });
    let pushes = 0;
    for (let taken = 0; taken < bytes.length; pushes++) {
      taken += reader.push(bytes, taken);
      while (reader.next() !== READER_EVENT.NEED_DATA);
    }
    assert.ok(pushes < 20, `${pushes} pushes of ${bytes.length} bytes`);
  });

  it('takes and drops everything after a fault', () => {
    const reader = new MkvReader(loadCore(flavour));
    reader.push(Uint8Array.of(0));
    assert.is(reader.next(), READER_EVENT.FAULT);
    assert.is(reader.push(new Uint8Array(1_000_000)), 1_000_000);
    assert.is(reader.next(), READER_EVENT.FAULT);
    const nowhere = { elementId: 0, element: '', offset: 0 };
    assert.equal(reader.fault, { status: 0x52000062, errorId: 4006, ...nowhere, reason: 'id-too-long' });
  });

  it('repeats that it has finished, and takes no more', () => {
    const reader = new MkvReader(loadCore(flavour));
    reader.finish();
    assert.is(reader.next(), READER_EVENT.FINISHED);
    assert.is(reader.next(), READER_EVENT.FINISHED);
    assert.is(
      statusOf(() => reader.push(Uint8Array.of(1))),
      'STATUS_INVALID_ARG',
    );
  });

  it('accounts for the input by position, up to the element that is still open', () => {
    const reader = new MkvReader(loadCore(flavour));
    const header = streamHeader();
    const start = cluster(7).length;
    reader.push(bytesOf(header, cluster(7), simpleBlock(0).slice(0, 10)));
    while (reader.next() !== READER_EVENT.NEED_DATA);
    assert.is(reader.position, header.length + start, 'a block whose header is not complete is not accounted for');
    reader.push(simpleBlock(0).slice(10));
    while (reader.next() !== READER_EVENT.NEED_DATA);
    const end = header.length + start + simpleBlock(0).length;
    assert.is(reader.position, end);
    reader.push(plainFragment(8));
    assert.is(reader.next(), READER_EVENT.END);
    assert.is(reader.endOffset, end);
    assert.is(reader.position, end);
  });

  it('keeps values above 2^53 exact for those who ask', () => {
    const reader = new MkvReader(loadCore(flavour));
    reader.push(element(id.TRACK_UID, [0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8]));
    assert.is(reader.next(), READER_EVENT.VALUE);
    assert.is(reader.bigUintValue, 0xfffefdfcfbfaf9f8n);
  });

  it('reads floats of four and eight bytes', () => {
    const reader = new MkvReader(loadCore(flavour));
    reader.push(
      bytesOf(element(id.DURATION, [0x40, 0x49, 0x0f, 0xdb]), element(id.DURATION, [0x40, 0xe7, 0x70, 0, 0, 0, 0, 0])),
    );
    assert.is(reader.next(), READER_EVENT.VALUE);
    assert.ok(Math.abs(reader.floatValue - Math.PI) < 1e-6);
    assert.is(reader.next(), READER_EVENT.VALUE);
    assert.is(reader.floatValue, 48000);
  });

  it('trims the NULs that pad a text, and keeps those inside', () => {
    const reader = new MkvReader(loadCore(flavour));
    reader.push(element(id.TITLE, 'a\0bé\0\0'));
    reader.next();
    assert.is(reader.text(), 'a\0bé');
    assert.is(reader.binary().length, 7);
  });

  it('gives its memory back, once, and answers no more', () => {
    const core = loadCore(flavour);
    const before = core.exports.memoryInUse();
    for (let round = 0; round < 100; round++) new MkvReader(core, { windowBytes: 1 << 20 }).dispose();
    assert.is(core.exports.memoryInUse(), before);
    const reader = new MkvReader(core);
    reader.dispose();
    const other = new MkvReader(core);
    reader.dispose();
    assert.is(
      statusOf(() => reader.next()),
      'STATUS_INVALID_HANDLE_ERROR',
    );
    assert.is(
      statusOf(() => reader.push(Uint8Array.of(1))),
      'STATUS_INVALID_HANDLE_ERROR',
    );
    assert.is(other.next(), READER_EVENT.NEED_DATA, 'the slot belongs to its new owner');
  });

  it('keeps reading after somebody else made memory grow in the middle of an event', () => {
    const core = loadCore(flavour);
    const reader = new MkvReader(core);
    reader.push(uintElement(id.CLUSTER_TIMECODE, 1234));
    assert.is(reader.next(), READER_EVENT.VALUE);
    const others = Array.from({ length: 4 }, () => new MkvReader(core, { windowBytes: 16 << 20 }));
    assert.is(reader.uintValue, 1234);
    assert.is(reader.binary().length, 8);
    reader.push(tags(['a', 'b']));
    assert.is(reader.next(), READER_EVENT.START);
    assert.is(reader.elementId, id.TAGS);
    for (const other of others) other.dispose();
  });

  it('fails in one way once the core is poisoned', () => {
    const core = loadCore(flavour);
    const reader = new MkvReader(core);
    core.poison(new Error('as if it had trapped'));
    for (const action of [
      () => reader.next(),
      () => reader.push(Uint8Array.of(1)),
      () => reader.finish(),
      () => new MkvReader(core),
    ]) {
      assert.throws(action, (error: unknown) => error instanceof CorePoisonedError);
    }
    reader.dispose();
  });

  it.run();
}
