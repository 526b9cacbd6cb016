/** What a stream and a producer tell of themselves, under a manual clock. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ACKS_FAMILY,
  HISTOGRAM_FAMILIES,
  PRODUCER_FAMILIES,
  STATE_FAMILY,
  STREAM_FAMILIES,
} from '../../../../sdk/producer/metrics/metric-families.ts';
import { parseOpenMetrics } from '../../../support/open-metrics-parser.ts';
import { testFrame, TestStream, timecodeOf } from '../../../support/test-stream.ts';

const it = suite('metrics');

/** The message that a promise rejects with. */
const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => String(error),
  );

/** Puts frames `from` to `to` a quarter of a second apart, as their timestamps are. */
async function putInTime(test: TestStream, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await test.stream.putFrame(testFrame(i));
    await test.service.pass(250);
  }
}

it('frames a second, by the clock and by timestamps, of a stream and of its producer', async () => {
  const test = await TestStream.open();
  assert.equal([test.stream.metrics.framesPerSecond, test.stream.metrics.elementaryFramesPerSecond], [0, 0]);
  await putInTime(test, 0, 8);
  for (const { framesPerSecond, elementaryFramesPerSecond } of [test.stream.metrics, test.producer.metrics])
    assert.equal([framesPerSecond, elementaryFramesPerSecond], [4, 4]);
  assert.is(test.stream.metrics.uptimeMs, 2_000);
  await test.end();
});

it('beside video, frames of other tracks do not count for the frame rate', async () => {
  const test = await TestStream.open({
    tracks: [
      { kind: 'video', codec: 'h264', codecPrivateData: new Uint8Array(0) },
      { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 },
    ],
  });
  for (let i = 0; i < 4; i++) {
    await test.stream.putFrame({ ...testFrame(i), trackNumber: 1 });
    await test.service.pass(100);
    const audio = { data: new Uint8Array(10), timestampUs: testFrame(i).timestampUs + 100_000, isKey: true };
    await test.stream.putFrame({ ...audio, trackNumber: 2 });
    await test.service.pass(150);
  }
  assert.is(test.stream.metrics.framesPut, 8);
  assert.equal([test.stream.metrics.framesPerSecond, test.stream.metrics.elementaryFramesPerSecond], [4, 4]);
  await test.end();
});

it('bytes sent are counted as they go, and their rate', async () => {
  const test = await TestStream.open();
  await putInTime(test, 0, 8);
  const { bytesSent, bytesPerSecond, bytesPut } = test.stream.metrics;
  assert.is(bytesSent, test.service.upload.bytes.length, 'while the connection is open');
  assert.is(bytesPut, 8_000);
  // Frames of 1000 bytes and their heads, four a second.
  assert.ok(bytesPerSecond > 4_000 && bytesPerSecond < 5_000, `${bytesPerSecond} bytes/s`);
  assert.is(test.producer.metrics.bytesPerSecond, bytesPerSecond);
  await test.end();
});

it('put-to-ack latencies, from the first and the last frame of a fragment', async () => {
  const test = await TestStream.open();
  await putInTime(test, 0, 5);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.pass(1_000);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  const { latencies } = test.stream.metrics;
  const sums = Object.entries(latencies).map(([name, { samples, sumMs }]) => [name, samples, sumMs]);
  assert.equal(sums, [
    ['firstFrameReceived', 1, 1_250],
    ['lastFrameReceived', 1, 500],
    ['firstFramePersisted', 1, 2_250],
    ['lastFramePersisted', 1, 1_500],
  ]);
  await test.end();
});

it('what the store holds of a stream', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const before = test.stream.metrics;
  assert.equal([before.storedItems, before.storedDurationUs, before.unsentBytes], [8, 1_750_000, 0]);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const { storedItems, storedBytes, storedDurationUs } = test.stream.metrics;
  assert.equal([storedItems, storedDurationUs], [4, 750_000]);
  assert.ok(storedBytes > 4_000 && storedBytes < before.storedBytes);
  const { storeUsedBytes, storeFreeBytes, storeCapacityBytes } = test.producer.metrics;
  assert.is(storeUsedBytes + storeFreeBytes, storeCapacityBytes);
  assert.is(test.producer.metrics.storedItems, 4);
  await test.end();
});

it('connections and calls: how many, and how long they took', async () => {
  const test = await TestStream.open();
  assert.ok(Number.isNaN(test.stream.metrics.dataCallLatencyMs));
  assert.is(test.stream.metrics.controlCallLatencyMs, 0, 'answered at once');
  await test.putFragments(1);
  await test.service.pass(3_000);
  test.service.upload.reset();
  test.service.on('/describeStream', async () => {
    await new Promise<void>((resolve) => void test.service.setTimer(200, resolve));
    return { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}' };
  });
  await test.service.pass(2_000);
  const {
    sessions,
    sessionsConnected,
    averageSessionDurationMs,
    dataCallLatencyMs,
    controlCallLatencyMs,
    callRetries,
  } = test.stream.metrics;
  assert.equal([sessions, sessionsConnected, averageSessionDurationMs, dataCallLatencyMs], [2, 2, 3_000, 0]);
  assert.is(callRetries, 1);
  assert.is(test.producer.metrics.averageCallRetries, 1);
  // Two calls of no time, then one of 200 ms and one of none.
  assert.is(controlCallLatencyMs, 0.95 * (0.05 * 200));
  await test.end();
});

it('a PutMedia that is refused made a session, but none that was connected', async () => {
  const test = await TestStream.open();
  test.service.on('/putMedia', { status: 500 });
  await test.putFragments(1);
  assert.equal([test.stream.metrics.sessions, test.stream.metrics.sessionsConnected], [1, 0]);
  await test.end();
});

it('frames that cannot be put, and a store that is full, are counted', async () => {
  const test = await TestStream.open({ whenFull: 'drop-oldest' }, { storeBytes: 64 << 10 });
  assert.throws(() => test.stream.tryPutFrame({ ...testFrame(0), timestampUs: -1 }));
  assert.throws(() => test.stream.tryPutFrame({ ...testFrame(0), trackNumber: 9 }));
  assert.is(test.stream.metrics.putFrameErrors, 2);
  assert.is(test.stream.metrics.storePressures, 0);
  await test.putFragments(30);
  const { storePressures, fragmentsDropped, framesDropped, fragmentsUnpersisted, fragmentsPut } = test.stream.metrics;
  assert.ok(storePressures >= fragmentsDropped && fragmentsDropped > 0, `${storePressures} and ${fragmentsDropped}`);
  assert.is(framesDropped, 4 * fragmentsDropped);
  assert.is(fragmentsUnpersisted, fragmentsPut - fragmentsDropped);
  await test.end();
});

it('with the policy wait, a store that fills up is one pressure until half of it is free', async () => {
  const test = await TestStream.open({}, { storeBytes: 64 << 10 });
  for (let i = 0; i < 80 && test.stream.tryPutFrame(testFrame(i)) === 'stored'; i++);
  const { storePressures } = test.stream.metrics;
  assert.ok(storePressures >= 1 && storePressures <= 3, `${storePressures}`);
  for (let i = 0; i < 5; i++) assert.is(test.stream.tryPutFrame(testFrame(80)), 'full');
  assert.is(test.stream.metrics.storePressures, storePressures, 'told once');
  await test.end();
});

it('the text of a producer is OpenMetrics, and says what the objects say', async () => {
  const test = await TestStream.open();
  const other = await test.producer.openStream('back.door', {
    tracks: [{ kind: 'audio', codec: 'aac', sampleRate: 8_000, channels: 1 }],
  });
  await test.putFragments(2);
  test.service.uploads[0]?.persist(timecodeOf(0));
  await test.service.idle();
  const families = parseOpenMetrics(await test.producer.metricsText());
  const value = (name: string, stream?: string): number | undefined =>
    families
      .flatMap(({ samples }) => samples)
      .find((sample) => sample.name === name && sample.labels['stream'] === stream)?.value;
  assert.is(value('penstock_producer_streams'), 2);
  assert.is(value('penstock_producer_store_used_bytes'), test.producer.metrics.storeUsedBytes);
  for (const stream of [test.stream, other]) {
    for (const { name, type, value: of } of STREAM_FAMILIES) {
      const told = value(type === 'counter' ? `${name}_total` : name, stream.name);
      assert.ok(Object.is(told, of(stream.metrics)), `${name} of ${stream.name}: ${told}`);
    }
  }
  const acks = families.find(({ name }) => name === ACKS_FAMILY.name)?.samples ?? [];
  assert.is(acks.find(({ labels }) => labels['stream'] === 'front-door' && labels['type'] === 'persisted')?.value, 1);
  const states = families.find(({ name }) => name === STATE_FAMILY.name)?.samples ?? [];
  assert.equal(
    states.filter(({ value: isIt }) => isIt === 1).map(({ labels }) => [labels['stream'], labels[STATE_FAMILY.name]]),
    [
      ['front-door', 'streaming'],
      ['back.door', 'ready'],
    ],
  );
  const persisted = families.find(({ name }) => name === 'penstock_stream_put_to_persisted_seconds');
  assert.is(persisted?.unit, 'seconds');
  const counts = persisted?.samples.filter(({ name }) => name.endsWith('_count')) ?? [];
  assert.equal(
    counts.map(({ labels, value: count }) => [labels['stream'], labels['frame'], count]),
    [
      ['front-door', 'first', 1],
      ['front-door', 'last', 1],
      ['back.door', 'first', 0],
      ['back.door', 'last', 0],
    ],
  );
  await test.end();
});

it('a producer without streams has a text, too', async () => {
  const test = await TestStream.open();
  await test.end();
  const families = parseOpenMetrics(await test.producer.metricsText());
  assert.equal(
    families.map(({ name }) => name),
    PRODUCER_FAMILIES.map(({ name }) => name),
    'families without samples are only described',
  );
});

it('labels of the application go on every sample, escaped', async () => {
  const test = await TestStream.open();
  const site = 'north "gate" \\ 2\nleft';
  const families = parseOpenMetrics(await test.producer.metricsText({ site }));
  const samples = families.flatMap((family) => family.samples);
  assert.ok(samples.length > 100);
  for (const { name, labels } of samples) assert.is(labels['site'], site, name);
  for (const name of ['', '1st', 'a-b', 'stream', 'le', STATE_FAMILY.name])
    assert.match(await refusal(test.producer.metricsText({ [name]: 'x' })), /cannot be a label/);
  assert.match(await refusal(test.producer.metricsText({ site: 1 as unknown as string })), /no string/);
  await test.end();
});

for (const [name, text] of [
  ['no end', '# TYPE a gauge\na 1\n'],
  ['text behind the end', '# EOF\na 1\n'],
  ['a sample of no family', 'a 1\n# EOF\n'],
  ['a counter without _total', '# TYPE a counter\na 1\n# EOF\n'],
  ['a negative counter', '# TYPE a counter\na_total -1\n# EOF\n'],
  ['a unit that is not in the name', '# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n'],
  ['a family in two pieces', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n# EOF\n'],
  ['a sample twice', '# TYPE a gauge\na{x="1"} 1\na{x="1"} 1\n# EOF\n'],
  ['a bare quote', '# TYPE a gauge\na{x="1"2"} 1\n# EOF\n'],
  ['an unknown escape', '# TYPE a gauge\na{x="\\t"} 1\n# EOF\n'],
  [
    'buckets that are not cumulative',
    '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n# EOF\n',
  ],
  ['a histogram without +Inf', '# TYPE a histogram\na_bucket{le="1"} 1\na_count 1\na_sum 1\n# EOF\n'],
  ['a number of another language', '# TYPE a gauge\na 0x10\n# EOF\n'],
] as const) {
  it(`the parser of this test refuses ${name}`, () => {
    assert.throws(() => parseOpenMetrics(text));
  });
}

it('docs/metrics.md has a row for every family, with its unit', () => {
  const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = new Map(
    page
      .split('\n')
      .filter((line) => line.startsWith('| `penstock_'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name = '', unit = '']) => [name.replaceAll('`', ''), unit]),
  );
  const expected = new Map<string, string>([
    ...[...PRODUCER_FAMILIES, ...STREAM_FAMILIES].map(({ name, type, unit }): [string, string] => [
      type === 'counter' ? `${name}_total` : name,
      (unit ?? '').replace('_per_second', '/s').replace('_', ' '),
    ]),
    ...HISTOGRAM_FAMILIES.map(({ name }): [string, string] => [name, 'seconds']),
    [`${ACKS_FAMILY.name}_total`, ''],
    [STATE_FAMILY.name, ''],
  ]);
  const lines = (table: ReadonlyMap<string, string>): string[] => [...table].map(([name, unit]) => `${name} ${unit}`);
  assert.equal(lines(rows).sort(), lines(expected).sort());
});

it.run();
