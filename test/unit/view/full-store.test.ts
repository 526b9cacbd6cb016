/** A store that is filled: its fragment can be ended, and what is to be dropped can be told frame by frame. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContentStore } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, PLAIN_VIDEO, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { parseSession } from './wire.ts';

const full = suite('full store');

const STORE_BYTES = 1 << 16;
const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;
const MARK = 'AWS_KINESISVIDEO_END_OF_FRAGMENT';

function put(stream: CoreStream, ms: number, isKey: boolean, sizeBytes: number): number {
  const data = new Uint8Array(sizeBytes);
  new DataView(data.buffer).setUint32(0, ms);
  return stream.putFrame(1, data, isKey ? 1 : 0, ms * 1000, ms * 1000, 0);
}

/** Fills the store to its last granule with one fragment that begins at this time; frames put. */
function fill(stream: CoreStream, startMs: number): number {
  let count = 0;
  for (const sizeBytes of [4_000, 200, 4]) while (put(stream, startMs + count, count === 0, sizeBytes) >= 0) count++;
  return count;
}

for (const flavour of FLAVOURS) {
  const open = (): { store: ContentStore; stream: CoreStream } => {
    const fixture = openFixture(loadCore(flavour), {}, STORE_BYTES);
    fixture.stream.beginSession();
    return fixture;
  };

  full(`a fragment that fills the store can be ended, sent and persisted [${flavour}]`, () => {
    const { store, stream } = open();
    for (const startMs of [0, 1000, 2000]) {
      const frames = fill(stream, startMs);
      assert.is(stream.endFragment(), 0, 'the mark needs no room');
      assert.is(store.usedBytes > STORE_BYTES - 200, true);
      const [cluster] = parseSession(readAll(stream)).slice(-1);
      assert.equal([cluster?.frames.length, cluster?.marked], [frames, true]);
      assert.is(stream.acknowledge('persisted', startMs).fragments, 1);
      assert.is(store.usedBytes, 0);
      stream.beginSession();
    }
  });

  full(`tags have no room in a full store: they wait for the next fragment [${flavour}]`, () => {
    const { stream } = open();
    put(stream, 0, true, 1_000);
    assert.is(stream.putFragmentMetadata('door', 'open', false), 0);
    for (let ms = 1; put(stream, ms, false, 4) >= 0; ms++);
    assert.is(stream.endFragment(), 0);
    const first = Buffer.from(readAll(stream)).toString('latin1');
    assert.equal([first.includes('door'), first.includes(MARK)], [false, true]);
    stream.acknowledge('persisted', 0);
    put(stream, 30_000, true, 1_000);
    assert.ok(Buffer.from(readAll(stream)).toString('latin1').includes('door'));
  });

  full(`the mark is sent again with its fragment [${flavour}]`, () => {
    const { stream } = open();
    fill(stream, 0);
    assert.is(stream.endFragment(), 0);
    readAll(stream);
    stream.rollBack('unpersisted');
    stream.beginSession();
    assert.equal(
      parseSession(readAll(stream)).map(({ timecode, marked }) => [timecode, marked]),
      [[0, true]],
    );
    stream.stop();
    assert.is(stream.acknowledge('persisted', 0).fragments, 1);
  });

  full(`while the spare mark is in the view a second one has no room [${flavour}]`, () => {
    const { store, stream } = open();
    const other = store.openStream(PLAIN_VIDEO);
    put(stream, 0, true, 20_000);
    fill(other, 0);
    assert.is(stream.endFragment(), 0);
    // The other stream gives way to one small fragment, and the store is full again.
    assert.is(other.endFragment(), 0, 'each stream has its own');
    assert.ok(other.dropOldestFragment().frames > 0);
    put(stream, 1_000, true, 4);
    for (const sizeBytes of [4_000, 200, 4]) for (let ms = 1_001; put(stream, ms, false, sizeBytes) >= 0; ms++);
    assert.is(stream.endFragment(), NO_ROOM);
    readAll(stream);
    assert.is(stream.acknowledge('persisted', 0).fragments, 1, 'what has it is closed, so this can always come');
    assert.is(stream.endFragment(), 0);
  });

  full(`the frames of a fragment are told before it goes, times and bytes [${flavour}]`, () => {
    const { stream } = open();
    for (let i = 0; i < 20; i++) put(stream, i * 10, i === 0, 100 + i);
    put(stream, 1_000, true, 100);
    put(stream, 1_010, false, 100);
    const told = stream.framesOf('oldest');
    assert.equal(
      told.map(({ decodeTimestampUs }) => decodeTimestampUs),
      Array.from({ length: 20 }, (_, i) => i * 10_000),
    );
    assert.equal(stream.framesOf(1), told);
    assert.is(stream.framesOf(2).length, 2);
    assert.equal(stream.framesOf(3), []);
    const dropped = stream.dropOldestFragment();
    assert.is(dropped.frames, 20);
    assert.is(
      dropped.bytes,
      told.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    assert.equal(stream.framesOf('oldest'), [], 'the open fragment is not next');
    assert.is(stream.endFragment(), 0);
    assert.is(stream.framesOf('oldest').length, 2, 'a mark is no frame');
  });

  full(`what waits for one fragment can be taken back, what is persistent stays [${flavour}]`, () => {
    const { stream } = open();
    put(stream, 0, true, 100);
    assert.is(stream.putFragmentMetadata('once', '1', false), 0);
    assert.is(stream.putFragmentMetadata('always', '1', true), 0);
    assert.is(stream.putEventMetadata(['notification']), 0);
    assert.is(stream.dropFragmentMetadata(), 0);
    assert.is(stream.putEventMetadata(['notification']), 0, 'no event waits');
    assert.is(stream.dropFragmentMetadata(), 0);
    put(stream, 1_000, true, 100);
    const text = Buffer.from(readAll(stream)).toString('latin1');
    assert.equal(
      ['once', 'always', 'NOTIFICATION'].map((name) => text.includes(name)),
      [false, true, false],
    );
    stream.stop();
    assert.is(stream.dropFragmentMetadata(), -STATUS.STATUS_INVALID_OPERATION, 'sealed');
  });
}

full.run();
