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

type Row = Readonly<Record<Outcome, SessionState>>;

/** What a state leads to: `ok` alike with and without a handover, and `rest` wherever `others` say nothing else. */
function row(ok: SessionState, rest: SessionState, others: Partial<Row>): Row {
  return {
    ok,
    complete: 'ended',
    'handed-over': ok,
    pending: rest,
    deleting: 'describe',
    missing: 'describe',
    'in-use': rest,
    invalid: rest,
    unauthorized: rest,
    timeout: rest,
    limit: rest,
    'gave-up': rest,
    failed: rest,
    ...others,
  };
}

const ENDPOINT = 'get-endpoint';

export const SESSION_TABLE: Readonly<Record<WorkingState, Row>> = {
  describe: row('tag', 'describe', { deleting: 'failed', missing: 'create', invalid: 'failed' }),
  create: row('describe', 'describe', {
    deleting: 'failed',
    missing: 'failed',
    invalid: 'failed',
    unauthorized: 'create',
    limit: 'create',
    'gave-up': 'create',
  }),
  tag: row(ENDPOINT, 'tag', { invalid: ENDPOINT, limit: ENDPOINT, 'gave-up': ENDPOINT }),
  [ENDPOINT]: row('ready', ENDPOINT, { invalid: 'failed' }),
  // Work: waits for data to send, or for the end.
  ready: row('streaming', 'describe', { pending: 'ready', unauthorized: 'ready', timeout: 'ready', limit: ENDPOINT }),
  // Work: one PutMedia connection, from its request to its end.
  streaming: row(ENDPOINT, 'describe', {
    deleting: 'failed',
    unauthorized: 'ready',
    timeout: ENDPOINT,
    limit: ENDPOINT,
  }),
};

/**
 * What the outcome of the streaming token leads to, which is asked for in front of each connection: natively the state GET_TOKEN. It
 * is asked for again by itself, as the endpoint is still good; only a stream that is not there is looked for.
 */
export const TOKEN_TABLE: Row = row('streaming', 'ready', {});

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
