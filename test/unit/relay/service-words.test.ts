/** What clients and logs are told of errors between relay and service. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsForClient, wordsForLog } from '../../../bindings/workers/relay/service-words.ts';
import { unanswered } from '../../../sdk/aws/network-failure.ts';
import { CredentialsError, InvalidFrameError, NotPersistedError, ServiceCallError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';

const it = suite('relay: words of the service');

const WORDS = 'x-amz-security-token:FwoGZX+/a= is not of arn:aws:iam::123456789012:user/relay';
const SECRETS = /FwoGZX|123456789012|10\.0\.0\.7|role of the relay/;
const NOTHING = { fragments: 0, frames: 0, firstTimestampUs: NaN, lastTimestampUs: NaN };

const refused = (httpStatus: number, errorType: string, reason = WORDS): ServiceCallError =>
  new ServiceCallError({ operation: 'PutMedia', httpStatus, errorType, result: httpStatus, reason });

for (const [what, error, words] of [
  [
    'a right',
    refused(403, 'AccessDeniedException'),
    'PutMedia failed: AccessDeniedException: the service refuses the relay',
  ],
  ['a signature', refused(400, 'IncompleteSignatureException'), /IncompleteSignatureException/],
  [
    'a right, below another error',
    new NotPersistedError('s', refused(403, 'AccessDeniedException').message, NOTHING, {
      cause: refused(403, 'AccessDeniedException'),
    }),
    /AccessDeniedException: the service refuses the relay$/,
  ],
  [
    'a host that is not reached',
    unanswered(
      'PutMedia',
      new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 10.0.0.7:443') }),
      false,
    ),
    'PutMedia failed: no answer: the service cannot be reached',
  ],
  [
    'credentials',
    new CredentialsError('the role of the relay is not to be had'),
    'Cannot get credentials: the relay has none that are good',
  ],
  ['what is no error of ours', new TypeError('the role of the relay'), 'the relay failed'],
] as const)
  it(`of ${what} a client is told no more than it can use`, () => {
    const told = wordsForClient(error);
    assert.match(told, words);
    assert.not.match(told, SECRETS);
  });

it('what is about the client itself is told in full', () => {
  const missing = refused(404, 'ResourceNotFoundException', 'The stream front-door does not exist');
  assert.is(wordsForClient(missing), missing.message);
  const frame = new InvalidFrameError(STATUS.STATUS_MKV_INVALID_FRAME_DATA, 1, 0);
  assert.is(wordsForClient(frame), frame.message);
});

it('the log has all but the session token', () => {
  const told = wordsForLog(refused(403, 'InvalidSignatureException'));
  assert.match(told, /x-amz-security-token:… is not of arn:aws:iam::123456789012/);
  assert.not.match(told, /FwoGZX/);
});

it.run();
