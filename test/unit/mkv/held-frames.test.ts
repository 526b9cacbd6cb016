/** Frames that wait in the store for those of other tracks: what they come to is what they would have come to without. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig, NalAdaptation } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import {
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_FLAG,
  FRAME_SKIPPED,
  FRAME_STORED,
} from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { fromHex, openFixture, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { framed, h264Sets, slice } from '../../support/parameter-sets.ts';

const it = suite('frames that wait');

const VIDEO = 7;
const AUDIO = 9;
const KEY = FRAME_FLAG.key;
const SMALL = h264Sets(640, 480);
const LARGE = h264Sets(1280, 720);

const settings = (nal: NalAdaptation, codecPrivateData?: Uint8Array): Partial<CoreStreamConfig> => ({
  nal,
  adaptCodecPrivateData: nal === 'annexb-to-avcc',
  contentType: 'video/h264,audio/aac',
  tracks: [
    {
      trackNumber: VIDEO,
      trackId: 1,
      kind: 'video',
      codecId: 'V_MPEG4/ISO/AVC',
      ...(codecPrivateData && { codecPrivateData }),
    },
    { trackNumber: AUDIO, trackId: 2, kind: 'audio', codecId: 'A_AAC', codecPrivateData: fromHex('1190') },
  ],
});

interface Put {
  readonly track: number;
  readonly data: Uint8Array;
  readonly flags: number;
  readonly ms: number;
}

const picture = (ms: number, nal: NalAdaptation, sets = SMALL, isKey = false): Put => ({
  track: VIDEO,
  data: framed(nal === 'annexb-to-avcc' ? 'annexb' : 'avcc', [
    ...(isKey ? sets.units : []),
    slice('h264', isKey, ms & 0xff),
  ]),
  flags: isKey ? KEY : FRAME_FLAG.discardable,
  ms,
});
const sound = (ms: number): Put => ({ track: AUDIO, data: Uint8Array.of(1, 2, ms & 0xff), flags: 0, ms });

const put = (stream: CoreStream, { track, data, flags, ms }: Put): number =>
  stream.putFrame(track, data, flags, ms * 1000, ms * 1000, 1000);
const hold = (stream: CoreStream, { track, data, flags }: Put): number => stream.holdFrame(track, data, flags);
const release = (stream: CoreStream, { track, ms }: Put): number =>
  stream.releaseFrame(track, ms * 1000, ms * 1000, 1000);

const session = (stream: CoreStream): string => {
  stream.beginSession();
  return toHex(readAll(stream, 61));
};

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const test = (name: string, body: () => void): void => it(`${name} [${flavour}]`, body);

  for (const nal of ['none', 'annexb-to-avcc', 'avcc-to-annexb'] as const) {
    for (const given of [undefined, SMALL.record]) {
      test(`${nal}, private data ${given ? 'given' : 'found'}: the bytes are those of frames put in that order`, () => {
        const frames = [picture(0, nal, SMALL, true), sound(5), picture(40, nal), sound(45), sound(66)];
        const more = [picture(80, nal, LARGE, true), sound(87), picture(120, nal, LARGE)];
        const sorted = [...frames, ...more];
        const plain = openFixture(core, settings(nal, given));
        const expected = sorted.map((frame) => put(plain.stream, frame));
        const held = openFixture(core, settings(nal, given));
        // All pictures, then all sound.
        for (const frame of [...sorted].sort((a, b) => a.track - b.track)) assert.is(hold(held.stream, frame), 0);
        assert.is(held.stream.stats.items, 0, 'nothing is in the view yet');
        assert.equal(
          sorted.map((frame) => release(held.stream, frame)),
          expected,
        );
        assert.is(session(held.stream), session(plain.stream));
        assert.is(session(held.stream), session(plain.stream), 'the rest, behind other private data');
        for (const { stream, store } of [held, plain]) {
          stream.dispose();
          assert.is(store.usedBytes, 0);
          store.dispose();
        }
      });
    }
  }

  test('what is wrong with the data is found when it is put, and nothing stays', () => {
    const { stream, store } = openFixture(core, settings('annexb-to-avcc', SMALL.record));
    const used = store.usedBytes;
    assert.is(
      stream.holdFrame(VIDEO, fromHex('0000000000016588'), KEY),
      -STATUS.STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA,
    );
    assert.is(stream.holdFrame(VIDEO, new Uint8Array(0), KEY), -STATUS.STATUS_MKV_INVALID_FRAME_DATA);
    assert.is(stream.holdFrame(3, Uint8Array.of(1), KEY), -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND);
    assert.is(stream.holdFrame(VIDEO, new Uint8Array(2 << 20), 0), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
    assert.is(store.usedBytes, used);
    store.dispose();
  });

  test('a frame in front of the first key frame may wait; it is skipped when its turn comes before', () => {
    const { stream, store } = openFixture(core, settings('none', SMALL.record));
    assert.is(hold(stream, sound(1)), 0);
    assert.is(hold(stream, sound(9)), 0);
    assert.is(hold(stream, picture(5, 'none', SMALL, true)), 0);
    const used = store.usedBytes;
    assert.is(release(stream, sound(1)), FRAME_SKIPPED);
    assert.ok(store.usedBytes < used, 'and its memory is free');
    assert.is(release(stream, picture(5, 'none', SMALL, true)), FRAME_BEGAN_FRAGMENT);
    assert.is(release(stream, sound(9)), FRAME_STORED);
    assert.equal([stream.stats.framesStored, stream.stats.framesSkipped], [2, 1]);
    store.dispose();
  });

  test('metadata put while a key frame waits goes out with its fragment', () => {
    const bytes = [true, false].map((waits) => {
      const { stream, store } = openFixture(core, settings('none', SMALL.record));
      const frame = picture(0, 'none', SMALL, true);
      stream.putFragmentMetadata('first', 'one', true);
      if (waits) hold(stream, frame);
      for (let i = 0; i < 20; i++) stream.putFragmentMetadata(`name ${i}`, 'x'.repeat(200), false);
      assert.is(waits ? release(stream, frame) : put(stream, frame), FRAME_BEGAN_FRAGMENT);
      const all = session(stream);
      store.dispose();
      return all;
    });
    assert.is(bytes[0], bytes[1]);
  });

  test('metadata for which a waiting key frame finds no room goes out with the fragment after it', () => {
    const { stream, store } = openFixture(core, settings('none', SMALL.record), 8192);
    const frame = { ...picture(0, 'none', SMALL, true), data: new Uint8Array(5000).fill(1) };
    assert.is(hold(stream, frame), 0);
    stream.putFragmentMetadata('later', 'x'.repeat(250), false);
    assert.is(release(stream, frame), FRAME_BEGAN_FRAGMENT);
    assert.is(put(stream, picture(40, 'none', SMALL, true)), FRAME_BEGAN_FRAGMENT);
    const text = Buffer.from(session(stream), 'hex').toString('latin1');
    assert.ok(text.lastIndexOf('later') > text.indexOf('\x01'.repeat(5000)), 'behind the first fragment');
    assert.is(text.indexOf('later'), text.lastIndexOf('later'));
    store.dispose();
  });

  test('parameter sets that changed while frames wait begin a generation with their frame', () => {
    const { stream, store } = openFixture(core, settings('annexb-to-avcc'));
    const frames = [picture(0, 'annexb-to-avcc', SMALL, true), picture(40, 'annexb-to-avcc', LARGE, true)];
    for (const frame of frames) assert.is(hold(stream, frame), 0);
    assert.is(release(stream, frames[0] as Put), FRAME_BEGAN_FRAGMENT);
    stream.beginSession();
    assert.is(release(stream, frames[1] as Put), FRAME_BEGAN_GENERATION);
    assert.equal(stream.changedTracks(), [{ trackNumber: VIDEO, width: 1280, height: 720 }]);
    const first = toHex(readAll(stream));
    assert.ok(first.includes(toHex(SMALL.record)) && !first.includes(toHex(LARGE.record)));
    store.dispose();
  });

  test('nothing is released where nothing waits, of no other track, and after the stop', () => {
    const { stream, store } = openFixture(core, settings('none', SMALL.record));
    const frame = picture(0, 'none', SMALL, true);
    assert.is(release(stream, frame), -STATUS.STATUS_INVALID_OPERATION);
    hold(stream, frame);
    assert.is(stream.releaseFrame(AUDIO, 0, 0, 0), -STATUS.STATUS_INVALID_OPERATION);
    assert.is(stream.releaseFrame(1, 0, 0, 0), -STATUS.STATUS_INVALID_OPERATION);
    stream.stop();
    assert.is(release(stream, frame), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
    assert.is(hold(stream, frame), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
    stream.dispose();
    assert.is(store.usedBytes, 0, 'what waited is gone with the stream');
    store.dispose();
  });

  test('a frame that is given up frees its memory, and the one behind it is next', () => {
    const { stream, store } = openFixture(core, settings('none', SMALL.record));
    const used = store.usedBytes;
    hold(stream, picture(0, 'none', SMALL, true));
    const one = store.usedBytes;
    hold(stream, picture(40, 'none', LARGE, true));
    stream.discardFrame(VIDEO);
    assert.ok(store.usedBytes < one + used + 100);
    assert.is(release(stream, picture(40, 'none')), FRAME_BEGAN_GENERATION, 'the one with the other sets');
    stream.discardFrame(VIDEO);
    stream.dispose();
    assert.is(store.usedBytes, used);
    store.dispose();
  });
}

it.run();
