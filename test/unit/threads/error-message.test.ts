import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as errors from '../../../sdk/errors.ts';
import { KvsError, StreamStoppedError } from '../../../sdk/errors.ts';
import { ERROR_CLASSES, errorFromMessage, errorToMessage } from '../../../sdk/threads/error-message.ts';

const it = suite('error message');

it('every class of the tree is known by its name', () => {
  const classes = Object.entries(errors).filter(([, value]) => typeof value === 'function' && 'kind' in value);
  assert.ok(classes.length > 10);
  assert.equal(new Map(classes), new Map(ERROR_CLASSES));
});

it('an error that crosses as text is what it was, with its cause', () => {
  const cause = new KvsError(2, 'wrong');
  const message = JSON.stringify(errorToMessage(new StreamStoppedError('door', { cause })));
  const error = errorFromMessage(JSON.parse(message) as ReturnType<typeof errorToMessage>);
  assert.instance(error, StreamStoppedError);
  assert.is((error as StreamStoppedError).streamName, 'door');
  assert.is((error as StreamStoppedError).code, 'STATUS_STREAM_HAS_BEEN_STOPPED');
  assert.instance(error.cause, KvsError);
  assert.not.instance(error.cause, StreamStoppedError);
});

it('a name that is no class of the tree is a plain error', () => {
  const error = errorFromMessage({ name: 'constructor', message: 'odd', fields: { status: 2 } });
  assert.not.instance(error, KvsError);
  assert.is(error.message, 'odd');
});

it.run();
