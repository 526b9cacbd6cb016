/** What is checked when a frame is put. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import { annexBToAvcc, avccToAnnexB } from '../../../sdk/core/nal.ts';
import { fromHex, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { type LimitRow, VIDEO, withStarted, withStream } from './limit-row.ts';

/** The last double of microseconds within floor((2^63 − 1) / 100) ticks of 100 ns, and the next one. */
const LAST_US = 9_223_372_036_854_774;
const TOO_LATE_US = 9_223_372_036_854_776;
const STORED = 0;
const BEGAN_FRAGMENT = 2;

/** Puts a first frame of one byte at a scale of one tick; its answer. */
const putFirst =
  (ptsUs: number, dtsUs: number, durationUs: number) =>
  (core: Core): number =>
    withStream(core, { timecodeScaleNs: 100 }, (stream) =>
      stream.putFrame(1, Uint8Array.of(1), 1, ptsUs, dtsUs, durationUs),
    );

/** Puts a second frame, of one byte, behind one at 10 s; its answer. */
const putSecond =
  (ptsMs: number, dtsMs: number, flags = 0) =>
  (core: Core): number =>
    withStream(core, {}, (stream) => {
      putAt(stream, 10_000, true);
      return stream.putFrame(1, Uint8Array.of(1), flags, ptsMs * 1000, dtsMs * 1000, 0);
    });

const accepts =
  (put: (core: Core) => number, answer: number) =>
  (core: Core): void =>
    assert.is(put(core), answer);

/** The bytes of a second frame, after one key frame, once adapted. */
function adapted(core: Core, nal: CoreStreamConfig['nal'], frame: string): string | number {
  return withStream(core, { nal }, (stream) => {
    stream.beginSession();
    const answer = stream.putFrame(1, fromHex(frame), 1, 0, 0, 0);
    return answer < 0 ? answer : toHex(readAll(stream)).split('a301')[1]!.slice(22);
  });
}

export const FRAME_LIMITS: readonly LimitRow[] = [
  {
    limit: 'frame data',
    value: 'at least 1 byte',
    status: 'STATUS_MKV_INVALID_FRAME_DATA',
    number: 0x32000001,
    inside: { '1': (core) => withStarted(core, {}, (stream) => assert.is(putAt(stream, 1, false), STORED)) },
    outside: { '0': (core) => withStarted(core, {}, (stream) => putAt(stream, 1, false, new Uint8Array(0))) },
  },
  {
    limit: 'timestamps and durations',
    value: '92233720368547758 ticks of 100 ns',
    status: 'STATUS_MKV_MAX_FRAME_TIMECODE',
    number: 0x3200000b,
    inside: {
      'all three': (core) => assert.is(putFirst(LAST_US, LAST_US, LAST_US)(core), BEGAN_FRAGMENT),
      'a decoding time that is not known': (core) => assert.is(putFirst(0, NaN, 0)(core), BEGAN_FRAGMENT),
      'every tick of it is there': (core) =>
        withStream(core, { timecodeScaleNs: 100 }, (stream) => {
          stream.beginSession();
          assert.is(stream.putFrame(1, Uint8Array.of(1), 1, LAST_US, NaN, 0), BEGAN_FRAGMENT);
          const ticks = (BigInt(LAST_US) * 10n).toString(16).padStart(16, '0');
          assert.ok(toHex(readAll(stream)).includes(`e788${ticks}`));
        }),
    },
    outside: {
      'presentation time': putFirst(TOO_LATE_US, 0, 0),
      'decoding time': putFirst(0, TOO_LATE_US, 0),
      duration: putFirst(0, 0, TOO_LATE_US),
      'no number': putFirst(NaN, NaN, 0),
      'before the epoch': putFirst(-1, NaN, 0),
    },
  },
  {
    limit: 'times beside those of the cluster',
    value: 'not earlier',
    status: 'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
    number: 0x32000002,
    inside: {
      'the same': accepts(putSecond(10_000, 10_000), STORED),
      'the same, and a new cluster': accepts(putSecond(10_000, 10_000, 1), BEGAN_FRAGMENT),
      'earlier by less than a unit': accepts(putSecond(10_000.5, 10_000), STORED),
    },
    outside: {
      'presentation time, 1 unit': putSecond(9_999, 10_000),
      'decoding time, 1 unit': putSecond(10_000, 9_999),
      'a key frame': putSecond(9_999, 9_999, 1),
    },
  },
  {
    limit: 'decoding time beside that of the frame before',
    value: 'not earlier',
    status: 'STATUS_CONTENT_VIEW_INVALID_TIMESTAMP',
    number: 0x30000005,
    inside: {
      'the same': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putFrame(1, Uint8Array.of(1), 0, 5000, 5000, 0), STORED);
          assert.is(stream.putFrame(1, Uint8Array.of(1), 0, 4000, 5000, 0), STORED);
        }),
    },
    outside: {
      '1 unit': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putFrame(1, Uint8Array.of(1), 0, 5000, 5000, 0), STORED);
          return stream.putFrame(1, Uint8Array.of(1), 0, 5000, 4000, 0);
        }),
    },
  },
  {
    limit: 'timecode of a block in its cluster',
    value: '0…32767 units',
    status: 'STATUS_MKV_LARGE_FRAME_TIMECODE',
    number: 0x3200000c,
    inside: {
      '32767': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(putAt(stream, 32_767, false), STORED);
          assert.is(toHex(readAll(stream)), 'a30100000000000005817fff00ff');
        }),
      '32768 with a key frame, which begins a cluster': (core) =>
        withStarted(core, {}, (stream) => assert.is(putAt(stream, 32_768, true), BEGAN_FRAGMENT)),
    },
    outside: { '32768': (core) => withStarted(core, {}, (stream) => putAt(stream, 32_768, false)) },
  },
  {
    limit: 'track of a frame, or of codec private data',
    value: 'one of the stream',
    status: 'STATUS_MKV_TRACK_INFO_NOT_FOUND',
    number: 0x32000026,
    inside: {
      'its number': (core) =>
        withStream(core, { tracks: [{ ...VIDEO, trackNumber: 5 }] }, (stream) => {
          assert.is(stream.putFrame(5, Uint8Array.of(1), 1, 0, 0, 0), BEGAN_FRAGMENT);
          assert.is(stream.setCodecPrivateData(5, Uint8Array.of(1)), 0);
        }),
    },
    outside: {
      'its position': (core) =>
        withStream(core, { tracks: [{ ...VIDEO, trackNumber: 5 }] }, (stream) =>
          stream.putFrame(1, Uint8Array.of(1), 1, 0, 0, 0),
        ),
      'another number': (core) => withStream(core, {}, (stream) => stream.putFrame(2, Uint8Array.of(1), 1, 0, 0, 0)),
      'another number, private data': (core) =>
        withStream(core, {}, (stream) => stream.setCodecPrivateData(2, Uint8Array.of(1))),
    },
  },
  {
    limit: 'zeros in front of another byte, Annex-B',
    value: '0…3',
    status: 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA',
    number: 0x3200000d,
    inside: {
      '3 in front of a 1': (core) => assert.is(adapted(core, 'annexb-to-avcc', '000000016588'), '000000026588'),
      '3 in front of a 2': (core) =>
        assert.is(adapted(core, 'annexb-to-avcc', '0000000165000000026588'), '0000000765000000026588'),
      '2': (core) => assert.is(toHex(annexBToAvcc(core, fromHex('0000016588'))), '000000026588'),
      '4 at the end': (core) =>
        assert.is(toHex(annexBToAvcc(core, fromHex('0000000165880000000000'.slice(0, 20)))), '00000006658800000000'),
    },
    outside: {
      '4 in front of a 1': (core) => adapted(core, 'annexb-to-avcc', '00000000016588'),
      '4 in front of a 2': (core) => adapted(core, 'annexb-to-avcc', '000000016500000000026588'),
      '4, without a stream': (core) => annexBToAvcc(core, fromHex('00000000016588')),
    },
  },
  {
    limit: 'lengths of NAL units, AVCC',
    value: 'up to the last byte',
    status: 'STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA',
    number: 0x3200000e,
    inside: {
      'one unit': (core) => assert.is(adapted(core, 'avcc-to-annexb', '000000026588'), '000000016588'),
      'a length alone': (core) => assert.is(toHex(avccToAnnexB(core, fromHex('00000000'))), '00000001'),
    },
    outside: {
      'one byte too far': (core) => adapted(core, 'avcc-to-annexb', '000000036588'),
      'one byte too short': (core) => adapted(core, 'avcc-to-annexb', '000000016588'),
      '3 bytes': (core) => avccToAnnexB(core, fromHex('000000')),
      'no byte': (core) => avccToAnnexB(core, new Uint8Array(0)),
      '2^32 − 1': (core) => avccToAnnexB(core, fromHex('ffffffff6588')),
    },
  },
  {
    limit: 'frames in a store',
    value: 'as many bytes as it has',
    status: 'STATUS_STORE_OUT_OF_MEMORY',
    number: 0x5200002e,
    inside: {
      'a frame that just fits': (core) =>
        withStream(core, {}, (stream) => assert.is(putAt(stream, 0, true, largest(core)), 2)),
    },
    outside: {
      'one size class more': (core) =>
        withStream(core, {}, (stream) => putAt(stream, 0, true, new Uint8Array(largest(core).length + 16))),
      'larger than any store': (core) =>
        withStream(core, {}, (stream) => putAt(stream, 0, true, new Uint8Array(1 << 17))),
    },
  },
  {
    limit: 'replay duration of a roll back',
    value: '92233720368547758 ticks of 100 ns',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      'the longest': (core) =>
        withStarted(core, {}, (stream) => assert.is(stream.rollBackByDuration(LAST_US, false).resentFragments, 1)),
      none: (core) =>
        withStarted(core, {}, (stream) => assert.is(stream.rollBackByDuration(0, true).resentFragments, 1)),
    },
    outside: {
      longer: (core) => withStarted(core, {}, (stream) => stream.rollBackByDuration(TOO_LATE_US, false)),
      'below 0': (core) => withStarted(core, {}, (stream) => stream.rollBackByDuration(-1, true)),
    },
  },
  {
    limit: 'buffer duration and latency to be told',
    value: '92233720368547758 ticks of 100 ns',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      'the longest': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.watchPressure({ bufferUs: LAST_US, latencyUs: LAST_US }), 0);
          assert.is(putAt(stream, 1, false), STORED);
        }),
    },
    outside: {
      'longer, buffer': (core) => withStarted(core, {}, (stream) => stream.watchPressure({ bufferUs: TOO_LATE_US })),
      'longer, latency': (core) => withStarted(core, {}, (stream) => stream.watchPressure({ latencyUs: TOO_LATE_US })),
    },
  },
  {
    limit: 'frames after stop',
    value: 'none',
    status: 'STATUS_STREAM_HAS_BEEN_STOPPED',
    number: 0x52000052,
    inside: { 'before it': (core) => withStarted(core, {}, (stream) => assert.is(putAt(stream, 1, false), STORED)) },
    outside: {
      'after it': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.stop(), 0);
          return putAt(stream, 1, true);
        }),
    },
  },
];

/** The largest key frame that an empty store of the rows' size takes, by trying. */
function largest(core: Core): Uint8Array {
  let [fits, fails] = [1, 1 << 16];
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    const answer = withStream(core, {}, (stream) => putAt(stream, 0, true, new Uint8Array(middle)));
    if (answer >= 0) fits = middle;
    else fails = middle;
  }
  assert.ok(fits > (1 << 16) - 4096, `${fits} of 65536 bytes`);
  return new Uint8Array(fits);
}
