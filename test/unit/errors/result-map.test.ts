/** Every service result with its status, and every status with what the native predicates say of it. Source: producer-core §2.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import {
  isFragmentRetriable,
  isHostAlive,
  isRecoverable,
  isRetriable,
  isTimeout,
  resultStatus,
  statusName,
} from '../../../sdk/status.ts';

const it = suite('service results');

const CLIENT = 0x52000000;
const UNKNOWN = CLIENT + 0x31;

/** Result, status, whether a fragment that met it is sent again, whether the host still has what it received. */
const ROWS: ReadonlyArray<readonly [number, number, boolean, boolean]> = [
  [0, UNKNOWN, true, true],
  [200, 0, true, true],
  [400, UNKNOWN, true, false],
  [401, CLIENT + 0x10, false, true],
  [403, CLIENT + 0x10, false, false],
  [404, CLIENT + 0x17, true, false],
  [406, CLIENT + 0x14, false, false],
  [408, CLIENT + 0x37, true, false],
  [500, UNKNOWN, true, false],
  [501, UNKNOWN, true, false],
  [503, UNKNOWN, true, false],
  [504, CLIENT + 0x37, true, false],
  [598, CLIENT + 0x37, true, false],
  [599, CLIENT + 0x37, true, false],
  [4000, CLIENT + 0x5c, true, true],
  [4001, CLIENT + 0x5d, false, false],
  [4002, CLIENT + 0x5e, false, false],
  [4003, CLIENT + 0x5f, true, true],
  [4004, CLIENT + 0x60, false, false],
  [4005, CLIENT + 0x61, false, false],
  [4006, CLIENT + 0x62, false, false],
  [4007, CLIENT + 0x63, false, false],
  [4008, CLIENT + 0x64, false, true],
  [4009, CLIENT + 0x75, false, false],
  [4010, CLIENT + 0x7c, false, false],
  [4011, CLIENT + 0x7d, false, false],
  [4012, CLIENT + 0x7e, false, false],
  [4500, CLIENT + 0x65, false, true],
  [4501, CLIENT + 0x66, false, true],
  [4502, CLIENT + 0x67, false, true],
  [4503, CLIENT + 0x68, false, true],
  [4504, CLIENT + 0x69, false, true],
  [4505, CLIENT + 0x6a, false, true],
  [4506, CLIENT + 0x6b, false, true],
  [4507, CLIENT + 0x6c, false, true],
  [5000, CLIENT + 0x6d, true, true],
  [5001, CLIENT + 0x6e, true, true],
  [6000, UNKNOWN, true, false],
  [6001, UNKNOWN, true, false],
  [7000, CLIENT + 0x6f, true, false],
  [10_000, CLIENT + 0x33, false, true],
  [10_001, CLIENT + 0x34, false, true],
  [10_002, CLIENT + 0x35, false, true],
  [10_003, CLIENT + 0x32, true, false],
  [10_004, CLIENT + 0x16, false, false],
  [10_005, CLIENT + 0x15, false, false],
  [10_006, UNKNOWN, true, false],
  [10_007, UNKNOWN, true, false],
  [10_008, UNKNOWN, true, false],
  [10_009, UNKNOWN, true, false],
  [10_400, CLIENT + 0x36, false, false],
  [10_401, 0, true, false],
  [418, UNKNOWN, true, false],
  [4013, UNKNOWN, true, false],
  [-1, UNKNOWN, true, false],
];

for (const [result, status, isResent, isAlive] of ROWS)
  it(`result ${result} is ${statusName(status)}`, () => {
    assert.is(resultStatus(result), status);
    assert.is(isFragmentRetriable(result), isResent, 'sent again');
    assert.is(isHostAlive(result), isAlive, 'host alive');
    assert.is(isTimeout(result), status === CLIENT + 0x37, 'timeout');
  });

it('every result that has a name has a row', () => {
  const rows = new Set(ROWS.map(([result]) => result));
  assert.equal(
    Object.entries(SERVICE_RESULT).filter(([, result]) => !rows.has(result)),
    [],
  );
});

const RECOVERABLE = [
  0x17, 0x32, 0x37, 0x31, 0x4d, 0x4e, 0x4f, 0x50, 0x47, 0x88, 0x5c, 0x5d, 0x5e, 0x5f, 0x60, 0x62, 0x75, 0x7d, 0x6d,
  0x6e, 0x6f,
].map((status) => CLIENT + status);
const RETRIABLE = [0x11, 0x19, 0x2a, 0x2d, 0x2b, 0x49].map((status) => CLIENT + status);

const NAMED: ReadonlyArray<readonly [string, (status: number) => boolean, readonly number[]]> = [
  ['isRecoverable', isRecoverable, RECOVERABLE],
  ['isRetriable', isRetriable, RETRIABLE],
  [
    'KvsError.retryable, unless an error says otherwise,',
    (status) => new KvsError(status, '').retryable,
    [...RECOVERABLE, ...RETRIABLE],
  ],
];
for (const [name, holds, expected] of NAMED)
  it(`${name} holds for exactly ${expected.length} of all statuses`, () => {
    const found = Object.values(STATUS).filter((status) => holds(status));
    assert.equal(new Set<number>(found), new Set(expected));
    assert.is(found.length, expected.length);
  });

it.run();
