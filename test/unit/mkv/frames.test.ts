/** Blocks, clusters and their times; and frames that are refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_FLAG, FRAME_SKIPPED, FRAME_STORED } from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { AVCC_RECORD, fromHex, openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const frames = suite('frames');

const EPOCH_US = 1_700_000_000_000_000;
const AUDIO_VIDEO: Partial<CoreStreamConfig> = {
  nal: 'annexb-to-avcc',
  contentType: 'video/h264,audio/aac',
  tracks: [
    { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', codecPrivateData: AVCC_RECORD },
    { trackNumber: 2, trackId: 2, kind: 'audio', codecId: 'A_AAC', codecPrivateData: fromHex('1210') },
  ],
};

/** What a stream has to say after its header: put one key frame at time 0 first. */
function started(
  flavour: (typeof FLAVOURS)[number],
  settings: Partial<CoreStreamConfig> = {},
): { stream: CoreStream; used: () => number } {
  const { store, stream } = openFixture(loadCore(flavour), settings);
  stream.beginSession();
  assert.is(putAt(stream, 0, true), FRAME_BEGAN_FRAGMENT);
  readAll(stream);
  return { stream, used: () => store.usedBytes };
}

const timecodeHex = (timecode: number): string => timecode.toString(16).padStart(16, '0');
const clusterHex = (timecode: number): string => `1f43b675ffe788${timecodeHex(timecode)}a78100`;

for (const flavour of FLAVOURS) {
  frames(`a stream that need not start at a key frame starts at its first frame [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), { startsAtKeyFrame: false });
    stream.beginSession();
    assert.is(putAt(stream, 0, false), FRAME_BEGAN_FRAGMENT);
    assert.ok(toHex(readAll(stream)).endsWith(`${clusterHex(0)}a301000000000000058100000000`));
    assert.is(putAt(stream, 40, false), FRAME_STORED);
    assert.is(toHex(readAll(stream)), 'a301000000000000058100280028');
    assert.is(putAt(stream, 80, true), FRAME_BEGAN_FRAGMENT);
    assert.is(toHex(readAll(stream)), `${clusterHex(80)}a301000000000000058100008050`);
    assert.is(stream.endFragment(), 0);
    readAll(stream);
    assert.is(putAt(stream, 120, false), FRAME_SKIPPED, 'behind an explicit end a key frame is waited for');
    assert.is(stream.stats.framesSkipped, 1);
  });

  frames(`a refused first frame leaves the stream unstarted, wherever it may start [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), { startsAtKeyFrame: false, nal: 'annexb-to-avcc' });
    stream.beginSession();
    const refused = -STATUS.STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA;
    assert.is(putAt(stream, 0, false, fromHex('00000000000165')), refused);
    assert.is(putAt(stream, 40, false, fromHex('0000000141aa')), FRAME_BEGAN_FRAGMENT);
    assert.ok(toHex(readAll(stream)).includes(clusterHex(40)));
  });

  frames(`otherwise frames in front of the first key frame are skipped [${flavour}]`, () => {
    for (const settings of [{}, { startsAtKeyFrame: true }]) {
      const { stream } = openFixture(loadCore(flavour), settings);
      assert.is(putAt(stream, 0, false), FRAME_SKIPPED);
      assert.is(putAt(stream, 40, true), FRAME_BEGAN_FRAGMENT);
      assert.is(stream.stats.framesSkipped, 1);
    }
  });

  frames(`cluster and block bytes of the specification [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), AUDIO_VIDEO);
    stream.beginSession();
    const video = fromHex('0000000165aabb00000141cc');
    assert.is(stream.putFrame(1, video, FRAME_FLAG.key, 1e6, 1e6, 0), FRAME_BEGAN_FRAGMENT);
    assert.ok(
      toHex(readAll(stream)).endsWith(
        '1f43b675ffe78800000000000003e8a78100a30100000000000011810000800000000365aabb0000000241cc',
      ),
    );
    assert.is(stream.putFrame(2, fromHex('010203'), 0, 1_023_000, 1_023_000, 0), FRAME_STORED);
    assert.is(toHex(readAll(stream)), 'a3010000000000000782001700010203');
    assert.is(
      stream.putFrame(1, video, FRAME_FLAG.discardable | FRAME_FLAG.invisible, 1_040_000, 1_040_000, 0),
      FRAME_STORED,
    );
    assert.is(toHex(readAll(stream)), 'a30100000000000011810028090000000365aabb0000000241cc');
    assert.is(stream.putFrame(1, video, FRAME_FLAG.key, 3e6, 3e6, 0), FRAME_BEGAN_FRAGMENT);
    assert.is(
      toHex(readAll(stream)),
      '1f43b675ffe7880000000000000bb8a78100a30100000000000011810000800000000365aabb0000000241cc',
    );
  });

  frames(`times of today are exact to the microsecond [${flavour}]`, () => {
    for (const us of [EPOCH_US + 1, 2 ** 52 + 1, 2 ** 53 - 1, 2 ** 32, 2 ** 32 - 1, 0]) {
      const { stream } = openFixture(loadCore(flavour), { timecodeScaleNs: 1000 });
      stream.beginSession();
      assert.is(stream.putFrame(1, Uint8Array.of(1), 1, us, NaN, 0), FRAME_BEGAN_FRAGMENT);
      assert.ok(toHex(readAll(stream)).includes(clusterHex(us)), `${us}`);
      assert.is(stream.streamStartUs, us);
    }
  });

  frames(`timecodes are rounded down first and subtracted then [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour));
    stream.beginSession();
    stream.putFrame(1, Uint8Array.of(1), 1, 1_999, NaN, 0);
    readAll(stream);
    stream.putFrame(1, Uint8Array.of(1), 0, 2_000, NaN, 0);
    assert.ok(toHex(readAll(stream)).startsWith('a30100000000000005810001'), 'one unit apart, though only 1 µs');
  });

  frames(`relative timecodes count from the first frame, also after a roll back [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), { absoluteTimecodes: false });
    for (const ms of [5000, 7000, 9000]) putAt(stream, ms, true);
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).includes(clusterHex(4000)));
    assert.is(stream.acknowledge('persisted', 0).fragments, 1);
    stream.rollBack('unpersisted');
    stream.beginSession();
    const again = toHex(readAll(stream));
    assert.ok(again.includes(clusterHex(2000)) && again.includes(clusterHex(4000)) && !again.includes(clusterHex(0)));
    assert.is(stream.streamStartUs, 5_000_000);
  });

  frames(`fragments by duration: a key frame past it, and no other [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), { keyFrameFragmentation: false, fragmentDurationUs: 2_000_000 });
    const results = [
      [0, true],
      [1000, true],
      [1999, true],
      [2500, false],
      [2600, true],
      [2700, true],
      [4600, true],
    ].map(([ms, key]) => putAt(stream, Number(ms), Boolean(key)));
    assert.equal(results, [2, 0, 0, 0, 2, 0, 2]);
  });

  frames(`non-key frames in front of the first key frame are skipped [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour));
    assert.is(putAt(stream, 0, false), FRAME_SKIPPED);
    assert.is(putAt(stream, 40, false), FRAME_SKIPPED);
    assert.is(putAt(stream, 80, true), FRAME_BEGAN_FRAGMENT);
    assert.equal([stream.stats.framesSkipped, stream.stats.framesStored], [2, 1]);
  });

  frames(`a refused frame leaves no trace, and the next good one is taken [${flavour}]`, () => {
    const refusals: readonly (readonly [name: string, put: (stream: CoreStream) => number, status: number])[] = [
      ['no data', (s) => s.putFrame(1, new Uint8Array(0), 0, 1000, NaN, 0), STATUS.STATUS_MKV_INVALID_FRAME_DATA],
      [
        'no such track',
        (s) => s.putFrame(2, Uint8Array.of(1), 0, 1000, NaN, 0),
        STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND,
      ],
      ['track 0', (s) => s.putFrame(0, Uint8Array.of(1), 0, 1000, NaN, 0), STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND],
      ['negative time', (s) => s.putFrame(1, Uint8Array.of(1), 0, -1, NaN, 0), STATUS.STATUS_MKV_MAX_FRAME_TIMECODE],
      ['no time', (s) => s.putFrame(1, Uint8Array.of(1), 0, NaN, NaN, 0), STATUS.STATUS_MKV_MAX_FRAME_TIMECODE],
      [
        'endless time',
        (s) => s.putFrame(1, Uint8Array.of(1), 1, Infinity, NaN, 0),
        STATUS.STATUS_MKV_MAX_FRAME_TIMECODE,
      ],
      [
        'endless duration',
        (s) => s.putFrame(1, Uint8Array.of(1), 1, 9e6, NaN, 2 ** 54),
        STATUS.STATUS_MKV_MAX_FRAME_TIMECODE,
      ],
      [
        'too far from the cluster',
        (s) => s.putFrame(1, Uint8Array.of(1), 0, 32_768_000 + 5_000_000, NaN, 0),
        STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE,
      ],
      [
        'before the cluster',
        (s) => s.putFrame(1, Uint8Array.of(1), 0, 4_999_000, NaN, 0),
        STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP,
      ],
      [
        'key frame before the cluster',
        (s) => s.putFrame(1, Uint8Array.of(1), 1, 4_999_000, NaN, 0),
        STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP,
      ],
      [
        'decoded before the last one',
        (s) => s.putFrame(1, Uint8Array.of(1), 0, 6e6, 5_500_000, 0),
        STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP,
      ],
      [
        'larger than the store',
        (s) => s.putFrame(1, new Uint8Array(2 << 20), 0, 6e6, NaN, 0),
        STATUS.STATUS_STORE_OUT_OF_MEMORY,
      ],
    ];
    for (const [name, put, status] of refusals) {
      const { stream, used } = started(flavour);
      assert.is(putAt(stream, 5000, true), FRAME_BEGAN_FRAGMENT);
      assert.is(putAt(stream, 5900, false), FRAME_STORED);
      readAll(stream);
      const before = [used(), JSON.stringify(stream.stats)];
      assert.is(put(stream), -status, name);
      assert.equal([used(), JSON.stringify(stream.stats)], before, name);
      assert.is(putAt(stream, 5950, false, Uint8Array.of(7)), FRAME_STORED, name);
      assert.is(toHex(readAll(stream)), 'a3010000000000000581' + (950).toString(16).padStart(4, '0') + '0007', name);
    }
  });

  frames(`an unknown decoding time is never earlier than the frame before [${flavour}]`, () => {
    const { stream } = started(flavour);
    for (const us of [120_000, 40_000, 80_000, 240_000, 160_000]) {
      assert.is(stream.putFrame(1, Uint8Array.of(1), 0, us, NaN, 0), FRAME_STORED, `${us}`);
    }
  });

  frames(`a full store refuses without loss, and takes frames again once there is room [${flavour}]`, () => {
    const { store, stream } = openFixture(loadCore(flavour), {}, 64 * 1024);
    const payload = new Uint8Array(1000).fill(3);
    let count = 0;
    while (putAt(stream, count * 10, count % 5 === 0, payload) >= 0) count++;
    assert.ok(count > 50);
    stream.beginSession();
    const bytes = readAll(stream).length;
    assert.is(stream.stats.items, count);
    assert.ok(bytes > count * 1013);
    assert.is(stream.acknowledge('persisted', 0).frames, 5);
    assert.ok(putAt(stream, count * 10, count % 5 === 0, payload) >= 0);
    stream.dispose();
    assert.is(store.usedBytes, 0);
  });

  frames(`NAL adaptation can be chosen until the first frame is stored [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour));
    assert.is(stream.setNalAdaptation('annexb-to-avcc'), 0);
    stream.putFrame(1, fromHex('0000000165aa'), 1, 0, 0, 0);
    assert.is(stream.setNalAdaptation('none'), -STATUS.STATUS_INVALID_OPERATION);
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).endsWith('0000000265aa'));
  });
}

frames.run();
