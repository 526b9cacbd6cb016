/** What promises reject with, and all that can be seen of it. */
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { CredentialsError } from '../../sdk/errors.ts';

/** The error that a promise rejects with. Fails the test for one that resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  if ('value' in outcome) assert.unreachable(`It resolved: ${inspect(outcome.value)}`);
  const { reason } = outcome as { readonly reason: unknown };
  assert.instance(reason, Error, inspect(reason));
  return reason as Error;
}

/** The `CredentialsError` that a provider rejects with. Fails the test for anything else. */
export async function credentialsError(credentials: Promise<unknown>): Promise<CredentialsError> {
  const outcome = await credentials.then(
    () => new Error('It gave credentials'),
    (error: unknown) => error,
  );
  assert.instance(outcome, CredentialsError, inspect(outcome));
  return outcome as CredentialsError;
}

/** All that can be seen of an error: its causes, what is hidden, what JSON makes of it. */
export function everythingIn(error: unknown): string {
  return `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)} ${String((error as Error).stack)}`;
}
