/** docs/options.md: every field of the native structures and every option has its row, and every option that a row names is one. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import * as STATUS from '../../../sdk/status-codes.ts';

const it = suite('docs/options.md');

/** Source: the public headers of the native producer core. */
const NATIVE: Readonly<Record<string, string>> = {
  DeviceInfo: 'version name tagCount tags storageInfo streamCount clientId clientInfo',
  StorageInfo: 'version storageType storageSize spillRatio rootDirectory',
  ClientInfo:
    'version createClientTimeout createStreamTimeout stopStreamTimeout offlineBufferAvailabilityTimeout loggerLogLevel logMetric ' +
    'metricLoggingPeriod automaticStreamingFlags reservedCallbackPeriod kvsRetryStrategy kvsRetryStrategyCallbacks ' +
    'serviceCallCompletionTimeout serviceCallConnectionTimeout',
  StreamInfo: 'version name tagCount tags retention kmsKeyId',
  StreamCaps:
    'streamingType contentType adaptive maxLatency fragmentDuration keyFrameFragmentation frameTimecodes absoluteFragmentTimes ' +
    'fragmentAcks recoverOnError nalAdaptationFlags frameRate avgBandwidthBps bufferDuration replayDuration ' +
    'connectionStalenessDuration timecodeScale recalculateMetrics segmentUuid trackInfoList trackInfoCount frameOrderingMode ' +
    'storePressurePolicy viewOverflowPolicy allowStreamCreation',
  TrackInfo: 'version trackId trackName codecId trackType codecPrivateData codecPrivateDataSize trackCustomData',
};

const page = readFileSync(`${root}/docs/options.md`, 'utf8');

/** Names of the options that an interface states itself. */
function optionsOf(file: string, name: string): string[] {
  const source = readFileSync(`${root}/sdk/producer/${file}`, 'utf8');
  const body = source.split(`export interface ${name} `)[1]?.split('\n}\n')[0] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option = '']) => option);
}

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  ProducerOptions: [
    ...optionsOf('options.ts', 'ProducerOptions'),
    ...optionsOf('callbacks/default-provider.ts', 'CallbackSet'),
  ],
  StreamOptions: optionsOf('options.ts', 'StreamOptions'),
  TrackOptions: optionsOf('options.ts', 'TrackOptions'),
};
/** Options in front of every row that has no field, by section. */
const WITHOUT_FIELD = [
  'Options of createProducer without a native field',
  'Options of openStream without a native field',
];

/** `a`, `b` → a, b. */
const namesIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

/** The cells of a section's rows. */
function rowsOf(section: string): string[][] {
  const text = page.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** `openStream` is what takes the name of a stream. */
const known = new Set(['openStream', ...Object.values(OPTIONS).flat()]);
const explained = [
  ...Object.keys(NATIVE).flatMap((structure) => rowsOf(structure).flatMap(([, , option = '']) => namesIn(option))),
  ...WITHOUT_FIELD.flatMap((section) => rowsOf(section).flatMap(([option = '']) => namesIn(option))),
];

for (const [structure, options] of Object.entries(OPTIONS)) {
  it(`each of ${structure} has a row`, () => {
    assert.ok(options.length >= 10, `${options.length} options are found`);
    assert.equal(
      options.filter((option) => !explained.includes(option)),
      [],
    );
  });
}

it('each row without a field names options that there are', () => {
  for (const section of WITHOUT_FIELD)
    for (const [option = '', , remark = ''] of rowsOf(section)) {
      const named = namesIn(option);
      assert.ok(named.length > 0 && remark.length > 0, option);
      for (const name of named) assert.ok(known.has(name), name);
    }
});

for (const [structure, fields] of Object.entries(NATIVE)) {
  it(`each field of ${structure} has a row`, () => {
    const documented = rowsOf(structure).flatMap(([cell = '']) => cell.split(', '));
    assert.equal(documented.toSorted(), fields.split(' ').toSorted());
  });

  it(`each row of ${structure} names options that there are, or says why there is none`, () => {
    for (const [field = '', , option = '', , remark = ''] of rowsOf(structure)) {
      const named = namesIn(option);
      for (const name of named) assert.ok(known.has(name), `${field}: ${name}`);
      if (named.length === 0) assert.ok(remark.length > 0, `${field}: a reason`);
    }
  });
}

it('every status that the page names is one', () => {
  for (const [name] of page.matchAll(/STATUS_\w+/g)) assert.ok(name in STATUS, name);
});

it.run();
