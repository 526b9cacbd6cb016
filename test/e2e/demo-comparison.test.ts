/** The demo's verdict must not be kinder than the facts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FrameComparison, type SentFrame } from '../../examples/demo/comparison.ts';
import { isSuccess } from '../../examples/demo/report.ts';
import type { MediaFragment, MediaFrame } from '../../sdk/consumer/media-types.ts';
import type { StreamMetrics } from '../../sdk/producer/index.ts';

const it = suite('demo comparison');

/** Two fragments of two tracks; microseconds that are no whole milliseconds. */
const sent: readonly SentFrame[] = [
  { trackNumber: 1, timestampUs: 1_000_000, data: Uint8Array.of(1, 2, 3), isKey: true },
  { trackNumber: 2, timestampUs: 1_000_333, data: Uint8Array.of(4), isKey: false },
  { trackNumber: 1, timestampUs: 1_033_333, data: Uint8Array.of(5, 6), isKey: false },
  { trackNumber: 1, timestampUs: 2_000_999, data: Uint8Array.of(7, 8), isKey: true },
  { trackNumber: 2, timestampUs: 2_021_333, data: Uint8Array.of(9), isKey: false },
];

function received(): MediaFrame[] {
  return sent.map(({ trackNumber, timestampUs, data, isKey }) => {
    const timecode = Math.floor(timestampUs / 1000);
    return {
      trackNumber,
      timecode,
      timestampUs: timecode * 1000,
      data: data.slice(),
      isKey,
      discardable: false,
      invisible: false,
    };
  });
}

function fragment(frames: readonly MediaFrame[]): MediaFragment {
  return {
    clusterTimecode: frames[0]?.timecode ?? 0,
    timecodeScaleNs: 1_000_000,
    tracks: [],
    tags: [],
    frames: [...frames],
  };
}

function compare(fragments: readonly (readonly MediaFrame[])[]): FrameComparison {
  const comparison = new FrameComparison(sent);
  for (const frames of fragments) comparison.add(fragment(frames));
  return comparison;
}

const metrics = { reconnects: 1 } as StreamMetrics;

it('everything back, unchanged, is a success', () => {
  const frames = received();
  const comparison = compare([frames.slice(0, 3), frames.slice(3)]);
  assert.ok(comparison.isComplete);
  const result = comparison.result();
  assert.equal({ ...result, differences: [] }, {
    framesSent: 5, framesReceived: 5, framesIdentical: 5, fragments: 2, fragmentsTwice: 0, differences: [],
  }); // prettier-ignore
  assert.ok(isSuccess(result, metrics));
  assert.not.ok(isSuccess(result, { reconnects: 0 } as StreamMetrics), 'but not when nothing was cut');
});

it('a fragment that comes twice counts once', () => {
  const frames = received();
  const result = compare([frames.slice(0, 3), frames.slice(0, 3), frames.slice(3)]).result();
  assert.is(result.fragmentsTwice, 1);
  assert.is(result.framesReceived, 5);
  assert.ok(isSuccess(result, metrics));
});

const damages: readonly [name: string, damage: (frames: MediaFrame[]) => MediaFrame[]][] = [
  ['one bit differs', (frames) => ((frames[2]!.data[1]! ^= 1), frames)],
  ['a byte is missing', (frames) => frames.with(0, { ...frames[0]!, data: frames[0]!.data.subarray(1) })],
  ['a frame is missing', (frames) => frames.toSpliced(1, 1)],
  ['a frame was never sent', (frames) => [...frames, { ...frames[4]!, timestampUs: 9_000_000 }]],
  ['a timestamp is off by one millisecond', (frames) => frames.with(2, { ...frames[2]!, timestampUs: 1_034_000 })],
  [
    'a frame is on another track',
    (frames) => frames.with(1, { ...frames[1]!, trackNumber: 1, timestampUs: 1_001_000 }),
  ],
  ['a key flag is lost', (frames) => frames.with(3, { ...frames[3]!, isKey: false })],
  ['frames of a track change places', (frames) => [frames[2]!, frames[1]!, frames[0]!, frames[3]!, frames[4]!]],
  ['a second copy differs', (frames) => [...frames, { ...frames[4]!, data: Uint8Array.of(0) }]],
  ['nothing comes back', () => []],
];
for (const [name, damage] of damages) {
  it(`${name}: no success`, () => assert.not.ok(isSuccess(compare([damage(received())]).result(), metrics)));
}

it.run();
