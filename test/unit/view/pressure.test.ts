/** What a commit tells of pressure, and what is dropped when the view holds the buffer duration. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_PRESSURE, FRAME_RESULT_MASK, type PressureLimits } from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { parseSession } from './wire.ts';

const pressure = suite('pressure');

const FRAME_MS = 100;
const { buffer, latency, store, bufferLow } = FRAME_PRESSURE;

/** Puts one frame of a stream with ten a second and a key frame at each second. */
function put(stream: CoreStream, ms: number, sizeBytes = 8): number {
  const data = new Uint8Array(sizeBytes);
  new DataView(data.buffer).setUint32(0, ms);
  return stream.putFrame(1, data, ms % 1000 === 0 ? 1 : 0, ms * 1000, ms * 1000, FRAME_MS * 1000);
}

/** Puts frames from one time up to another; the times, in ms, whose commits told of this. */
function tellsOf(bit: number, stream: CoreStream, fromMs: number, endMs: number): number[] {
  const told: number[] = [];
  for (let ms = fromMs; ms < endMs; ms += FRAME_MS) if ((put(stream, ms) & bit) !== 0) told.push(ms);
  return told;
}

for (const flavour of FLAVOURS) {
  const open = (limits: PressureLimits, storeBytes?: number): CoreStream => {
    const { stream } = openFixture(loadCore(flavour), {}, storeBytes);
    assert.is(stream.watchPressure(limits), 0);
    stream.beginSession();
    return stream;
  };
  const clusters = (stream: CoreStream): number[] => parseSession(readAll(stream)).map(({ timecode }) => timecode);

  pressure(
    `the buffer duration is told with the frame that fills it, and a fragment goes at a time [${flavour}]`,
    () => {
      const stream = open({ bufferUs: 3_000_000 });
      assert.equal(tellsOf(buffer, stream, 0, 3000), [2900]);
      const dropped = stream.dropOverdueFragment();
      assert.equal(
        [dropped.fragments, dropped.frames, dropped.sentFrames, dropped.firstPtsUs, dropped.lastPtsUs],
        [1, 10, 0, 0, 900_000],
      );
      assert.equal([dropped.firstFragment, dropped.lastFragment], [1, 1]);
      assert.is(stream.dropOverdueFragment().frames, 0, 'less is left');
      tellsOf(buffer, stream, 3000, 5000);
      assert.is(stream.dropOverdueFragment().firstPtsUs, 1_000_000);
      assert.is(stream.dropOverdueFragment().firstPtsUs, 2_000_000);
      assert.equal(clusters(stream), [3000, 4000]);
    },
  );

  pressure(`what is dropped is not only what was never sent [${flavour}]`, () => {
    const stream = open({ bufferUs: 1_000_000 });
    tellsOf(buffer, stream, 0, 2000);
    readAll(stream);
    assert.equal([stream.dropOverdueFragment().sentFrames, stream.stats.fragments], [10, 1]);
  });

  pressure(`the fragment that is being sent stays, and the time counts from the next [${flavour}]`, () => {
    const stream = open({ bufferUs: 2_000_000 });
    tellsOf(buffer, stream, 0, 1500);
    const part = new Uint8Array(300);
    stream.read(part);
    assert.equal(tellsOf(buffer, stream, 1500, 3000), [2900]);
    assert.is(stream.dropOverdueFragment().firstPtsUs, 1_000_000);
    assert.is(stream.dropOverdueFragment().frames, 0);
    const bytes = Uint8Array.from([...part, ...readAll(stream)]);
    assert.equal(
      parseSession(bytes).map(({ timecode, frames }) => [timecode, frames.length]),
      [
        [0, 10],
        [2000, 10],
      ],
    );
  });

  pressure(`the open fragment stays however long it is [${flavour}]`, () => {
    const stream = open({ bufferUs: 500_000 });
    assert.equal(tellsOf(buffer, stream, 0, 1000), []);
    assert.is(stream.dropOverdueFragment().frames, 0);
    assert.is(put(stream, 1000) & buffer, buffer, 'closed by the next');
    assert.is(stream.dropOverdueFragment().frames, 10);
    assert.is(put(stream, 1100), 0, 'and frames go on');
  });

  pressure(`latency is told while more than its limit waits [${flavour}]`, () => {
    const stream = open({ latencyUs: 1_000_000 });
    assert.equal(tellsOf(latency, stream, 0, 1300), [1000, 1100, 1200]);
    readAll(stream);
    assert.equal(tellsOf(latency, stream, 1300, 2300), []);
    assert.equal(tellsOf(latency, stream, 2300, 2400), [2300]);
  });

  pressure(
    `the buffer duration is told to be low when no more than 5 % are left, in whole percents [${flavour}]`,
    () => {
      const stream = open({ bufferUs: 3_000_000 });
      const told = tellsOf(bufferLow, stream, 0, 4000);
      assert.equal(told.slice(0, 2), [2800, 2900], 'held are 2.9 s, 96 %, and 3 s');
      assert.is(told.length, 12, 'and more than the duration is no less');
      assert.is(stream.dropOverdueFragment().frames + stream.dropOverdueFragment().frames, 20);
      assert.is(put(stream, 4000) & bufferLow, 0, 'half of it is free again');
      const { stream: unlimited } = openFixture(loadCore(flavour), {});
      unlimited.watchPressure({ latencyUs: 1 });
      assert.equal(tellsOf(bufferLow, unlimited, 0, 4000), []);
    },
  );

  pressure(`a store is told when no more than 5 % are free [${flavour}]`, () => {
    const { store: content, stream } = openFixture(loadCore(flavour), {}, 1 << 16);
    stream.watchPressure({ store: true });
    for (let ms = 0; ; ms += FRAME_MS) {
      const result = put(stream, ms, 500);
      if (result < 0) break;
      const freePercent = Math.floor((100 * (content.capacityBytes - content.usedBytes)) / content.capacityBytes);
      assert.is((result & store) !== 0, freePercent <= 5, `${freePercent} %`);
    }
  });

  pressure(`the result stays what it is beside the bits, and unwatched there are none [${flavour}]`, () => {
    const stream = open({ bufferUs: 1000, latencyUs: 1000, store: true });
    put(stream, 0);
    const result = put(stream, 1000);
    assert.equal([result & FRAME_RESULT_MASK, result & ~FRAME_RESULT_MASK], [2, buffer | latency | bufferLow]);
    assert.is(stream.endFragment(), 0);
    assert.is(put(stream, 1100), 1, 'skipped, without a word of pressure');
    stream.watchPressure({});
    assert.is(put(stream, 2000), 2);
    assert.is(stream.dropOverdueFragment().frames, 0);
  });

  pressure(`durations that are none are refused [${flavour}]`, () => {
    const stream = open({});
    for (const wrong of [-1, NaN, Infinity]) {
      assert.is(stream.watchPressure({ bufferUs: wrong }), -STATUS.STATUS_INVALID_ARG);
      assert.is(stream.watchPressure({ latencyUs: wrong }), -STATUS.STATUS_INVALID_ARG);
    }
  });
}

pressure.run();
