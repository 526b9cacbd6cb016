/** docs/options.md: every field of the native structures has its row, and every option that a row names is one. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import { STATUS } from '../../../sdk/status-codes.ts';

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
const options = new Set(
  [...readFileSync(`${root}/sdk/producer/options.ts`, 'utf8').matchAll(/^ {2}readonly (\w+)\??:/gm)].map(
    ([, name]) => name,
  ),
);
options.add('openStream');

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

for (const [structure, fields] of Object.entries(NATIVE)) {
  it(`each field of ${structure} has a row`, () => {
    const documented = rowsOf(structure).flatMap(([cell = '']) => cell.split(', '));
    assert.equal(documented.toSorted(), fields.split(' ').toSorted());
  });

  it(`each row of ${structure} names options that there are, or says why there is none`, () => {
    for (const [field = '', , option = '', , remark = ''] of rowsOf(structure)) {
      const named = [...option.matchAll(/`(\w+)`/g)].map(([, name]) => name);
      for (const name of named) assert.ok(options.has(name), `${field}: ${name}`);
      if (named.length === 0) assert.ok(remark.length > 0, `${field}: a reason`);
    }
  });
}

it('every status that the page names is one', () => {
  for (const [name] of page.matchAll(/STATUS_\w+/g)) assert.ok(name in STATUS, name);
});

it.run();
