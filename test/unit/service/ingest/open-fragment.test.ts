import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IngestError } from '../../../../service/ingest/ingest-error.ts';
import { OpenFragment } from '../../../../service/ingest/open-fragment.ts';
import { DEFAULT_LIMITS } from '../../../../service/limits.ts';

const test = suite('service/ingest/open-fragment');

const NOW_MS = 1_700_000_000_000;
const YEAR_MS = 365 * 86_400_000;

function open(timecode = 0, options: { trackNumbers?: number[]; timecodeScaleNs?: number } = {}): OpenFragment {
  const { trackNumbers = [1], timecodeScaleNs = 1_000_000 } = options;
  return new OpenFragment(
    { timecode, sequence: 1, fragmentNumber: '9', serverTimestampMs: NOW_MS },
    { bytes: new Uint8Array(3), trackNumbers, timecodeScaleNs },
    DEFAULT_LIMITS,
  );
}

function errorIdOf(work: () => void): number {
  try {
    work();
  } catch (error) {
    if (error instanceof IngestError) return error.errorId;
    throw error;
  }
  return 0;
}

test('setProducerClock() adds relative timecodes to the start and takes absolute ones as they are', () => {
  const relative = open(1500);
  relative.setProducerClock({ timecodeType: 'RELATIVE', startTimestampMs: NOW_MS }, NOW_MS);
  assert.is(relative.facts('s').producerTimestampMs, NOW_MS + 1500);
  const scaled = open(NOW_MS * 10, { timecodeScaleNs: 100_000 });
  scaled.setProducerClock({ timecodeType: 'ABSOLUTE', startTimestampMs: 5 }, NOW_MS);
  assert.is(scaled.facts('s').producerTimestampMs, NOW_MS);
});

test('setProducerClock() refuses absurd times', () => {
  const set = (timecode: number, timecodeType: 'ABSOLUTE' | 'RELATIVE', startTimestampMs: number) => (): void =>
    open(timecode).setProducerClock({ timecodeType, startTimestampMs }, NOW_MS);
  assert.is(errorIdOf(set(0, 'ABSOLUTE', 0)), 4007, 'a file that starts at 0');
  assert.is(errorIdOf(set(0, 'RELATIVE', 0)), 0, 'a producer without a clock');
  assert.is(errorIdOf(set(NOW_MS * 1000, 'ABSOLUTE', 0)), 4007, 'microseconds');
  assert.is(errorIdOf(set(0, 'RELATIVE', NOW_MS * 1000)), 4007, 'a start time in milliseconds where seconds are asked');
  assert.is(errorIdOf(set(NOW_MS, 'RELATIVE', NOW_MS)), 4007, 'absolute time sent as relative');
  assert.is(errorIdOf(set(NOW_MS + 66 * YEAR_MS, 'ABSOLUTE', 0)), 4007, 'milliseconds since 1904');
  assert.is(errorIdOf(set(NOW_MS + 5 * YEAR_MS, 'ABSOLUTE', 0)), 0, 'a clock that is years fast');
  assert.is(errorIdOf(set(0, 'RELATIVE', 1e35)), 4007);
  assert.is(errorIdOf(set(NOW_MS + 3_600_000, 'ABSOLUTE', 0)), 0, 'a clock that is an hour fast');
});

test('addFrame() refuses a first frame that is not later, and too long a span', () => {
  assert.is(
    errorIdOf(() => open(100).addFrame(1, 0, 100)),
    4004,
    'equal',
  );
  assert.is(
    errorIdOf(() => open(100).addFrame(1, 0, 140)),
    4004,
    'earlier',
  );
  assert.is(
    errorIdOf(() => open(100).addFrame(1, 0, 99)),
    0,
  );
  const fragment = open(100);
  fragment.addFrame(1, 20, 110);
  assert.is(
    errorIdOf(() => fragment.addFrame(1, 5, 110)),
    0,
    'only the first frame is compared',
  );
  assert.is(
    errorIdOf(() => fragment.addFrame(1, 20_005, 110)),
    0,
    'exactly 20 s',
  );
  assert.is(
    errorIdOf(() => fragment.addFrame(1, 20_006, 110)),
    4002,
  );
});

test('addMedia() refuses more than the limit', () => {
  const fragment = open();
  fragment.addMedia(DEFAULT_LIMITS.maxFragmentBytes);
  assert.is(
    errorIdOf(() => fragment.addMedia(1)),
    4001,
  );
});

test('checkComplete() wants a frame for every track', () => {
  const fragment = open(0, { trackNumbers: [1, 2] });
  assert.is(
    errorIdOf(() => fragment.checkComplete()),
    4011,
  );
  fragment.addFrame(1, 0, -Infinity);
  assert.is(
    errorIdOf(() => fragment.checkComplete()),
    4011,
  );
  fragment.addFrame(2, 0, -Infinity);
  assert.is(
    errorIdOf(() => fragment.checkComplete()),
    0,
  );
});

test('addTags() counts what stands before and behind the frames together', () => {
  const tags = (itemCount: number, violation: string | null = null) => ({
    bytes: Uint8Array.of(7),
    itemCount,
    violation,
  });
  const fragment = open();
  fragment.addTags(tags(6));
  fragment.addTags(tags(4));
  assert.equal([...fragment.facts('s').tags], [7, 7]);
  assert.is(
    errorIdOf(() => fragment.addTags(tags(1))),
    4009,
  );
  assert.is(
    errorIdOf(() => open().addTags(tags(1, 'a long name'))),
    4009,
  );
});

test('durationMs lasts to the end of the last frame', () => {
  const cases: [name: string, relativeTimecodes: number[], durationMs: number][] = [
    ['one frame', [0], 0],
    ['even spacing', [0, 40, 80, 120], 160],
    ['decode order with B frames', [0, 120, 40, 80], 160],
    ['frames before the first', [40, 0], 80],
  ];
  for (const [name, timecodes, durationMs] of cases) {
    const fragment = open();
    for (const timecode of timecodes) fragment.addFrame(1, timecode, -Infinity);
    assert.is(fragment.durationMs, durationMs, name);
  }
});

test('durationMs follows the first track but covers every track', () => {
  const fragment = open(0, { trackNumbers: [1, 2] });
  for (const timecode of [0, 40]) fragment.addFrame(1, timecode, -Infinity);
  for (const timecode of [0, 21, 42, 63]) fragment.addFrame(2, timecode, -Infinity);
  assert.is(fragment.durationMs, 80);
  fragment.addFrame(2, 100, -Infinity);
  assert.is(fragment.durationMs, 100);
});

test('facts() counts frames of all tracks and bytes of media', () => {
  const fragment = open(0, { trackNumbers: [1, 2] });
  fragment.addFrame(1, 0, -Infinity);
  fragment.addFrame(2, 3, -Infinity);
  fragment.addMedia(10);
  fragment.addMedia(20);
  const { frameCount, mediaSizeBytes, headerSizeBytes, sequence, fragmentNumber } = fragment.facts('s');
  assert.equal([frameCount, mediaSizeBytes, headerSizeBytes, sequence, fragmentNumber], [2, 30, 3, 1, '9']);
});

test.run();
