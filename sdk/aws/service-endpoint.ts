/** What is an address that the service can be called at. */
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';

/**
 * A base URL to which an API's path is appended, without a trailing slash. Throws `KvsError` for what is no http or https URL, or has
 * a user, query or fragment, which would be lost or torn apart.
 */
export function serviceEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    (url?.protocol === 'https:' || url?.protocol === 'http:') && url.href === `${url.origin}${url.pathname}`;
  if (url === undefined || !isUsable)
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      // A password or a signature may stand there: neither is repeated.
      `'${text.replace(/\/\/.*@|[?#].*/g, '…')}' is not the URL of an endpoint (http or https)`,
    );
  return url.href.replace(/\/+$/, '');
}
