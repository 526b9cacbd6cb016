/** Acknowledgements, roll back, skipping and dropping: each rule on its own. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, putAt, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { parseSession } from './wire.ts';

const acks = suite('acks');

const NOT_IN_VIEW = STATUS.STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW;

/** A payload that says which frame it is. */
const numbered = (timeMs: number): Uint8Array => {
  const data = new Uint8Array(40);
  new DataView(data.buffer).setUint32(0, timeMs);
  return data;
};

/** Puts fragments of three frames at these seconds. */
function putFragments(stream: CoreStream, ...seconds: readonly number[]): void {
  for (const second of seconds) {
    for (const ms of [0, 100, 200]) putAt(stream, second * 1000 + ms, ms === 0, numbered(second * 1000 + ms));
  }
}

/** Reads all; timecodes of the clusters that came. */
const clusters = (bytes: Uint8Array): number[] => parseSession(bytes).map(({ timecode }) => timecode);

for (const flavour of FLAVOURS) {
  const open = (settings: Partial<CoreStreamConfig> = {}): { stream: CoreStream; used: () => number } => {
    const { store, stream } = openFixture(loadCore(flavour), settings);
    stream.beginSession();
    return { stream, used: () => store.usedBytes };
  };
  /** New session from the read position; the timecodes that it carries. */
  const resend = (stream: CoreStream): number[] => {
    assert.is(stream.beginSession(), 0);
    return clusters(readAll(stream));
  };

  acks(`persisted releases the fragment and all older ones [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2, 3);
    readAll(stream);
    assert.is(stream.acknowledge('persisted', 0).fragments, 1);
    const outcome = stream.acknowledge('persisted', 2000);
    assert.equal([outcome.status, outcome.fragments, outcome.frames, outcome.sentFrames], [0, 2, 6, 6]);
    assert.equal([outcome.firstPtsUs, outcome.lastPtsUs], [1_000_000, 2_200_000]);
    assert.is(stream.acknowledge('persisted', 1000).status, NOT_IN_VIEW, 'already gone');
    assert.is(stream.stats.fragments, 1);
  });

  acks(`a timecode inside a fragment means that fragment; outside the view none [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 1, 2);
    readAll(stream);
    for (const timecode of [0, 999, 2202, 1e12, 2 ** 53])
      assert.is(stream.acknowledge('received', timecode).status, NOT_IN_VIEW, `${timecode}`);
    assert.is(stream.acknowledge('persisted', 1999).fragments, 1);
    assert.is(stream.acknowledge('received', 2201).status, 0);
    assert.is(open().stream.acknowledge('persisted', 0).status, NOT_IN_VIEW, 'an empty view');
  });

  acks(`what was never sent is never released [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2, 3);
    assert.is(stream.acknowledge('persisted', 3000).fragments, 0, 'nothing read');
    const first = stream.stats.bytes / 4;
    // The header and a little more than one fragment: the second is cut in the middle.
    let read = 0;
    const chunk = new Uint8Array(50);
    while (stream.stats.unsentBytes > first * 2.5) read += stream.read(chunk);
    assert.ok(read > first);
    assert.is(stream.acknowledge('persisted', 3000).fragments, 1, 'the whole one only');
    stream.rollBack('unpersisted');
    assert.equal(resend(stream), [1000, 2000, 3000]);
  });

  acks(`an open fragment is marked; a further frame takes the mark away [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0);
    readAll(stream);
    const { fragments, coversOpen } = stream.acknowledge('persisted', 0);
    assert.equal([fragments, coversOpen], [0, true]);
    putAt(stream, 300, false);
    assert.is(stream.acknowledge('persisted', 0).coversOpen, false, 'that frame is not sent');
    putFragments(stream, 1);
    assert.is(stream.acknowledge('received', 1000).coversOpen, false);
    assert.is(stream.stats.fragments, 2, 'the frame that came after the ack is still there');
    readAll(stream);
    assert.is(stream.acknowledge('persisted', 1000).fragments, 1);
    assert.is(stream.stats.fragments, 1);
    putFragments(stream, 2);
    assert.is(stream.stats.fragments, 1, 'closed without another frame: released');
  });

  acks(`a fragment whose second sending has begun is sent to its end, then freed [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2);
    readAll(stream);
    assert.is(stream.rollBack('unpersisted'), 3);
    stream.beginSession();
    const part = new Uint8Array(300);
    stream.read(part);
    assert.is(stream.acknowledge('persisted', 1000).fragments, 1, 'the one not begun is freed at once');
    assert.is(stream.stats.fragments, 2);
    const rest = readAll(stream);
    const wire = parseSession(Uint8Array.from([...part, ...rest]));
    assert.equal(
      wire.map(({ timecode, frames }) => [timecode, frames.length]),
      [
        [0, 3],
        [2000, 3],
      ],
    );
    assert.is(stream.stats.fragments, 1, 'freed when the reader left it');
  });

  acks(`giving up the session frees what only the reader held [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2);
    readAll(stream);
    stream.rollBack('unpersisted');
    stream.beginSession();
    stream.read(new Uint8Array(300));
    stream.acknowledge('persisted', 0);
    assert.is(stream.stats.fragments, 3);
    assert.is(stream.rollBack('unpersisted'), 2);
    assert.equal(resend(stream), [1000, 2000]);
  });

  acks(`roll back behind what was received whole [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2, 3);
    readAll(stream);
    stream.acknowledge('buffering', 3000);
    stream.acknowledge('received', 0);
    stream.acknowledge('received', 1000);
    assert.is(stream.rollBack('received'), 2);
    assert.equal(resend(stream), [2000, 3000]);
    assert.is(stream.rollBack('unpersisted'), 4);
    assert.equal(resend(stream), [0, 1000, 2000, 3000]);
  });

  acks(`being sent again takes back an older received [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1);
    readAll(stream);
    stream.acknowledge('received', 0);
    stream.rollBack('unpersisted');
    stream.beginSession();
    stream.read(new Uint8Array(300));
    stream.rollBack('received');
    assert.equal(resend(stream), [0, 1000]);
  });

  acks(`received of an open fragment does not cover frames to come [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0);
    readAll(stream);
    stream.acknowledge('received', 0);
    stream.rollBack('received');
    putAt(stream, 300, false, numbered(300));
    stream.beginSession();
    assert.equal(parseSession(readAll(stream))[0]?.frames, [0, 100, 200, 300]);
  });

  acks(`a session that begins inside a fragment goes back to its start [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1);
    readAll(stream);
    putAt(stream, 1300, false, numbered(1300));
    assert.equal(resend(stream), [1000]);
    stream.stop();
    stream.beginSession();
    assert.equal(clusters(readAll(stream)), [], 'all read and closed: nothing to go back to');
  });

  acks(`after stop the last acknowledgement ends the stream [${flavour}]`, () => {
    const { stream, used } = open();
    putFragments(stream, 0, 1);
    stream.stop();
    readAll(stream);
    assert.is(stream.readStatus, STATUS.STATUS_AWAITING_PERSISTED_ACK);
    stream.acknowledge('persisted', 1000);
    assert.is(readAll(stream).length, 0);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
    assert.is(used(), 0);
  });

  acks(`a stopped stream ends: without frames, and with all of them acknowledged before [${flavour}]`, () => {
    const { stream } = open();
    stream.stop();
    assert.is(readAll(stream).length, 0);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
    const early = open().stream;
    putFragments(early, 0);
    readAll(early);
    early.acknowledge('persisted', 0);
    early.stop();
    assert.is(readAll(early).length, 84);
    assert.is(early.readStatus, STATUS.STATUS_END_OF_STREAM);
  });

  acks(`where nothing is kept, received is the last word [${flavour}]`, () => {
    const { stream } = open({ expectsPersistedAck: false });
    putFragments(stream, 0, 1, 2);
    readAll(stream);
    assert.is(stream.acknowledge('buffering', 1000).fragments, 0);
    assert.is(stream.acknowledge('received', 1000).fragments, 2);
    stream.stop();
    readAll(stream);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM, 'no acknowledgement is awaited');
  });

  acks(`of two fragments that start alike each is acknowledged once [${flavour}]`, () => {
    const { stream } = open();
    for (let i = 0; i < 3; i++) putAt(stream, 1000, true, numbered(i));
    readAll(stream);
    assert.is(stream.acknowledge('persisted', 1000).fragments, 1);
    assert.is(stream.acknowledge('persisted', 1000).fragments, 1);
  });

  acks(`a session ends at a fragment's start and the next goes on there [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1);
    stream.read(new Uint8Array(300));
    assert.is(stream.endSession(), 0);
    assert.is(Buffer.from(readAll(stream, 7)).includes('END_OF_FRAGMENT'), true);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
    putFragments(stream, 2);
    assert.is(readAll(stream).length, 0, 'it stays ended');
    assert.equal(resend(stream), [1000, 2000]);
    stream.endSession();
    assert.is(readAll(stream).length, 0, 'the open fragment goes on');
    assert.is(stream.readStatus, STATUS.STATUS_NO_MORE_DATA_AVAILABLE);
    putAt(stream, 2300, false);
    stream.endFragment();
    assert.is(readAll(stream).length > 84, true);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM, 'closed explicitly: no second mark');
    putFragments(stream, 3);
    assert.equal(resend(stream), [3000]);
    assert.is(stream.acknowledge('persisted', 2000).fragments, 3);
  });

  acks(`a refused fragment leaves the view and is never sent again [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1, 2);
    readAll(stream);
    const dropped = stream.skipFragment(1000);
    assert.equal([dropped.status, dropped.frames, dropped.sentFrames], [0, 3, 3]);
    assert.is(stream.skipFragment(5000).status, NOT_IN_VIEW);
    stream.rollBack('unpersisted');
    assert.equal(resend(stream), [0, 2000]);
  });

  acks(`refusing the fragment that is being read ends the session [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0, 1);
    stream.read(new Uint8Array(300));
    assert.is(stream.skipFragment(0).frames, 3);
    assert.is(stream.read(new Uint8Array(300)), 0);
    assert.is(stream.readStatus, STATUS.STATUS_UPLOAD_HANDLE_ABORTED);
    assert.equal(resend(stream), [1000]);
  });

  acks(`refusing the open fragment waits for a key frame [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0);
    readAll(stream);
    stream.skipFragment(0);
    assert.is(putAt(stream, 300, false), 1);
    assert.is(putAt(stream, 400, true, numbered(400)), 2);
    assert.equal(resend(stream), [400]);
  });

  acks(`dropping frees the oldest fragment that is not being read [${flavour}]`, () => {
    const { stream, used } = open();
    assert.is(stream.dropOldestFragment().frames, 0, 'an empty view');
    putFragments(stream, 0, 1, 2);
    const part = new Uint8Array(300);
    stream.read(part);
    const dropped = stream.dropOldestFragment();
    assert.equal(
      [dropped.frames, dropped.sentFrames, dropped.firstPtsUs, dropped.lastPtsUs],
      [3, 0, 1_000_000, 1_200_000],
    );
    assert.equal(clusters(Uint8Array.from([...part, ...readAll(stream)])), [0, 2000]);
    const sent = stream.dropOldestFragment();
    assert.equal([sent.frames, sent.sentFrames], [3, 3], 'sent, but not persisted');
    assert.is(stream.dropOldestFragment().frames, 0, 'the open one stays: its frames would follow nothing');
    assert.is(stream.endFragment(), 0);
    readAll(stream);
    assert.is(stream.dropOldestFragment().frames, 3, 'once it is ended');
    assert.is(used(), 0);
  });

  acks(`the only fragment is not dropped while it is being read [${flavour}]`, () => {
    const { stream } = open();
    putFragments(stream, 0);
    stream.read(new Uint8Array(300));
    assert.is(stream.dropOldestFragment().frames, 0);
    assert.is(stream.stats.items, 3);
  });
}

acks.run();
