/** The content view, through the core: what is kept, released, rolled back and dropped. producer-core §11, with its traps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../sdk/core/content-store.ts';
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import { FRAME_FLAG, FRAME_PRESSURE } from '../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { openFixture, readAll } from '../support/core-fixture.ts';
import { loadCore } from '../support/load-core.ts';
import { parseSession } from '../unit/view/wire.ts';

const it = suite('scenarios: content view');

const FRAME_BYTES = 40;
const NOT_IN_VIEW = STATUS.STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW;

function open(settings: Partial<CoreStreamConfig> = {}, storeBytes?: number): CoreStream {
  const { stream } = openFixture(loadCore('simd'), settings, storeBytes);
  stream.beginSession();
  return stream;
}

/** Puts a frame that carries its own number; times in ms. */
function put(stream: CoreStream, number: number, isKey: boolean, ms: number, durationMs = 0, dtsMs = ms): number {
  const data = new Uint8Array(FRAME_BYTES);
  new DataView(data.buffer).setUint32(0, number);
  return stream.putFrame(1, data, isKey ? FRAME_FLAG.key : 0, ms * 1000, dtsMs * 1000, durationMs * 1000);
}

/** Frames 0…count − 1, 100 ms each, ten to a fragment. */
function putTens(stream: CoreStream, count: number, from = 0): void {
  for (let i = from; i < count; i++) put(stream, i, i % 10 === 0, i * 100, 100);
}

/** First frame of each fragment that a new session sends. */
function resend(stream: CoreStream): number[] {
  stream.beginSession();
  return parseSession(readAll(stream)).map(({ frames }) => frames[0] ?? -1);
}

for (const wrong of [-1, NaN, Infinity])
  it(`S107: a buffer duration of ${wrong} is refused`, () => {
    // There is no number of items to be wrong: the view holds as many as the store does.
    assert.is(open().watchPressure({ bufferUs: wrong }), -STATUS.STATUS_INVALID_ARG);
  });

it('S107: a buffer duration of 0 is none', () => {
  const stream = open();
  assert.is(stream.watchPressure({ bufferUs: 0 }), 0);
  putTens(stream, 1000);
  assert.is(stream.dropOverdueFragment().frames, 0);
});

for (const [what, ms, dtsMs, result] of [
  ['equal', 100, 100, 0],
  ['later', 150, 150, 0],
  ['earlier', 150, 99, -STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP],
] as const)
  it(`S108: a frame with an ${what} decoding time`, () => {
    const stream = open();
    put(stream, 0, true, 0);
    put(stream, 1, false, 100);
    assert.is(put(stream, 2, false, ms, 0, dtsMs), result);
    assert.is(stream.stats.items, result === 0 ? 3 : 2);
    assert.is(put(stream, 3, false, 200), 0, 'the next is taken');
  });

it('S108: a frame without data', () => {
  const stream = open();
  assert.is(stream.putFrame(1, new Uint8Array(0), FRAME_FLAG.key, 0, 0, 0), -STATUS.STATUS_MKV_INVALID_FRAME_DATA);
  assert.is(stream.stats.items, 0);
});

it('S109: one frame too many costs the oldest fragment, and an unread position moves on', () => {
  const stream = open({}, 1 << 14);
  let count = 0;
  while (put(stream, count, count % 10 === 0, count * 100, 100) >= 0) count++;
  const dropped = stream.dropOldestFragment();
  assert.equal([dropped.fragments, dropped.firstPtsUs, dropped.sentFrames], [1, 0, 0]);
  assert.is(put(stream, count, false, count * 100), 0);
  assert.is(resend(stream)[0], 10);
});

for (const [what, count, isTold] of [
  ['reaches', 20, true],
  ['is a frame short of', 19, false],
] as const)
  it(`S110: what is held ${what} the buffer duration`, () => {
    const stream = open();
    stream.watchPressure({ bufferUs: 2_000_000 });
    putTens(stream, count - 1);
    const result = put(stream, count - 1, false, (count - 1) * 100, 100);
    assert.is((result & FRAME_PRESSURE.buffer) !== 0, isTold);
    assert.is(stream.dropOverdueFragment().fragments, isTold ? 1 : 0);
  });

it('T11: a buffer duration that is exactly full, or exceeded, is told like any that is nearly full', () => {
  const stream = open();
  stream.watchPressure({ bufferUs: 2_000_000 });
  const told: number[] = [];
  for (let i = 0; i < 25; i++) {
    const result = put(stream, i, i % 10 === 0, i * 100, 100);
    if ((result & FRAME_PRESSURE.bufferLow) !== 0) told.push(i);
  }
  assert.equal(told, [18, 19, 20, 21, 22, 23, 24], 'from 95 % on, at 100 % and beyond');
});

it('S111: what was sent goes first, told apart from what was not, and reading goes on', () => {
  const stream = open();
  putTens(stream, 20);
  readAll(stream);
  const dropped = stream.dropOldestFragment();
  assert.equal([dropped.frames, dropped.sentFrames], [10, 10]);
  assert.is(stream.stats.unsentItems, 0, 'the read position is untouched');
  putTens(stream, 25, 20);
  assert.equal(
    parseHeaderless(stream).map(({ frames }) => frames[0]),
    [20],
  );
});

/** What a running session reads on. */
function parseHeaderless(stream: CoreStream): ReturnType<typeof parseSession> {
  const rest = readAll(stream);
  const header = open();
  putTens(header, 1);
  const whole = readAll(header);
  // The cluster begins behind the stream header.
  const at = Buffer.from(whole).indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
  return parseSession(Uint8Array.from([...whole.subarray(0, at), ...rest]));
}

it('T29: dropping says of each fragment how much had been sent', () => {
  const stream = open();
  putTens(stream, 10);
  readAll(stream);
  putTens(stream, 21, 10);
  assert.equal(
    [stream.dropOldestFragment(), stream.dropOldestFragment()].map(({ sentFrames }) => sentFrames),
    [10, 0],
  );
});

it('S112: an ack releases nothing that was not sent', () => {
  const stream = open();
  putTens(stream, 40);
  const outcome = stream.acknowledge('persisted', 1000);
  // Native trims to the boundary and tells what it loses with it.
  assert.equal([outcome.status, outcome.fragments], [0, 0]);
  assert.equal(resend(stream), [0, 10, 20, 30]);
});

for (const [what, timecode] of [
  ['beyond the newest', 99_000],
  ['older than the oldest', 500],
] as const)
  it(`S113: an ack ${what} is not in the view`, () => {
    const stream = open();
    putTens(stream, 20);
    readAll(stream);
    stream.acknowledge('persisted', 0);
    assert.equal([stream.acknowledge('persisted', timecode).status, stream.stats.items], [NOT_IN_VIEW, 10]);
  });

it('S113: the ack of the last fragment empties the view', () => {
  const stream = open();
  putTens(stream, 20);
  stream.endFragment();
  readAll(stream);
  assert.is(stream.acknowledge('persisted', 1000).fragments, 2);
  assert.equal([stream.stats.items, stream.stats.bytes, stream.stats.durationUs], [0, 0, 0]);
});

/** The sparse view: item i at 10 + 20·i ms, 10 ms long, fragments at 2, 9, 16, 23; everything in front of `current` is read. */
function sparse(current: number): CoreStream {
  const stream = open();
  const item = (i: number): number => put(stream, i, i % 7 === 2, 10 + 20 * i, 10);
  for (let i = 2; i < current; i++) item(i);
  readAll(stream);
  for (let i = current; i < 25; i++) item(i);
  return stream;
}

// Native can begin in the middle of a fragment: 0 and 10 ms over any item are left out, ours always is a fragment's start.
for (const [current, durationMs, first] of [
  [20, 10, 16],
  [20, 11, 16],
  [20, 90, 9],
  [20, 100, 9],
  [20, 220, 9],
  [20, 221, 2],
  [20, 100_000, 2],
  [20, 0, 16],
  [9, 10, 2],
  [2, 10, 2],
  [2, 100, 2],
  [23, 0, 23],
  [23, 140, 16],
  [23, 141, 9],
] as const)
  it(`S114: ${durationMs} ms back from item ${current} lead to item ${first}`, () => {
    const stream = sparse(current);
    stream.rollBackByDuration(durationMs * 1000, false);
    assert.is(resend(stream)[0], first);
  });

for (const [what, acked, isAlive, first] of [
  ['all that is whole was received', [2, 9], true, 16],
  ['the first was received', [2], true, 9],
  ['the second was received, the first was not', [9], true, 16],
  ['none was received', [], true, 2],
  ['the open one was received', [16], true, 2],
  ['acks of a host that died do not count', [2, 9], false, 2],
] as const)
  it(`S115: back to what was received: ${what}`, () => {
    const stream = sparse(20);
    for (const item of acked) stream.acknowledge('received', 10 + 20 * item);
    stream.rollBackByDuration(100_000_000, isAlive);
    assert.is(resend(stream)[0], first);
  });

for (const [what, timecode, status] of [
  ['in a gap', 10 + 20 * 4 + 15, 0],
  ['at a frame in the middle', 10 + 20 * 4, 0],
  ['at the very end', 10 + 20 * 24 + 10, 0],
  ['beyond the end', 10 + 20 * 24 + 11, NOT_IN_VIEW],
  ['in front of the beginning', 49, NOT_IN_VIEW],
] as const)
  it(`S116: a timecode ${what} of a sparse view`, () => {
    assert.is(sparse(20).acknowledge('received', timecode).status, status);
  });

it('S117: what is dropped is a fragment of ten, and the next begins with a key frame', () => {
  const stream = open();
  putTens(stream, 35);
  assert.equal(
    stream.framesOf('oldest').map(({ decodeTimestampUs }) => decodeTimestampUs),
    Array.from({ length: 10 }, (_, i) => i * 100_000),
  );
  assert.is(stream.dropOldestFragment().frames, 10);
  assert.is(resend(stream)[0], 10);
});

it('S118: the fragment that is being sent stays whole, and the one behind it goes', () => {
  const stream = open();
  putTens(stream, 35);
  const part = new Uint8Array(500);
  assert.is(stream.read(part), 500);
  assert.ok(stream.stats.unsentItems < 35, 'a frame or more of it is sent');
  assert.is(stream.dropOldestFragment().firstPtsUs, 1_000_000);
  const sent = parseSession(Uint8Array.from([...part, ...readAll(stream)]));
  assert.equal(
    sent.map(({ frames }) => [frames[0], frames.length]),
    [
      [0, 10],
      [20, 10],
      [30, 5],
    ],
  );
});

it('S119: the very first frame is the first to go', () => {
  const stream = open({}, 1 << 14);
  for (let i = 0; put(stream, i, i % 10 === 0, i * 100, 100) >= 0; i++);
  assert.is(stream.framesOf('oldest')[0]?.decodeTimestampUs, 0);
  assert.is(stream.dropOldestFragment().firstFragment, 1);
});

it('S120: after the buffer duration took its share, reading begins at a fragment’s start', () => {
  const stream = open();
  stream.watchPressure({ bufferUs: 2_000_000 });
  for (let i = 0; i < 60; i++) {
    const isOverdue = (put(stream, i, i % 10 === 0, i * 100, 100) & FRAME_PRESSURE.buffer) !== 0;
    while (isOverdue && stream.dropOverdueFragment().frames > 0);
  }
  assert.equal(resend(stream), [50]);
});

it('S121: what is read in part is never cut short', () => {
  const stream = open();
  putTens(stream, 12);
  const part = new Uint8Array(500);
  stream.read(part);
  assert.is(stream.dropOldestFragment().frames, 0, 'the other fragment is open');
  const rest = readAll(stream);
  assert.is(parseSession(Uint8Array.from([...part, ...rest]))[0]?.frames.length, 10);
});

it('T22: an ack for what lies behind the read position after a roll back skips no frame', () => {
  const stream = open();
  putTens(stream, 40);
  readAll(stream);
  stream.rollBack('unpersisted');
  stream.beginSession();
  const part = new Uint8Array(500);
  stream.read(part);
  const { bytes } = stream.stats;
  const outcome = stream.acknowledge('persisted', 1000);
  assert.equal([outcome.status, outcome.sentFrames], [0, outcome.frames], 'what it frees was sent');
  assert.ok(stream.stats.bytes < bytes);
  assert.equal(
    parseSession(Uint8Array.from([...part, ...readAll(stream)])).map(({ frames }) => [frames[0], frames.length]),
    [
      [0, 10],
      [20, 10],
      [30, 10],
    ],
    'the fragment that is on its way is finished, the rest follows from its start',
  );
});

it('T32: when everything is sent the replay duration counts from the newest frame’s end', () => {
  const stream = open();
  putTens(stream, 100);
  readAll(stream);
  stream.rollBackByDuration(1_500_000, false);
  assert.equal(resend(stream), [80, 90]);
});

it('T32: neither what is put later nor what was received and freed misleads it', () => {
  const stream = open();
  putTens(stream, 100);
  readAll(stream);
  for (let n = 0; n < 9; n++) stream.acknowledge('received', n * 1000);
  stream.acknowledge('persisted', 8000);
  stream.rollBackByDuration(5_000_000, true);
  assert.equal(resend(stream), [90]);
});

it('T47: an emptied view has no oldest, no newest, and nothing to end', () => {
  const stream = open();
  putTens(stream, 10);
  stream.endFragment();
  readAll(stream);
  stream.acknowledge('persisted', 0);
  assert.is(stream.endFragment(), -STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR);
  assert.is(stream.acknowledge('persisted', 0).status, NOT_IN_VIEW);
  assert.is(stream.dropOldestFragment().frames, 0);
  put(stream, 50, true, 5000);
  assert.equal([stream.stats.items, stream.stats.durationUs], [1, 0]);
});

it('T47: a fragment that was dropped leaves no end behind for the next mark to stand on', () => {
  const stream = open();
  putTens(stream, 10);
  stream.skipFragment(0);
  assert.is(stream.endFragment(), -STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS);
});

for (const [what, durationMs] of [
  ['touch', 100],
  ['overlap', 150],
  ['have gaps', 50],
] as const)
  it(`T51: where frames ${what} an ack means the fragment that begins there, not the one that ends there`, () => {
    const stream = open();
    for (let i = 0; i < 30; i++) put(stream, i, i % 10 === 0, i * 100, durationMs);
    readAll(stream);
    stream.acknowledge('received', 1000);
    stream.rollBackByDuration(100_000_000, true);
    assert.equal(resend(stream), [20], 'received through the second');
  });

it('S216: fragments cut by duration: a roll back lands on a fragment’s start, not on a key frame in the middle', () => {
  const stream = open({ keyFrameFragmentation: false, fragmentDurationUs: 2_000_000 });
  putTens(stream, 60);
  readAll(stream);
  stream.rollBackByDuration(1_500_000, false);
  assert.equal(resend(stream), [40]);
});

it.run();
