/** The callbacks are those of the guide, and docs/callbacks.md has a row for each. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../../scripts/prepare.mjs';
import { CALLBACK_KINDS } from '../../../../sdk/producer/callbacks/index.ts';

const it = suite('docs/callbacks.md');

/** Source: guide-producer-callbacks, the table of ClientCallbacks, as it spells them. */
const GUIDE =
  `CreateDeviceFunc CreateStreamFunc DescribeStreamFunc GetStreamingEndpointFunc GetStreamingTokenFunc PutStreamFunc
  TagResourceFunc CreateMutexFunc FreeMutexFunc LockMutexFunc TryLockMutexFunc UnlockMutexFunc ClientReadyFunc DroppedFrameReportFunc
  DroppedFragmentReportFunc FragmentAckReceivedFunc StorageOverflowPressureFunc StreamClosedFunc StreamConnectionStaleFunc
  StreamDataAvailableFunc StreamErrorReportFunc StreamLatencyPressureFunc StreamReadyFunc StreamUnderflowReportFunc
  DeviceCertToTokenFunc GetCurrentTimeFunc GetDeviceCertificateFunc GetDeviceFingerprintFunc GetRandomNumberFunc
  GetSecurityTokenFunc LogPrintFunc`.split(/\s+/);

it('each of the 31 callbacks of the guide is one here, by its name', () => {
  assert.is(GUIDE.length, 31);
  const names = new Set<string>(Object.keys(CALLBACK_KINDS));
  for (const spelled of GUIDE) {
    const name = spelled.replace(/Func$/, '');
    assert.ok(names.has(name.charAt(0).toLowerCase() + name.slice(1)), spelled);
  }
  // Beside them: what only the headers have.
  assert.equal(
    [...names].filter((name) => !GUIDE.includes(`${name.charAt(0).toUpperCase()}${name.slice(1)}Func`)).toSorted(),
    ['bufferDurationOverflowPressure', 'clientShutdown', 'streamShutdown'],
  );
});

it('docs/callbacks.md has a row for each callback, and names the test that shows it', () => {
  const rows = readFileSync(`${root}/docs/callbacks.md`, 'utf8')
    .split('\n')
    .filter((line) => /^\| `\w+`/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const documented = rows.map(([, name = '']) => name.slice(1, -1));
  assert.equal(documented.toSorted(), Object.keys(CALLBACK_KINDS).toSorted());
  const tests = ['service', 'notification', 'platform']
    .map((kind) => readFileSync(`${root}/test/unit/producer/callbacks/${kind}-callbacks.test.ts`, 'utf8'))
    .join('\n');
  for (const [, name = '', , , title = ''] of rows) {
    if (name === '`streamUnderflowReport`') continue;
    const names = title.split(':')[0] ?? '';
    assert.ok(names.split(', ').includes(name.slice(1, -1)), `${name}: the test's title begins with it`);
    assert.ok(tests.includes(`it('${title}`), `${name}: '${title}' is a test`);
  }
});

it.run();
