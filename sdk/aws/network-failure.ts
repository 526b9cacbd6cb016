/** What became of a request that got no answer, from the errors of many fetch implementations. */
import { ServiceCallError } from '../errors.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { answerResult } from './answer.ts';

/** A proxy between client and service answered instead of letting a connection through: the cause of a `ServiceCallError`. */
export class ProxyRefusedError extends Error {
  /** HTTP status of the proxy's answer. */
  readonly proxyStatus: number;

  /** `proxy`: its origin, without user and password. */
  constructor(proxy: string, proxyStatus: number, options?: ErrorOptions) {
    super(`the proxy ${proxy} refused the connection: HTTP ${proxyStatus}`, options);
    this.name = 'ProxyRefusedError';
    this.proxyStatus = proxyStatus;
  }
}

/**
 * The error of a call that got no answer: a timeout, a certificate that is not trusted, a proxy that refused, or another failure of the
 * network.
 */
export function unanswered(operation: string, cause: unknown, timedOut: boolean): ServiceCallError {
  const failure = networkFailure(cause);
  const reason = failureText(failure);
  const result = timedOut ? SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT : failureResult(failure);
  return new ServiceCallError({ operation, result, reason }, { cause });
}

/** What is told of such a cause. */
export function failureText(failure: unknown): string {
  return failure instanceof Error ? failure.message || codeOf(failure) || failure.name : String(failure);
}

/** The innermost cause: fetch implementations hide the network's own words below theirs. */
export function networkFailure(error: unknown): unknown {
  let innermost = error;
  for (let depth = 0; depth < 4 && innermost instanceof Error; depth++) {
    if (innermost instanceof ProxyRefusedError) break;
    // An address of each family was tried: the first failure speaks for all.
    const next: unknown = innermost instanceof AggregateError ? innermost.errors[0] : innermost.cause;
    if (!(next instanceof Error)) break;
    innermost = next;
  }
  return innermost;
}

function failureResult(failure: unknown): number {
  if (failure instanceof ProxyRefusedError)
    return failure.proxyStatus === 407 ? SERVICE_RESULT.NOT_AUTHORIZED : answerResult(failure.proxyStatus);
  if (isCertificateFailure(failure)) return SERVICE_RESULT.NOT_AUTHORIZED;
  const code = failure instanceof Error ? codeOf(failure) : '';
  if (/CONNECT_TIMEOUT|^ETIMEDOUT$/.test(code)) return SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT;
  return /HEADERS_TIMEOUT|BODY_TIMEOUT/.test(code) ? SERVICE_RESULT.NETWORK_READ_TIMEOUT : SERVICE_RESULT.UNKNOWN;
}

/**
 * True when the service's certificate was refused: a wrong authority, name or date, which no retry mends. Node tells it by the code
 * of OpenSSL (`DEPTH_ZERO_SELF_SIGNED_CERT`) or its own (`ERR_TLS_CERT_ALTNAME_INVALID`), Deno only by its message.
 * Source: c-producer §5.5.
 */
function isCertificateFailure(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  return /CERT|UNABLE_TO_VERIFY/.test(codeOf(failure)) || /invalid peer certificate/i.test(failure.message);
}

function codeOf(failure: Error): string {
  const { code } = failure as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
