/**
 * What a client hears of an error between relay and service. Of a refused signature the service repeats what was signed, session token and all; of a
 * missing right it names user and account; and a network says which host was not reached. All that is for whoever runs the relay.
 */
import { answerResult } from '../../../sdk/aws/answer.ts';
import { CredentialsError, KvsError, ServiceCallError } from '../../../sdk/errors.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';

/** How many causes below an error are looked at. */
const MAX_DEPTH = 5;
const OF_RIGHTS: ReadonlySet<number> = new Set([
  SERVICE_RESULT.NOT_AUTHORIZED,
  SERVICE_RESULT.FORBIDDEN,
  SERVICE_RESULT.SIGNATURE_EXPIRED,
]);

/** Whether an answer of the service is about the relay's own rights, and its words not for a client. */
export function isOfRights({ httpStatus, errorType = '' }: ServiceCallError): boolean {
  if (httpStatus === undefined) return false;
  return OF_RIGHTS.has(answerResult(httpStatus, errorType)) || /signature|token|credential/i.test(errorType);
}

/** The message of an error without what is not for a client. */
export function wordsForClient(error: unknown): string {
  if (!(error instanceof KvsError)) return 'the relay failed';
  let { message } = error;
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && cause instanceof Error; depth++, { cause } = cause) {
    if (cause instanceof CredentialsError) message = without(message, cause.reason, 'the relay has none that are good');
    else if (cause instanceof ServiceCallError && cause.httpStatus === undefined)
      message = without(message, cause.reason, 'the service cannot be reached');
    else if (cause instanceof ServiceCallError && isOfRights(cause))
      message = without(message, cause.reason, 'the service refuses the relay');
  }
  return message;
}

/** For the log of whoever runs the relay: everything but the session token. */
export function wordsForLog(error: unknown): string {
  return String(error).replace(/(security-token\W*)[\w+/=-]+/gi, '$1…');
}

function without(message: string, words: string | undefined, instead: string): string {
  return words === undefined || words === '' ? message : message.replaceAll(words, instead);
}
