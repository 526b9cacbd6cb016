import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LiveBuffer } from '../../../../service/live/live-buffer.ts';
import type { BufferedFragment } from '../../../../service/live/live-buffer.ts';

const test = suite('service/live/live-buffer');

const KIBIBYTE = 1024;
const LIMITS = { liveBufferBytes: 10 * KIBIBYTE, liveBufferMs: 1000 };

function fragment(
  sequence: number,
  mediaSizeBytes: number,
  times: { server?: number; producer?: number } = {},
): BufferedFragment {
  const { server = sequence * 100, producer = sequence * 100 } = times;
  return {
    facts: {
      streamId: 's',
      sequence,
      fragmentNumber: String(sequence),
      producerTimestampMs: producer,
      serverTimestampMs: server,
      durationMs: 50,
      frameCount: 1,
      mediaSizeBytes,
      headerSizeBytes: 0,
      tags: new Uint8Array(),
    },
    header: new Uint8Array(),
    media: new Uint8Array(mediaSizeBytes),
  };
}

const sequences = (fragments: readonly BufferedFragment[]): number[] => fragments.map(({ facts }) => facts.sequence);

test('add() evicts the oldest until the byte bound holds', () => {
  const buffer = new LiveBuffer(LIMITS);
  for (let sequence = 1; sequence <= 5; sequence++) buffer.add(fragment(sequence, 3 * KIBIBYTE));
  assert.equal(sequences(buffer.fragments), [4, 5]);
  assert.is(buffer.sizeBytes, 8 * KIBIBYTE);
});

test('add() keeps nothing of a fragment larger than the bound', () => {
  const buffer = new LiveBuffer(LIMITS);
  buffer.add(fragment(1, 10 * KIBIBYTE));
  assert.is(buffer.fragments.length, 0);
  assert.is(buffer.sizeBytes, 0);
});

test('add() counts what a fragment takes beside its media', () => {
  const buffer = new LiveBuffer(LIMITS);
  for (let sequence = 1; sequence <= 1000; sequence++) buffer.add(fragment(sequence, 1));
  assert.is(buffer.fragments.length, 9, 'a thousand fragments of a byte are more than a thousand bytes');
  buffer.add({ ...fragment(1001, 1), header: new Uint8Array(6 * KIBIBYTE) });
  assert.equal(sequences(buffer.fragments), [999, 1000, 1001]);
});

test('expire() evicts by age and says when the next is due', () => {
  const buffer = new LiveBuffer(LIMITS);
  for (let sequence = 1; sequence <= 3; sequence++) buffer.add(fragment(sequence, 10));
  assert.is(buffer.expire(1150), 50);
  assert.equal(sequences(buffer.fragments), [2, 3]);
  assert.is(buffer.expire(5000), null);
  assert.is(buffer.sizeBytes, 0);
});

test('after() pages in ingest order', () => {
  const buffer = new LiveBuffer(LIMITS);
  for (let sequence = 1; sequence <= 4; sequence++) buffer.add(fragment(sequence, 1));
  assert.equal(sequences(buffer.after(1, 2)), [2, 3]);
  assert.equal(sequences(buffer.after(4, 2)), []);
  assert.equal(sequences(buffer.after(0, 99)), [1, 2, 3, 4]);
});

test('first() chooses as the index does', () => {
  const buffer = new LiveBuffer(LIMITS);
  assert.is(buffer.first({ kind: 'latest' }), null);
  // 3 was sent again as 4: same producer time, later server time.
  buffer.add(fragment(2, 1));
  buffer.add(fragment(3, 1));
  buffer.add(fragment(4, 1, { producer: 300 }));
  assert.is(buffer.first({ kind: 'earliest' })?.facts.sequence, 2);
  assert.is(buffer.first({ kind: 'latest' })?.facts.sequence, 4);
  const at = (clock: 'server' | 'producer', timestampMs: number): number | undefined =>
    buffer.first({ kind: 'at', clock, timestampMs })?.facts.sequence;
  assert.is(at('server', 0), 2, 'before the first');
  assert.is(at('server', 200), 2, 'at its start');
  assert.is(at('server', 249.5), 2, 'inside');
  assert.is(at('server', 250), 3, 'in the gap behind it');
  assert.is(at('server', 400), 4);
  assert.is(at('server', 500), undefined, 'after the last');
  assert.is(at('producer', 310), 3, 'of two that start together, the first ingested');
});

test.run();
