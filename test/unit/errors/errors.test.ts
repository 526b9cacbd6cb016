import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AckError,
  CorePoisonedError,
  coreError,
  CredentialsError,
  InvalidFrameError,
  KvsError,
  NotPersistedError,
  ServiceCallError,
  StoreFullError,
  StreamStoppedError,
  StreamUnavailableError,
} from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';

const it = suite('errors');

const LOST = { fragments: 1, frames: 2, firstTimestampUs: 3, lastTimestampUs: 4 };

for (const [error, kind, code, retryable] of [
  [new StoreFullError(10, 5, 100), StoreFullError, 'STATUS_STORE_OUT_OF_MEMORY', true],
  [new StoreFullError(101, 5, 100), StoreFullError, 'STATUS_STORE_OUT_OF_MEMORY', false],
  [
    new InvalidFrameError(STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP, 1, 40_000),
    InvalidFrameError,
    'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
    false,
  ],
  [new StreamStoppedError('s'), StreamStoppedError, 'STATUS_STREAM_HAS_BEEN_STOPPED', false],
  [
    new StreamUnavailableError(STATUS.STATUS_STREAM_IS_BEING_DELETED_ERROR, 's', 'x'),
    StreamUnavailableError,
    'STATUS_STREAM_IS_BEING_DELETED_ERROR',
    false,
  ],
  [new NotPersistedError('s', 'x', LOST), NotPersistedError, 'STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED', false],
  [
    new AckError(STATUS.STATUS_ACK_ERR_INVALID_MKV_DATA, { errorId: 4006 }),
    AckError,
    'STATUS_ACK_ERR_INVALID_MKV_DATA',
    true,
  ],
  [
    new ServiceCallError({ operation: 'X', httpStatus: 503, result: 503 }),
    ServiceCallError,
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    true,
  ],
  [
    new ServiceCallError({ operation: 'X', httpStatus: 400, errorType: 'YException', result: 400 }),
    ServiceCallError,
    'YException',
    false,
  ],
  [new CredentialsError('x'), CredentialsError, 'STATUS_CLIENT_AUTH_CALL_FAILED', true],
  [new CorePoisonedError('putFrame'), CorePoisonedError, 'STATUS_INTERNAL_ERROR', false],
  [coreError(STATUS.STATUS_INVALID_HANDLE_ERROR, 'read'), KvsError, 'STATUS_INVALID_HANDLE_ERROR', false],
] as const) {
  it(`${error.name} is typed: ${error.message}`, () => {
    assert.instance(error, kind);
    assert.instance(error, KvsError);
    assert.instance(error, Error);
    assert.is(error.code, code);
    assert.is(error.retryable, retryable);
    assert.is(error.name, kind.kind);
    assert.is(error.status === 0, false);
  });
}

it('instanceof tells the classes of the tree apart, and from everything else', () => {
  assert.not.instance(new StoreFullError(1, 1, 1), CredentialsError);
  assert.not.instance(new KvsError(STATUS.STATUS_NULL_ARG, 'x'), StoreFullError);
  assert.not.instance(new Error('x'), KvsError);
  assert.is((null as unknown) instanceof KvsError, false);
});

it('instanceof holds for an error of another copy of the package', async () => {
  const url = new URL('../../../sdk/errors.ts?copy', import.meta.url).href;
  const copy = (await import(url)) as { readonly [Name in 'StoreFullError']: typeof StoreFullError };
  const error = new copy.StoreFullError(1, 1, 1);
  assert.is.not(copy.StoreFullError, StoreFullError);
  assert.instance(error, StoreFullError);
  assert.instance(error, KvsError);
  assert.not.instance(error, CredentialsError);
});

it('errors keep their cause and their data', () => {
  const cause = new Error('below');
  const error = new NotPersistedError('front-door', 'the link is down', LOST, { cause });
  assert.is(error.cause, cause);
  assert.equal(
    { ...LOST },
    {
      fragments: error.fragments,
      frames: error.frames,
      firstTimestampUs: error.firstTimestampUs,
      lastTimestampUs: error.lastTimestampUs,
    },
  );
});

it.run();
