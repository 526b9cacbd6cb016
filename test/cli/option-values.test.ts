/** Option values, error lines and tables: text in, text out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorLine, EXIT_FAILURE, EXIT_USAGE, exitCodeOf, InterruptedError, UsageError } from '../../cli/exit.ts';
import { count, durationSeconds, formatBytes, numberBetween } from '../../cli/numbers.ts';
import { startPosition } from '../../cli/start-position.ts';
import { table } from '../../cli/table.ts';
import { ServiceCallError } from '../../sdk/errors.ts';

const it = suite('option values');

const positions: readonly [text: string, expected: ReturnType<typeof startPosition>][] = [
  ['now', { type: 'NOW' }],
  ['earliest', { type: 'EARLIEST' }],
  ['fragment:91343852333181432', { type: 'FRAGMENT_NUMBER', afterFragmentNumber: '91343852333181432' }],
  ['token:91343852333181432', { type: 'CONTINUATION_TOKEN', continuationToken: '91343852333181432' }],
  ['server:1772366400.5', { type: 'SERVER_TIMESTAMP', timestampMs: 1772366400500 }],
  ['producer:2026-03-01T12:00:00Z', { type: 'PRODUCER_TIMESTAMP', timestampMs: Date.UTC(2026, 2, 1, 12) }],
];
for (const [text, expected] of positions)
  it(`startPosition(${text})`, () => assert.equal(startPosition(text), expected));

for (const text of ['', 'later', 'fragment', 'fragment:', 'token:', 'server:', 'server:noon', 'producer:12:00', ':5']) {
  it(`startPosition() refuses '${text}'`, () => assert.throws(() => startPosition(text), /Expected/));
}

const durations: readonly [string, number][] = [['90', 90], ['90s', 90], ['1.5m', 90], ['500ms', 0.5], ['2h', 7200]]; // prettier-ignore
for (const [text, seconds] of durations)
  it(`durationSeconds(${text})`, () => assert.is(durationSeconds(text), seconds));
for (const text of ['', '0', '-5', '5 minutes', 's', '1e3', 'Infinity']) {
  it(`durationSeconds() refuses '${text}'`, () => assert.throws(() => durationSeconds(text), /Expected a duration/));
}

it('numberBetween() keeps to its range and kind', () => {
  const port = numberBetween(0, 65535, { integer: true });
  assert.is(port('8080'), 8080);
  for (const text of ['', ' ', '-1', '65536', '1.5', 'http', 'NaN'])
    assert.throws(() => port(text), /whole number from 0 to 65535/);
  assert.is(numberBetween(0.1, 1000)('29.97'), 29.97);
});

it('formatBytes() and count()', () => {
  assert.equal([999, 1000, 1_790_059, 2.5e9].map(formatBytes), ['999 B', '1.0 kB', '1.8 MB', '2.50 GB']);
  assert.equal([count(1, 'frame'), count(0, 'frame'), count(2, 'frame')], ['1 frame', '0 frames', '2 frames']);
});

it('table() pads columns and no line end', () => {
  assert.is(table(['A', 'BB'], [['aaa', 'b']]), 'A    BB\naaa  b\n');
  assert.is(table(null, [['frames', '7'], ['fragments', '10']], [1]), 'frames      7\nfragments  10\n'); // prettier-ignore
  assert.is(table(null, []), '');
});

it('errorLine() is one line with the innermost reason', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:9');
  assert.is(
    errorLine(new Error('fetch failed', { cause: refused })),
    'penstock: fetch failed: connect ECONNREFUSED 127.0.0.1:9',
  );
  assert.is(errorLine(new Error('cannot x: it is y', { cause: new Error('it is y') })), 'penstock: cannot x: it is y');
  assert.is(errorLine(new Error('two\n  lines')), 'penstock: two lines');
  assert.is(errorLine('odd'), 'penstock: odd');
});

it('errorLine() names the KVS status', () => {
  const failure = {
    operation: 'DescribeStream',
    httpStatus: 404,
    errorType: 'ResourceNotFoundException',
    result: 404,
    reason: 'no',
  };
  const error = new ServiceCallError(failure);
  assert.is(
    errorLine(error),
    `penstock: DescribeStream failed: ResourceNotFoundException: no [STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR 0x${error.status.toString(16)}]`,
  );
});

it('exitCodeOf() follows the conventions of shells', () => {
  assert.is(exitCodeOf(new Error('x')), EXIT_FAILURE);
  assert.is(exitCodeOf(new UsageError('x')), EXIT_USAGE);
  assert.is(exitCodeOf(new InterruptedError('SIGINT')), 130);
  assert.is(exitCodeOf(new InterruptedError('SIGTERM')), 143);
});

it.run();
