/** Codec private data that changes in the middle of a stream: what is a change, which header a session carries, and where it ends. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION, FRAME_STORED } from '../../../sdk/core/core-stream-types.ts';
import { openFixture, PLAIN_VIDEO, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { framed, h264Sets } from '../../support/parameter-sets.ts';
import {
  Camera,
  config,
  goOn,
  LARGE,
  LARGE_265,
  MORE_TO_COME,
  OVER,
  session,
  SMALL,
  SMALL_265,
} from './changing-camera.ts';

const it = suite('codec private data generations');

const DELIMITER = Uint8Array.of(0x09, 0xf0);
const MESSAGE = Uint8Array.of(0x06, 0x05, 0x01, 0xaa, 0x80);

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const open = (settings: Partial<CoreStreamConfig> = config('h264', 'none'), storeBytes?: number): Camera =>
    new Camera(openFixture(core, settings, storeBytes), settings.nal === 'annexb-to-avcc' ? 'annexb' : 'avcc');
  const test = (name: string, body: () => void): void => it(`${name} [${flavour}]`, body);

  for (const [small, large, nal] of [
    [SMALL, LARGE, 'none'],
    [SMALL, LARGE, 'annexb-to-avcc'],
    [SMALL_265, LARGE_265, 'none'],
    [SMALL_265, LARGE_265, 'annexb-to-avcc'],
  ] as const) {
    for (const given of [undefined, small.record]) {
      const how = `${small.codec}, ${nal}, ${given === undefined ? 'found' : 'given'}`;
      test(`a change ends the session in front of its fragment, and the next carries it: ${how}`, () => {
        const camera = open(config(small.codec, nal, given));
        const { stream } = camera;
        assert.is(camera.key(0, small), FRAME_BEGAN_FRAGMENT);
        assert.is(camera.key(10, small), FRAME_BEGAN_FRAGMENT);
        assert.is(camera.key(20, large), FRAME_BEGAN_GENERATION);
        assert.equal(stream.changedTracks(), [{ trackNumber: 1, width: large.width, height: large.height }]);
        assert.is(camera.key(30, large), FRAME_BEGAN_FRAGMENT);
        assert.is(camera.key(40, small), FRAME_BEGAN_GENERATION, 'and back');
        assert.is(camera.changes, 2);
        const suffix = small.codec === 'h265' ? '_265' : '';
        const smallSaid = { record: `SMALL${suffix}`, size: `${small.width}×${small.height}` };
        const largeSaid = { record: `LARGE${suffix}`, size: `${large.width}×${large.height}` };
        const first = { ...smallSaid, timecodes: [0, 10], marked: true, status: OVER };
        const second = { ...largeSaid, timecodes: [20, 30], marked: true, status: OVER };
        assert.equal(session(stream), first);
        assert.equal(session(stream), second);
        assert.equal(session(stream), { ...smallSaid, timecodes: [40], marked: false, status: MORE_TO_COME });
        assert.is(stream.rollBack('unpersisted'), 5);
        assert.equal(session(stream), first, 'rolled back, the same again');
        stream.acknowledge('persisted', 10);
        assert.equal(session(stream), second);
        camera.store.dispose();
      });
    }
  }

  test('Annex-B that is written as it is keeps Annex-B private data, and is noticed as well', () => {
    const camera = open({ ...config('h264', 'avcc-to-annexb'), adaptCodecPrivateData: false });
    camera.key(0, SMALL);
    assert.is(camera.key(10, LARGE), FRAME_BEGAN_GENERATION);
    camera.stream.beginSession();
    assert.ok(toHex(readAll(camera.stream)).includes(toHex(framed('annexb', SMALL.units))));
    camera.stream.beginSession();
    assert.ok(toHex(readAll(camera.stream)).includes(toHex(framed('annexb', LARGE.units))));
    camera.store.dispose();
  });

  test('sets that are repeated, all or some, among delimiters and messages, are no change', () => {
    for (const given of [undefined, SMALL.record]) {
      const camera = open(config('h264', 'annexb-to-avcc', given));
      const [sps, pps] = SMALL.units as [Uint8Array, Uint8Array];
      const rows = [SMALL.units, [sps], [pps], [pps, sps, pps], [DELIMITER, sps, MESSAGE, pps], [], [MESSAGE]];
      rows.forEach((units, i) => assert.is(camera.key(i * 10, SMALL, units), FRAME_BEGAN_FRAGMENT, String(i)));
      assert.is(camera.changes, 0);
      assert.is(session(camera.stream).timecodes.length, rows.length);
      camera.store.dispose();
    }
  });

  test('a second picture parameter set has no place in the header, and is no change', () => {
    const second = Uint8Array.of(0x68, 0x58, 0x38, 0x80);
    const other = Uint8Array.of(0x68, 0x58, 0x38, 0x90);
    for (const given of [undefined, SMALL.record]) {
      const camera = open(config('h264', 'none', given));
      for (const [time, units] of [
        [0, [...SMALL.units, second]],
        [10, [...SMALL.units, second]],
        [20, [second]],
        [30, [...SMALL.units, other]],
      ] as const)
        assert.is(camera.key(time, SMALL, units), FRAME_BEGAN_FRAGMENT, String(time));
      assert.is(camera.changes, 0);
      camera.store.dispose();
    }
  });

  test('a picture parameter set alone may change, beside its sequence parameter set or without it', () => {
    for (const alone of [true, false]) {
      const changed = h264Sets(640, 480, 4);
      const camera = open();
      camera.key(0, SMALL);
      assert.is(camera.key(10, changed, alone ? changed.units.slice(1) : changed.units), FRAME_BEGAN_GENERATION);
      assert.is(camera.key(20, changed), FRAME_BEGAN_FRAGMENT);
      session(camera.stream);
      camera.stream.beginSession();
      assert.ok(toHex(readAll(camera.stream)).includes(toHex(changed.record)));
      camera.store.dispose();
    }
  });

  test('what a key frame carries goes before what was given, and is told, before anything is sent', () => {
    const camera = open(config('h264', 'none', SMALL.record));
    assert.is(camera.key(0, LARGE), FRAME_BEGAN_GENERATION);
    assert.equal(camera.stream.changedTracks(), [{ trackNumber: 1, width: 1280, height: 720 }]);
    assert.is(camera.changes, 0, 'nothing was put with the other');
    assert.equal(session(camera.stream), {
      record: 'LARGE',
      size: '1280×720',
      timecodes: [0],
      marked: false,
      status: MORE_TO_COME,
    });
    camera.store.dispose();
  });

  test('what was missing is filled in until a session has gone without it', () => {
    const early = open();
    early.key(0, SMALL, []);
    assert.is(early.key(10, SMALL), FRAME_BEGAN_FRAGMENT);
    assert.equal(session(early.stream).record, 'SMALL');
    early.store.dispose();
    const late = open();
    late.key(0, SMALL, []);
    assert.is(session(late.stream).record, '');
    assert.is(late.key(10, SMALL), FRAME_BEGAN_GENERATION);
    goOn(late.stream, Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x80));
    assert.is(late.stream.readStatus, OVER);
    assert.equal(session(late.stream).record, 'SMALL');
    late.store.dispose();
  });

  test('sets in a picture that is no key frame are left alone until a key frame repeats them', () => {
    const camera = open();
    camera.key(0, SMALL);
    assert.is(camera.delta(10, LARGE.units), FRAME_STORED);
    assert.is(camera.changes, 0);
    assert.is(camera.key(20, LARGE), FRAME_BEGAN_GENERATION);
    camera.store.dispose();
  });

  test('a change begins a fragment where fragments are cut by duration, too', () => {
    const camera = open({ ...config('h264', 'none'), keyFrameFragmentation: false, fragmentDurationUs: 5_000_000 });
    assert.is(camera.key(0, SMALL), FRAME_BEGAN_FRAGMENT);
    assert.is(camera.key(10, SMALL), FRAME_STORED);
    assert.is(camera.key(20, LARGE), FRAME_BEGAN_GENERATION);
    assert.is(camera.stream.setCodecPrivateData(1, h264Sets(320, 240).record), 0);
    assert.is(camera.delta(30), FRAME_STORED, 'of the fragment that is open');
    assert.is(camera.key(40, SMALL, []), FRAME_BEGAN_GENERATION);
    assert.equal(camera.stream.changedTracks(), [{ trackNumber: 1, width: 320, height: 240 }]);
    assert.equal([session(camera.stream).timecodes, session(camera.stream).timecodes], [[0], [20]]);
    assert.is(session(camera.stream).size, '320×240');
    camera.store.dispose();
  });

  test('private data that is given in the middle holds from the next fragment on', () => {
    const camera = open(config('h264', 'none', SMALL.record));
    const { stream } = camera;
    camera.key(0, SMALL, []);
    assert.is(stream.setCodecPrivateData(1, SMALL.record), 0);
    assert.is(camera.changes, 0, 'the same again');
    assert.is(stream.setCodecPrivateData(1, LARGE.record), 0);
    camera.delta(5);
    assert.is(camera.changes, 1);
    assert.equal(session(stream), {
      record: 'SMALL',
      size: '640×480',
      timecodes: [0],
      marked: false,
      status: MORE_TO_COME,
    });
    assert.is(camera.key(10, LARGE, []), FRAME_BEGAN_GENERATION);
    assert.is(readAll(stream).length, 84, 'the mark, and nothing more');
    assert.is(stream.readStatus, OVER);
    assert.equal(session(stream).record, 'LARGE');
    camera.store.dispose();
  });

  test('a session whose fragments are all persisted ends in front of a change as well', () => {
    const camera = open();
    camera.key(0, SMALL);
    session(camera.stream);
    camera.stream.endFragment();
    readAll(camera.stream);
    camera.stream.acknowledge('persisted', 0);
    assert.is(camera.store.usedBytes, 0);
    assert.is(camera.key(10, LARGE), FRAME_BEGAN_GENERATION);
    assert.is(readAll(camera.stream).length, 0, 'its end was marked already');
    assert.is(camera.stream.readStatus, OVER);
    assert.equal(session(camera.stream).record, 'LARGE');
    camera.store.dispose();
  });

  test('sets that are too large together are left alone', () => {
    const camera = open(config('h264', 'none', SMALL.record));
    camera.key(0, SMALL);
    const [sps = SMALL.record] = LARGE.units;
    const huge = new Uint8Array(2100).fill(0x55);
    huge[0] = 0x68;
    assert.is(camera.key(10, LARGE, [sps, huge]), FRAME_BEGAN_FRAGMENT);
    assert.is(camera.changes, 0);
    camera.store.dispose();
  });

  test('a set that holds a start code, as none may, is passed over and not cut in two', () => {
    const [sps, pps] = LARGE.units as [Uint8Array, Uint8Array];
    const cut = (unit: Uint8Array): Uint8Array => Uint8Array.of(...unit, 0, 0, 1, 0x68, 0x55);
    for (const nal of ['none', 'avcc-to-annexb'] as const) {
      const camera = open(config('h264', nal));
      camera.key(0, SMALL);
      for (const [index, units] of [[cut(sps)], [cut(pps)], [cut(sps), cut(pps)], [cut(sps), pps]].entries()) {
        const result = camera.key(10 * (index + 1), SMALL, units);
        assert.is(result, FRAME_BEGAN_FRAGMENT, `${nal} ${index}`);
      }
      camera.store.dispose();
    }
    const first = open();
    first.key(0, LARGE, [sps, cut(pps)]);
    assert.ok(first.stream.lacksCodecPrivateData(1), 'no picture parameter set');
    first.key(10, LARGE, [sps, cut(pps), pps]);
    assert.is(session(first.stream).record, 'LARGE');
    first.store.dispose();
    // Known from a record that was given, it does not come into the next one.
    const record = Uint8Array.of(
      1,
      0x42,
      0,
      0x20,
      0xff,
      0xe1,
      0,
      4,
      0x67,
      0x42,
      0,
      0x20,
      1,
      0,
      8,
      0x68,
      0xce,
      0,
      0,
      1,
      0x68,
      0x55,
      0x80,
    );
    const given = open(config('h264', 'none', record));
    assert.is(given.key(0, LARGE, [sps]), FRAME_BEGAN_FRAGMENT, 'no picture parameter set to go with it');
    assert.is(given.key(10, LARGE), FRAME_BEGAN_GENERATION);
    assert.is(session(given.stream).record, '');
    assert.is(session(given.stream).record, 'LARGE');
    given.store.dispose();
  });

  test('of several tracks each may change, and sound is none of their business', () => {
    const { tracks } = config('h264', 'none');
    const [track] = tracks ?? [];
    const camera = open({
      ...PLAIN_VIDEO,
      nal: 'none',
      adaptCodecPrivateData: true,
      contentType: 'video/h264,audio/aac',
      tracks: [
        { ...track, trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC' },
        { ...track, trackNumber: 2, trackId: 2, kind: 'video', codecId: 'V_MPEG4/ISO/AVC' },
        { trackNumber: 3, trackId: 3, kind: 'audio', codecId: 'A_AAC', codecPrivateData: Uint8Array.of(0x12, 0x10) },
      ],
    });
    const third = h264Sets(320, 240);
    camera.key(0, SMALL);
    camera.key(10, SMALL, SMALL.units, 2);
    const sound = Uint8Array.from(framed('avcc', LARGE.units));
    assert.is(camera.stream.putFrame(3, sound, 0, 15_000, 15_000, 0), FRAME_STORED);
    assert.is(camera.key(20, LARGE, LARGE.units, 2), FRAME_BEGAN_GENERATION);
    assert.equal(camera.stream.changedTracks(), [{ trackNumber: 2, width: 1280, height: 720 }]);
    assert.is(camera.key(30, third), FRAME_BEGAN_GENERATION);
    assert.equal(camera.stream.changedTracks(), [{ trackNumber: 1, width: 320, height: 240 }]);
    assert.is(session(camera.stream).record, 'SMALL');
    assert.is(session(camera.stream).record, 'SMALL LARGE');
    camera.stream.beginSession();
    const last = toHex(readAll(camera.stream));
    assert.ok(last.includes(toHex(third.record)) && last.includes(toHex(LARGE.record)));
    camera.store.dispose();
  });
}

it.run();
