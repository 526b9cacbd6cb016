/** Reading the service's answers: JSON bodies, and errors in the three ways the service names them. */
import { ServiceCallError } from '../errors.ts';
import type { PlatformResponse } from '../platform.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { readBounded } from './bounded-body.ts';

/** No answer of the control plane comes near this; more is not read. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Error names whose meaning the HTTP status does not carry: the service answers most of its errors with 400. */
const ERROR_RESULTS: Readonly<Record<string, number>> = {
  ResourceNotFoundException: SERVICE_RESULT.RESOURCE_NOT_FOUND,
  ResourceInUseException: SERVICE_RESULT.RESOURCE_IN_USE,
  ClientLimitExceededException: SERVICE_RESULT.CLIENT_LIMIT,
  ConnectionLimitExceededException: SERVICE_RESULT.CLIENT_LIMIT,
  ThrottlingException: SERVICE_RESULT.CLIENT_LIMIT,
  TooManyRequestsException: SERVICE_RESULT.CLIENT_LIMIT,
  AccountStreamLimitExceededException: SERVICE_RESULT.STREAM_LIMIT,
  DeviceStreamLimitExceededException: SERVICE_RESULT.DEVICE_LIMIT,
  InvalidArgumentException: SERVICE_RESULT.INVALID_ARG,
  ValidationException: SERVICE_RESULT.INVALID_ARG,
  NotAuthorizedException: SERVICE_RESULT.NOT_AUTHORIZED,
  AccessDeniedException: SERVICE_RESULT.FORBIDDEN,
  InvalidSignatureException: SERVICE_RESULT.FORBIDDEN,
  SignatureDoesNotMatch: SERVICE_RESULT.FORBIDDEN,
  UnrecognizedClientException: SERVICE_RESULT.FORBIDDEN,
  InvalidClientTokenId: SERVICE_RESULT.FORBIDDEN,
  MissingAuthenticationToken: SERVICE_RESULT.FORBIDDEN,
  MissingAuthenticationTokenException: SERVICE_RESULT.FORBIDDEN,
  ExpiredTokenException: SERVICE_RESULT.SIGNATURE_EXPIRED,
  RequestExpired: SERVICE_RESULT.SIGNATURE_EXPIRED,
};

/** HTTP statuses that are service results of the same number. Source: c-producer §5.5. */
const SAME_NUMBER: ReadonlySet<number> = new Set([400, 401, 403, 404, 406, 408, 500, 501, 503, 504, 598, 599]);

/**
 * The service result of an answer. 429 counts as throttling; an unlisted 4xx as a bad request, and so does a redirect: what
 * redirects is not the service. Anything else is unknown.
 */
export function answerResult(httpStatus: number, errorType?: string): number {
  if (errorType !== undefined && Object.hasOwn(ERROR_RESULTS, errorType)) return ERROR_RESULTS[errorType] as number;
  if (SAME_NUMBER.has(httpStatus)) return httpStatus;
  if (httpStatus === 429) return SERVICE_RESULT.CLIENT_LIMIT;
  if (httpStatus >= 300 && httpStatus < 500) return SERVICE_RESULT.BAD_REQUEST;
  return httpStatus >= 200 && httpStatus < 300 ? SERVICE_RESULT.OK : SERVICE_RESULT.UNKNOWN;
}

/** Turns an error answer into its error. The name stands in the `x-amzn-ErrorType` header or in the body's `__type`. */
export async function readErrorAnswer(response: PlatformResponse, operation: string): Promise<ServiceCallError> {
  let fields: Record<string, unknown> = {};
  try {
    fields = JSON.parse(await readText(response)) as Record<string, unknown>;
  } catch {
    // An error page of a proxy, or a connection cut in the middle: the HTTP status has to do.
  }
  const nested = fields['Output'];
  if (typeof nested === 'object' && nested !== null) fields = nested as Record<string, unknown>;
  const named = response.header('x-amzn-errortype') ?? stringField(fields, '__type') ?? stringField(fields, 'code');
  const errorType = named?.split(':')[0]?.split('#').at(-1);
  return new ServiceCallError({
    operation,
    httpStatus: response.status,
    errorType,
    requestId: response.header('x-amzn-requestid') ?? undefined,
    result: answerResult(response.status, errorType),
    reason: stringField(fields, 'Message') ?? stringField(fields, 'message'),
  });
}

/** Reads a successful JSON answer; an empty body is an empty object. Throws `ServiceCallError` for what is not an object. */
export async function readJson<T extends object>(response: PlatformResponse, operation: string): Promise<T> {
  const text = await readText(response);
  try {
    const answer: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer as T;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new ServiceCallError({
    operation,
    httpStatus: response.status,
    requestId: response.header('x-amzn-requestid') ?? undefined,
    result: SERVICE_RESULT.UNKNOWN,
    reason: 'the answer is not a JSON object',
  });
}

function stringField(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

async function readText(response: PlatformResponse): Promise<string> {
  const text = await readBounded(response.body, MAX_ANSWER_BYTES);
  if (text === undefined) throw new RangeError(`The answer is longer than ${MAX_ANSWER_BYTES} bytes`);
  return text;
}
