/** Roll back by the native policy: how far it goes, what it gives up, and the session that begins with a key frame. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import type { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, putAt, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { parseSession } from './wire.ts';

const rollBack = suite('roll back');

const FRAME_MS = 100;
const SECOND_US = 1_000_000;

function numbered(timeMs: number): Uint8Array {
  const data = new Uint8Array(40);
  new DataView(data.buffer).setUint32(0, timeMs);
  return data;
}

/** Puts ten frames a second, a key frame at each; `endMs` is behind the last. */
function putUntil(stream: CoreStream, endMs: number, fromMs = 0): void {
  for (let ms = fromMs; ms < endMs; ms += FRAME_MS)
    stream.putFrame(1, numbered(ms), ms % 1000 === 0 ? 1 : 0, ms * 1000, ms * 1000, FRAME_MS * 1000);
}

for (const flavour of FLAVOURS) {
  const open = (settings: Partial<CoreStreamConfig> = {}): CoreStream => {
    const { stream } = openFixture(loadCore(flavour), settings);
    stream.beginSession();
    return stream;
  };
  const resend = (stream: CoreStream): number[] => {
    stream.beginSession();
    return parseSession(readAll(stream)).map(({ timecode }) => timecode);
  };

  // Replay in ms; the first timecode sent again from 5.5 s with everything read; from 5.0 s with half a second unread.
  for (const [replayMs, allRead, unread] of [
    [2000, 3000, 3000],
    [1500, 4000, 3000],
    [1501, 3000, 3000],
    [100, 5000, 4000],
    [0, 5000, 5000],
    [99_000, 0, 0],
  ] as const) {
    rollBack(`${replayMs} ms go back to the fragment that begins as long before [${flavour}]`, () => {
      const stream = open();
      putUntil(stream, 5500);
      readAll(stream);
      const outcome = stream.rollBackByDuration(replayMs * 1000, false);
      assert.equal([outcome.fragments, outcome.resentFragments], [allRead / 1000, 6 - allRead / 1000]);
      assert.is(resend(stream)[0], allRead);
      const behind = open();
      putUntil(behind, 5000);
      readAll(behind);
      putUntil(behind, 5500, 5000);
      behind.rollBackByDuration(replayMs * 1000, false);
      assert.is(resend(behind)[0], unread);
    });
  }

  rollBack(`what is given up is told, and leaves the store [${flavour}]`, () => {
    const stream = open();
    putUntil(stream, 4000);
    readAll(stream);
    const { bytes } = stream.stats;
    const outcome = stream.rollBackByDuration(SECOND_US, false);
    assert.equal(
      [outcome.fragments, outcome.frames, outcome.sentFrames, outcome.firstPtsUs, outcome.lastPtsUs],
      [3, 30, 30, 0, 2_900_000],
    );
    assert.equal([outcome.firstFragment, outcome.lastFragment, outcome.resentFragments], [1, 3, 1]);
    assert.is(stream.stats.bytes, bytes - outcome.bytes);
    const again = stream.rollBackByDuration(SECOND_US, false);
    assert.equal([again.fragments, again.frames, again.firstFragment], [0, 0, 0], 'each is told once');
  });

  rollBack(
    `a living host is asked for nothing that it has received, and that stays until it is persisted [${flavour}]`,
    () => {
      const stream = open();
      putUntil(stream, 5500);
      readAll(stream);
      stream.acknowledge('received', 1000);
      stream.acknowledge('received', 2000);
      const outcome = stream.rollBackByDuration(99 * SECOND_US, true);
      assert.equal([outcome.fragments, outcome.resentFragments], [0, 3]);
      assert.equal(resend(stream), [3000, 4000, 5000]);
      assert.is(stream.acknowledge('persisted', 3000).fragments, 4, 'the received ones go with it');
    },
  );

  rollBack(
    `what lies between the received and the replay is given up; a dead host has received nothing [${flavour}]`,
    () => {
      const stream = open();
      putUntil(stream, 5500);
      readAll(stream);
      stream.acknowledge('received', 1000);
      const outcome = stream.rollBackByDuration(SECOND_US, true);
      assert.equal([outcome.firstPtsUs, outcome.lastPtsUs, outcome.fragments], [2_000_000, 3_900_000, 2]);
      assert.is(stream.stats.fragments, 4);
      assert.equal(resend(stream), [4000, 5000]);
      const dead = stream.rollBackByDuration(SECOND_US, false);
      assert.is(dead.fragments, 2, 'what only the host had');
    },
  );

  rollBack(`what was persisted while it was sent again is not given up [${flavour}]`, () => {
    const stream = open();
    putUntil(stream, 3000);
    readAll(stream);
    stream.rollBack('unpersisted');
    stream.beginSession();
    stream.read(new Uint8Array(300));
    stream.acknowledge('persisted', 0);
    const outcome = stream.rollBackByDuration(0, false);
    assert.is(outcome.fragments, 0);
    assert.equal(resend(stream), [1000, 2000]);
  });

  rollBack(`waiting for a key frame: it begins a session of its own [${flavour}]`, () => {
    const stream = open();
    putUntil(stream, 2500);
    readAll(stream);
    assert.is(stream.awaitKeyFrame(), 0);
    assert.is(putAt(stream, 2500, false, numbered(2500)), 1, 'skipped');
    putUntil(stream, 4500, 3000);
    stream.rollBackByDuration(SECOND_US, false);
    assert.equal(resend(stream), [2000], 'ends in front of the key frame');
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
    assert.equal(resend(stream), [3000, 4000], 'and does not end again');
    stream.rollBack('unpersisted');
    assert.equal(resend(stream), [2000]);
    assert.equal(resend(stream), [3000, 4000]);
  });

  rollBack(`a stopped stream waits for nothing [${flavour}]`, () => {
    const stream = open();
    putUntil(stream, 1000);
    stream.stop();
    readAll(stream);
    assert.is(stream.awaitKeyFrame(), 0);
    stream.rollBackByDuration(SECOND_US, false);
    assert.equal(resend(stream), [0]);
    assert.is(stream.readStatus, STATUS.STATUS_AWAITING_PERSISTED_ACK);
  });

  rollBack(`an empty view, and durations that are none [${flavour}]`, () => {
    const stream = open();
    assert.is(stream.rollBackByDuration(SECOND_US, false).frames, 0);
    for (const wrong of [-1, NaN, Infinity])
      assert.throws(
        () => stream.rollBackByDuration(wrong, true),
        (error: KvsError) => error.status === STATUS.STATUS_INVALID_ARG,
      );
  });
}

rollBack.run();
