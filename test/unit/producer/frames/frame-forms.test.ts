import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EncodedChunk, Frame, TrackOptions } from '../../../../sdk/producer/index.ts';
import { BASE_MS, TestStream } from '../../../support/test-stream.ts';

const it = suite('forms of frames');
const bytes = (...hex: string[]): Uint8Array => Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString('hex');

/** Parameter sets of a 1280×720 High-profile stream, and two slices. */
const SPS = '6764001facd9405005bb0110000003001000000303c0f1831960';
const PPS = '68ebe3cb22c0';
const IDR = '6588840033ff';
const SLICE = '419a2233445566';
const CODE = '00000001';
const SHORT_CODE = '000001';
const length = (unit: string): string => (unit.replaceAll(' ', '').length / 2).toString(16).padStart(8, '0');
const avcc = (...units: string[]): Uint8Array => bytes(...units.flatMap((unit) => [length(unit), unit]));
/** avcC of these parameter sets. Source: ISO/IEC 14496-15 §5.3.3.1. */
const AVCC_RECORD = bytes('0164001fffe1', '001a', SPS, '01', '0006', PPS);

const frameAt = (ms: number, data: Uint8Array, isKey: boolean, trackNumber = 1): Frame => ({
  data,
  timestampUs: (BASE_MS + ms) * 1000,
  isKey,
  trackNumber,
});
const VIDEO: TrackOptions = { kind: 'video', codec: 'h264' };

function chunkAt(ms: number, data: Uint8Array, type: 'key' | 'delta'): EncodedChunk {
  return {
    type,
    timestamp: (BASE_MS + ms) * 1000,
    duration: 40_000,
    byteLength: data.length,
    copyTo: (destination) => destination.set(data),
  };
}

async function withStream(tracks: TrackOptions[], run: (test: TestStream) => Promise<void>): Promise<void> {
  const test = await TestStream.open({ tracks });
  await run(test);
  await test.end();
}

for (const [name, key] of [
  ['four-byte', bytes(CODE, SPS, CODE, PPS, CODE, IDR)],
  ['three-byte', bytes(SHORT_CODE, SPS, SHORT_CODE, PPS, SHORT_CODE, IDR)],
] as const) {
  it(`Annex-B with ${name} start codes is detected, brought to AVCC, and its parameter sets become the codec private data`, () =>
    withStream([VIDEO], async (test) => {
      await test.stream.putFrame(frameAt(0, key, true));
      await test.stream.putFrame(frameAt(40, bytes(CODE, SLICE), false));
      await test.service.idle();
      const [fragment] = await test.service.upload.fragments();
      assert.equal(
        fragment?.frames.map((frame) => hex(frame.data)),
        [hex(avcc(SPS, PPS, IDR)), hex(avcc(SLICE))],
      );
      assert.is(hex(fragment?.tracks[0]?.codecPrivateData), hex(AVCC_RECORD));
    }));
}

it('AVCC is detected and left alone', () =>
  withStream([VIDEO], async (test) => {
    await test.stream.putFrame(frameAt(0, avcc(IDR), true));
    await test.service.idle();
    const [fragment] = await test.service.upload.fragments();
    assert.is(hex(fragment?.frames[0]?.data), hex(avcc(IDR)));
  }));

it('WebCodecs chunks are taken as they are', () =>
  withStream([VIDEO], async (test) => {
    assert.is(test.stream.tryPutFrame(chunkAt(0, avcc(SLICE), 'delta')), 'skipped');
    await test.stream.putFrame(chunkAt(40, avcc(IDR), 'key'));
    await test.stream.putFrame(chunkAt(80, avcc(SLICE, SLICE), 'delta'));
    await test.service.idle();
    const [fragment] = await test.service.upload.fragments();
    assert.equal(
      fragment?.frames.map((frame) => [frame.timestampUs, frame.isKey, hex(frame.data)]),
      [
        [(BASE_MS + 40) * 1000, true, hex(avcc(IDR))],
        [(BASE_MS + 80) * 1000, false, hex(avcc(SLICE, SLICE))],
      ],
    );
  }));

it('a chunk’s decoder configuration gives the codec private data and the framing', () =>
  withStream([VIDEO], async (test) => {
    const decoderConfig = { description: AVCC_RECORD.buffer as ArrayBuffer };
    await test.stream.putFrame({ chunk: chunkAt(0, avcc(IDR), 'key'), decoderConfig });
    await test.stream.putFrame({ chunk: chunkAt(40, avcc(SLICE), 'delta'), decoderConfig });
    await test.service.idle();
    const [fragment] = await test.service.upload.fragments();
    assert.is(hex(fragment?.tracks[0]?.codecPrivateData), hex(AVCC_RECORD));
    assert.is(fragment?.frames.length, 2);
  }));

/** What a browser hands out: properties on the prototype, and a copy that checks its room. */
class BrowserChunk {
  readonly #init: { type: EncodedVideoChunkType; timestamp: number; duration: number | null; data: Uint8Array };
  constructor(type: EncodedVideoChunkType, ms: number, data: Uint8Array, duration: number | null = null) {
    this.#init = { type, timestamp: (BASE_MS + ms) * 1000, duration, data };
  }
  get type(): EncodedVideoChunkType {
    return this.#init.type;
  }
  get timestamp(): number {
    return this.#init.timestamp;
  }
  get duration(): number | null {
    return this.#init.duration;
  }
  get byteLength(): number {
    return this.#init.data.byteLength;
  }
  copyTo(destination: AllowSharedBufferSource): void {
    if (destination.byteLength < this.byteLength) throw new TypeError('destination is not large enough');
    const view = ArrayBuffer.isView(destination) ? destination.buffer : destination;
    new Uint8Array(view, ArrayBuffer.isView(destination) ? destination.byteOffset : 0).set(this.#init.data);
  }
}

it('the output of WebCodecs encoders goes in as it comes out', () =>
  withStream([VIDEO, { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 }], async (test) => {
    // As the callbacks of VideoEncoder and AudioEncoder have it; these types are the DOM's own.
    const onVideo = (chunk: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata): Promise<void> =>
      test.stream.putFrame({ chunk, ...metadata });
    const onAudio = (chunk: EncodedAudioChunk, metadata?: EncodedAudioChunkMetadata): Promise<void> =>
      test.stream.putFrame({ chunk, trackNumber: 2, ...metadata });
    const videoConfig: VideoDecoderConfig = {
      codec: 'avc1.64001f',
      codedWidth: 1280,
      codedHeight: 720,
      description: AVCC_RECORD.slice().buffer,
    };
    const audioConfig: AudioDecoderConfig = {
      codec: 'mp4a.40.2',
      sampleRate: 48_000,
      numberOfChannels: 2,
      description: bytes('1190'),
    };
    const packet = bytes('2110');
    await onVideo(new BrowserChunk('key', 0, avcc(IDR), 33_333), { decoderConfig: videoConfig });
    await onAudio(new BrowserChunk('key', 5, packet, 21_333), { decoderConfig: audioConfig });
    await onVideo(new BrowserChunk('delta', 33, avcc(SLICE)), {});
    await onAudio(new BrowserChunk('key', 26, packet));
    await onVideo(new BrowserChunk('key', 66, avcc(IDR)), {
      // Some encoders repeat the configuration with every key frame.
      decoderConfig: { ...videoConfig, description: AVCC_RECORD.slice().buffer },
    });
    await test.service.idle();
    const fragments = await test.service.upload.fragments();
    assert.equal(
      fragments.map(({ frames }) => frames.map((frame) => [frame.trackNumber, frame.isKey, hex(frame.data)])),
      [
        [
          [1, true, hex(avcc(IDR))],
          [2, false, hex(packet)],
          [1, false, hex(avcc(SLICE))],
          [2, false, hex(packet)],
        ],
        [[1, true, hex(avcc(IDR))]],
      ],
    );
    assert.equal(
      fragments[0]?.tracks.map((track) => hex(track.codecPrivateData)),
      [hex(AVCC_RECORD), '1190'],
    );
    assert.equal(test.eventsOf('private-data-missing'), []);
  }));

it('a description that changes in the middle of a stream goes out in front of the chunk that brings it', () =>
  withStream([VIDEO], async (test) => {
    const other = AVCC_RECORD.slice();
    other[3] = 0x28;
    const put = (ms: number, description: Uint8Array): Promise<void> =>
      test.stream.putFrame({ chunk: new BrowserChunk('key', ms, avcc(IDR)), decoderConfig: { description } });
    await put(0, AVCC_RECORD);
    await put(40, other);
    await put(80, other.slice());
    await test.service.idle();
    const [first] = test.service.uploads;
    assert.is(first?.bodyEnd, 'closed');
    assert.equal(await first?.timecodes(), [BASE_MS]);
    assert.is(hex((await first?.fragments())?.[0]?.tracks[0]?.codecPrivateData), hex(AVCC_RECORD));
    assert.equal(
      test.eventsOf('codec-private-data-changed').map((event) => event.timestampUs),
      [(BASE_MS + 40) * 1000],
    );
  }));

it('what is no frame is refused with what a frame is', () =>
  withStream([VIDEO], async (test) => {
    for (const value of [null, undefined, 5, 'frame'])
      assert.throws(() => test.stream.tryPutFrame(value as unknown as Frame), /A frame is an object with data/);
    assert.throws(() => test.stream.tryPutFrame({} as unknown as Frame), /A frame needs its data/);
  }));

it('beside video, audio packets never begin a fragment, though every one is a key frame', () =>
  withStream([VIDEO, { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 }], async (test) => {
    const packet = bytes('2110');
    assert.is(test.stream.tryPutFrame(frameAt(0, packet, true, 2)), 'skipped', 'before the first key frame of video');
    await test.stream.putFrame(frameAt(10, avcc(IDR), true));
    await test.stream.putFrame({ chunk: chunkAt(20, packet, 'key'), trackNumber: 2 });
    await test.stream.putFrame(frameAt(30, packet, true, 2));
    await test.stream.putFrame(frameAt(40, avcc(IDR), true));
    await test.service.idle();
    const fragments = await test.service.upload.fragments();
    assert.equal(
      fragments.map((fragment) => fragment.frames.map((frame) => frame.trackNumber)),
      [[1, 2, 2], [1]],
    );
    assert.equal(
      fragments[0]?.tracks.map((track) => track.codecId),
      ['V_MPEG4/ISO/AVC', 'A_AAC'],
    );
    assert.is(hex(fragments[0]?.tracks[1]?.codecPrivateData), '1190');
  }));

it('audio alone is cut into fragments of two seconds', () =>
  withStream([{ kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 }], async (test) => {
    for (let ms = 0; ms < 5000; ms += 100) await test.stream.putFrame(frameAt(ms, bytes('2110'), true));
    await test.service.idle();
    assert.equal(await test.service.upload.timecodes(), [BASE_MS, BASE_MS + 2000, BASE_MS + 4000]);
  }));

it('flush() works on audio alone, where nothing is skipped and the next packet begins a fragment', () =>
  withStream([{ kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 }], async (test) => {
    for (const ms of [0, 100, 200]) await test.stream.putFrame(frameAt(ms, bytes('2110'), true));
    const flushed = test.stream.flush();
    await test.service.idle();
    test.service.upload.persist(BASE_MS);
    await flushed;
    assert.is(test.stream.metrics.fragmentsUnpersisted, 0);
    for (const ms of [300, 400]) assert.is(test.stream.tryPutFrame(frameAt(ms, bytes('2110'), true)), 'stored');
    await test.service.idle();
    assert.equal(
      (await test.service.upload.fragments()).map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
      [
        [BASE_MS, 3],
        [BASE_MS + 300, 2],
      ],
    );
  }));

it('presentation times may go back inside a fragment', () =>
  withStream([VIDEO], async (test) => {
    for (const [ms, isKey] of [
      [0, true],
      [120, false],
      [40, false],
      [80, false],
    ] as const)
      await test.stream.putFrame(frameAt(ms, avcc(isKey ? IDR : SLICE), isKey));
    await test.service.idle();
    const [fragment] = await test.service.upload.fragments();
    assert.equal(
      fragment?.frames.map((frame) => frame.timestampUs / 1000 - BASE_MS),
      [0, 120, 40, 80],
    );
  }));

it.run();
