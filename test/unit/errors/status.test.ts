import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { STATUS as TOLD, statusName } from '../../../sdk/all-statuses.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { STATUS_NAMES } from '../../../sdk/status-names.ts';
import type { StatusName } from '../../../sdk/status.ts';
import { SERVICE_RESULT as TOLD_RESULTS } from '../../../sdk/service-result-table.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import {
  ackErrorResult,
  isFragmentRetriable,
  isKnownResult,
  isRecoverable,
  isRetriable,
  resultStatus,
} from '../../../sdk/status.ts';
import { skip } from '../../support/skip.ts';

const it = suite('status');

const vectorFile = `${process.env['PENSTOCK_VECTORS'] ?? '../shared/vectors'}/status_codes.json`;
if (!existsSync(vectorFile)) skip('status: the table agrees with the native libraries', `${vectorFile} is not there`);
else {
  it('the table agrees with the native libraries', () => {
    const native = JSON.parse(readFileSync(vectorFile, 'utf8')) as Record<string, string>;
    assert.equal(Object.keys(STATUS).sort(), Object.keys(native).sort());
    for (const [name, hex] of Object.entries(native)) assert.is(STATUS[name as StatusName], Number(hex), name);
  });
}

it('statusName() names known numbers and writes others in hexadecimal', () => {
  assert.is(statusName(0x5200002e), 'STATUS_STORE_OUT_OF_MEMORY');
  assert.is(statusName(0), 'STATUS_SUCCESS');
  assert.is(statusName(0x12ab), 'STATUS_0x000012ab');
});

it('statusName() knows the name of each status, and of no other number', () => {
  for (const [name, status] of Object.entries(STATUS)) assert.is(statusName(status), name);
  assert.is(STATUS_NAMES.size, Object.keys(STATUS).length);
  assert.equal({ ...TOLD }, { ...STATUS });
});

it('SERVICE_RESULT of applications has every service result', () => {
  assert.equal({ ...TOLD_RESULTS }, { ...SERVICE_RESULT });
});

it('isKnownResult() holds for every service result, and for no other number', () => {
  const known = [...Array(20_000).keys()].filter((result) => isKnownResult(result));
  assert.equal(
    known,
    Object.values(SERVICE_RESULT).sort((a, b) => a - b),
  );
});

/** The ack error codes with what the native library makes of them: its status, and what its predicates say. */
for (const [result, code, isResent] of [
  [4000, 'STATUS_ACK_ERR_STREAM_READ_ERROR', true],
  [4001, 'STATUS_ACK_ERR_FRAGMENT_SIZE_REACHED', false],
  [4002, 'STATUS_ACK_ERR_FRAGMENT_DURATION_REACHED', false],
  [4003, 'STATUS_ACK_ERR_CONNECTION_DURATION_REACHED', true],
  [4004, 'STATUS_ACK_ERR_FRAGMENT_TIMECODE_NOT_MONOTONIC', false],
  [4005, 'STATUS_ACK_ERR_MULTI_TRACK_MKV', false],
  [4006, 'STATUS_ACK_ERR_INVALID_MKV_DATA', false],
  [4007, 'STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP', false],
  [4008, 'STATUS_ACK_ERR_STREAM_NOT_ACTIVE', false],
  [4009, 'STATUS_ACK_ERR_FRAGMENT_METADATA_LIMIT_REACHED', false],
  [4010, 'STATUS_ACK_ERR_TRACK_NUMBER_MISMATCH', false],
  [4011, 'STATUS_ACK_ERR_FRAMES_MISSING_FOR_TRACK', false],
  [4012, 'STATUS_ACK_ERR_MORE_THAN_ALLOWED_TRACKS_FOUND', false],
  [4500, 'STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED', false],
  [4506, 'STATUS_ACK_ERR_KMS_KEY_NOT_FOUND', false],
  [4507, 'STATUS_ACK_ERR_STREAM_DELETED', false],
  [5000, 'STATUS_ACK_ERR_ACK_INTERNAL_ERROR', true],
  [5001, 'STATUS_ACK_ERR_FRAGMENT_ARCHIVAL_ERROR', true],
  [7000, 'STATUS_ACK_ERR_UNKNOWN_ACK_ERROR', true],
] as const) {
  it(`error ${result} is ${code}`, () => {
    assert.is(ackErrorResult(result), result);
    assert.is(statusName(resultStatus(result)), code);
    assert.is(isFragmentRetriable(result), isResent, 'sent again');
  });
}

it('ackErrorResult() takes what is no ack error as unknown', () => {
  for (const id of [0, 200, 404, 4013, 4508, 6000, 10_000, 1e15])
    assert.is(ackErrorResult(id), SERVICE_RESULT.ACK_UNKNOWN_ERROR, String(id));
});

for (const [result, code] of [
  [200, 'STATUS_SUCCESS'],
  [10_401, 'STATUS_SUCCESS'],
  [401, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  [403, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  [404, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR'],
  [406, 'STATUS_SERVICE_CALL_INVALID_ARG_ERROR'],
  [408, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
  [599, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
  [10_000, 'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR'],
  [10_003, 'STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR'],
  [10_400, 'STATUS_SERVICE_CALL_RESOURCE_DELETED_ERROR'],
  [0, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [400, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [503, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [6000, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
] as const) {
  it(`service result ${result} is ${code}`, () => assert.is(statusName(resultStatus(result)), code));
}

it('the predicates of the native library hold', () => {
  assert.is(isRecoverable(STATUS.STATUS_ACK_ERR_INVALID_MKV_DATA), true);
  assert.is(isRecoverable(STATUS.STATUS_ACK_ERR_MULTI_TRACK_MKV), false);
  assert.is(isRecoverable(STATUS.STATUS_STORE_OUT_OF_MEMORY), false);
  assert.is(isRetriable(STATUS.STATUS_PUT_STREAM_CALL_FAILED), true);
  assert.is(isRetriable(STATUS.STATUS_SERVICE_CALL_TIMEOUT_ERROR), false);
});

it.run();
