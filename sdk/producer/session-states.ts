/**
 * The session engine's states, as data: what each outcome of a state leads to.
 *
 *     describe → (create →) tag → get-endpoint → ready → streaming → ended
 *                                       ▲          ▲         │
 *                                       └──────────┴─────────┘ lost, closed, refused, stalled, error ack; handed over
 *
 * Source: c-producer §5.5, producer-core §8. Deviations, each for the better: CREATE leads back to DESCRIBE, which waits until
 * the new stream is ACTIVE; "in use" there means that someone else created it; a timeout in PUT
 * or STREAMING leads to GET_ENDPOINT, which costs nothing while the endpoint is known; 429 and 503 are told from the unknown.
 */
import * as SERVICE_RESULT from '../service-results.ts';

export type SessionState = 'describe' | 'create' | 'tag' | 'get-endpoint' | 'ready' | 'streaming' | 'ended' | 'failed';

/** The states that do work. */
export type WorkingState = Exclude<SessionState, 'ended' | 'failed'>;

/** What came of a state's work. */
export type Outcome =
  | 'ok'
  | 'complete' // the stream was stopped and nothing is owed any more
  | 'handed-over' // everything sent is acknowledged, and what follows needs a connection of its own
  | 'pending' // the stream is being created or updated
  | 'deleting'
  | 'missing'
  | 'in-use'
  | 'invalid' // the request itself is wrong: no retry can help
  | 'unauthorized'
  | 'timeout'
  | 'limit' // of a stream or device
  | 'gave-up' // retries of an optional step ran out
  | 'failed'; // anything else

export const SESSION_TABLE: Readonly<Record<WorkingState, Readonly<Record<Outcome, SessionState>>>> = {
  describe: {
    ok: 'tag',
    complete: 'ended',
    'handed-over': 'tag',
    pending: 'describe',
    deleting: 'failed',
    missing: 'create',
    'in-use': 'describe',
    invalid: 'failed',
    unauthorized: 'describe',
    timeout: 'describe',
    limit: 'describe',
    'gave-up': 'describe',
    failed: 'describe',
  },
  create: {
    ok: 'describe',
    complete: 'ended',
    'handed-over': 'describe',
    pending: 'describe',
    deleting: 'failed',
    missing: 'failed',
    'in-use': 'describe',
    invalid: 'failed',
    unauthorized: 'create',
    timeout: 'describe',
    limit: 'create',
    'gave-up': 'create',
    failed: 'describe',
  },
  tag: {
    ok: 'get-endpoint',
    complete: 'ended',
    'handed-over': 'get-endpoint',
    pending: 'tag',
    deleting: 'describe',
    missing: 'describe',
    'in-use': 'tag',
    invalid: 'get-endpoint',
    unauthorized: 'tag',
    timeout: 'tag',
    limit: 'get-endpoint',
    'gave-up': 'get-endpoint',
    failed: 'tag',
  },
  'get-endpoint': {
    ok: 'ready',
    complete: 'ended',
    'handed-over': 'ready',
    pending: 'get-endpoint',
    deleting: 'describe',
    missing: 'describe',
    'in-use': 'get-endpoint',
    invalid: 'failed',
    unauthorized: 'get-endpoint',
    timeout: 'get-endpoint',
    limit: 'get-endpoint',
    'gave-up': 'get-endpoint',
    failed: 'get-endpoint',
  },
  // Work: waits for data to send, or for the end.
  ready: {
    ok: 'streaming',
    complete: 'ended',
    'handed-over': 'streaming',
    pending: 'ready',
    deleting: 'describe',
    missing: 'describe',
    'in-use': 'describe',
    invalid: 'describe',
    unauthorized: 'ready',
    timeout: 'ready',
    limit: 'get-endpoint',
    'gave-up': 'describe',
    failed: 'describe',
  },
  // Work: one PutMedia connection, from its request to its end.
  streaming: {
    ok: 'get-endpoint',
    complete: 'ended',
    'handed-over': 'get-endpoint',
    pending: 'describe',
    deleting: 'failed',
    missing: 'describe',
    'in-use': 'describe',
    invalid: 'describe',
    unauthorized: 'ready',
    timeout: 'get-endpoint',
    limit: 'get-endpoint',
    'gave-up': 'describe',
    failed: 'describe',
  },
};

/**
 * What the outcome of the streaming token leads to, which is asked for in front of each connection: natively the state GET_TOKEN. It
 * is asked for again by itself, as the endpoint is still good; only a stream that is not there is looked for.
 */
export const TOKEN_TABLE: Readonly<Record<Outcome, SessionState>> = {
  ok: 'streaming',
  complete: 'ended',
  'handed-over': 'streaming',
  pending: 'ready',
  deleting: 'describe',
  missing: 'describe',
  'in-use': 'ready',
  invalid: 'ready',
  unauthorized: 'ready',
  timeout: 'ready',
  limit: 'ready',
  'gave-up': 'ready',
  failed: 'ready',
};

const OUTCOMES: ReadonlyMap<number, Outcome> = new Map<number, Outcome>([
  [SERVICE_RESULT.OK, 'ok'],
  [SERVICE_RESULT.STREAM_AUTH_IN_GRACE_PERIOD, 'ok'],
  [SERVICE_RESULT.RESOURCE_NOT_FOUND, 'missing'],
  [SERVICE_RESULT.RESOURCE_IN_USE, 'in-use'],
  [SERVICE_RESULT.INVALID_ARG, 'invalid'],
  [SERVICE_RESULT.NOT_AUTHORIZED, 'unauthorized'],
  [SERVICE_RESULT.FORBIDDEN, 'unauthorized'],
  [SERVICE_RESULT.AUTH_FAILURE, 'unauthorized'],
  [SERVICE_RESULT.SIGNATURE_EXPIRED, 'unauthorized'],
  [SERVICE_RESULT.SIGNATURE_NOT_YET_CURRENT, 'unauthorized'],
  [SERVICE_RESULT.REQUEST_TIMEOUT, 'timeout'],
  [SERVICE_RESULT.GATEWAY_TIMEOUT, 'timeout'],
  [SERVICE_RESULT.NETWORK_READ_TIMEOUT, 'timeout'],
  [SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT, 'timeout'],
  [SERVICE_RESULT.DEVICE_LIMIT, 'limit'],
  [SERVICE_RESULT.STREAM_LIMIT, 'limit'],
  [SERVICE_RESULT.ACK_STREAM_DELETED, 'deleting'],
]);

/** The outcome that a service result stands for. */
export function outcomeOf(result: number): Outcome {
  return OUTCOMES.get(result) ?? 'failed';
}
