/**
 * The service's error vocabulary: AWS names, AWS statuses, our own messages.
 * Source: service-api §1.4.
 */

/** HTTP status of every error the service can answer with. */
const HTTP_STATUS = {
  AccessDeniedException: 403,
  AccountStreamLimitExceededException: 400,
  ClientLimitExceededException: 400,
  ConnectionLimitExceededException: 400,
  ExpiredTokenException: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidArgumentException: 400,
  InvalidClientTokenId: 403,
  InvalidEndpointException: 400,
  InvalidResourceFormatException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationToken: 403,
  NoDataRetentionException: 400,
  NotAuthorizedException: 401,
  RequestExpired: 400,
  RequestTimeoutException: 408,
  ResourceInUseException: 400,
  ResourceNotFoundException: 404,
  ServiceUnavailable: 503,
  TagsPerResourceExceededLimitException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 404,
  VersionMismatchException: 400,
} as const;

/** Names as the official SDK clients see them (`error.name`). */
export type ServiceErrorType = keyof typeof HTTP_STATUS;

/** A refusal with a name that AWS clients know. The message names the member at fault and what was wrong with it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** Travels in the `x-amzn-ErrorType` header. */
  readonly errorType: ServiceErrorType;
  readonly httpStatus: number;

  constructor(errorType: ServiceErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorType = errorType;
    this.httpStatus = HTTP_STATUS[errorType];
  }
}

/** Shorthand for the commonest refusal. */
export function invalidArgument(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}

/** An unexpected error as text for the log: where it came from, and the chain of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${describeError(error.cause)}`;
}
