/** Every way in which the relay refuses something: one table for both ends. */
import { KvsError, type KvsErrorOptions } from '../errors.ts';
import * as STATUS from '../status-codes.ts';

interface Refusal {
  /** Before the upgrade. Once a socket is open, it is closed with 4000 and this. */
  readonly httpStatus: number;
  /** KVS status. */
  readonly status: number;
  /** The same client can try again later without another token. */
  readonly isRetryable: boolean;
}

const refusal = (httpStatus: number, status: number, isRetryable = false): Refusal => ({
  httpStatus,
  status,
  isRetryable,
});

export const REFUSALS = {
  'not-found': refusal(404, STATUS.STATUS_NOT_FOUND),
  'bad-stream-name': refusal(400, STATUS.STATUS_INVALID_STREAM_NAME_LENGTH),
  'upgrade-required': refusal(426, STATUS.STATUS_INVALID_OPERATION),
  'protocol-missing': refusal(400, STATUS.STATUS_INVALID_ARG),
  'origin-refused': refusal(403, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR),
  'token-missing': refusal(401, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED),
  'token-too-long': refusal(401, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED),
  'token-invalid': refusal(401, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED),
  'token-expired': refusal(401, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED),
  'token-not-yet-valid': refusal(401, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED, true),
  'token-for-other-stream': refusal(403, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR),
  'token-for-other-mode': refusal(403, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR),
  'token-used': refusal(409, STATUS.STATUS_CLIENT_AUTH_CALL_FAILED),
  'session-taken-over': refusal(409, STATUS.STATUS_INVALID_OPERATION),
  'stream-busy': refusal(429, STATUS.STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR, true),
  'bad-message': refusal(400, STATUS.STATUS_FORMAT_ERROR),
  'sequence-gap': refusal(400, STATUS.STATUS_INVALID_OPERATION),
  'bad-tracks': refusal(400, STATUS.STATUS_INVALID_ARG),
  'message-too-large': refusal(413, STATUS.STATUS_INVALID_ARG_LEN),
  'credit-exceeded': refusal(429, STATUS.STATUS_STORE_OUT_OF_MEMORY),
  'too-many-messages': refusal(429, STATUS.STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR),
  'client-silent': refusal(408, STATUS.STATUS_OPERATION_TIMED_OUT, true),
  'relay-failed': refusal(500, STATUS.STATUS_INTERNAL_ERROR, true),
  'upload-failed': refusal(502, STATUS.STATUS_INTERNAL_ERROR),
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalName = keyof typeof REFUSALS;

/** A close code of a refusal is its HTTP status and this. */
const CLOSE_CODE_BASE = 4000;
/** Of a WebSocket close reason, bytes of UTF-8. Source: RFC 6455 §5.5. */
const MAX_REASON_BYTES = 123;

/** What the relay refused, and why. `code` is the name of the refusal, such as `token-expired`. */
export class RelayError extends KvsError {
  static override readonly kind: string = 'RelayError';
  declare readonly code: RefusalName;
  /** Of the answer, where the connection was refused before it was upgraded. */
  readonly httpStatus: number;
  /** Of the WebSocket: 4000 and the HTTP status. */
  readonly closeCode: number;
  /** The reason alone, without what was being done. */
  readonly reason: string;

  constructor(name: RefusalName, reason: string, options: KvsErrorOptions & { readonly status?: number } = {}) {
    const { httpStatus, status, isRetryable } = REFUSALS[name];
    super(options.status ?? status, `The relay refuses: ${reason} (${name})`, {
      retryable: isRetryable,
      ...options,
      code: name,
    });
    this.httpStatus = httpStatus;
    this.closeCode = CLOSE_CODE_BASE + httpStatus;
    this.reason = reason;
  }

  /** For a WebSocket's close frame: name and reason, cut to what one holds. */
  get closeReason(): string {
    const bytes = new TextEncoder().encode(`${this.code}: ${this.reason}`);
    // A character that is cut in two is left out.
    return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES), { stream: true });
  }
}

/** What a close frame of the relay says; undefined for codes that are not the relay's. */
export function refusalOf(closeCode: number, closeReason: string): RelayError | undefined {
  const name = /^[a-z-]+/.exec(closeReason)?.[0] ?? '';
  if (!isRefusalName(name) || REFUSALS[name].httpStatus + CLOSE_CODE_BASE !== closeCode) return undefined;
  return new RelayError(name, closeReason.slice(name.length).replace(/^: /, ''));
}

export function isRefusalName(name: string): name is RefusalName {
  return Object.hasOwn(REFUSALS, name);
}
