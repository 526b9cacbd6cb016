/** What a request to the relay asks for, before any token is looked at. */
import { BEARER_PREFIX, REFUSE_BY_CLOSE, RELAY_PROTOCOL, RESUME_PREFIX } from '../../../sdk/relay/protocol.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { isStreamName } from '../../../sdk/stream-name.ts';
import type { RelayGrant } from './grant.ts';

export interface RelayRequest {
  readonly streamName: string;
  readonly mode: RelayGrant['mode'];
  readonly token: string;
  /** Undefined where the client will not resume. */
  readonly resumeKey: string | undefined;
}

/** Anywhere below the path that the Worker is mounted at. */
const ROUTE = /\/v1\/streams\/([^/]+)\/(frames|pipe)$/;
/** 128 bits in the densest of the characters allowed, so that nobody guesses it. */
const RESUME_KEY = /^[A-Za-z0-9_-]{22,128}$/;

/** Throws `RelayError` for a request that is not one for a socket of the relay. */
export function readRelayRequest(request: Request): RelayRequest {
  const route = ROUTE.exec(new URL(request.url).pathname);
  if (route === null) throw new RelayError('not-found', 'there is nothing at this address');
  const [, streamName = '', mode = ''] = route;
  if (!isStreamName(streamName))
    throw new RelayError('bad-stream-name', 'a stream name has 1 to 256 of a-z A-Z 0-9 _ . -');
  if (request.method !== 'GET' || !isUpgrade(request))
    throw new RelayError('upgrade-required', 'a WebSocket is wanted here');
  const protocols = protocolsOf(request);
  if (!protocols.includes(RELAY_PROTOCOL))
    throw new RelayError('protocol-missing', `Sec-WebSocket-Protocol does not offer ${RELAY_PROTOCOL}`);
  const after = (prefix: string): string | undefined =>
    protocols.find((name) => name.startsWith(prefix))?.slice(prefix.length);
  const token = after(BEARER_PREFIX);
  if (token === undefined || token === '')
    throw new RelayError('token-missing', `Sec-WebSocket-Protocol has no ${BEARER_PREFIX}<token>`);
  const resumeKey = after(RESUME_PREFIX);
  if (resumeKey !== undefined && !RESUME_KEY.test(resumeKey))
    throw new RelayError('protocol-missing', 'a resume key has 22 to 128 of A-Z a-z 0-9 _ -');
  return { streamName, mode: mode as RelayGrant['mode'], token, resumeKey };
}

/** Whether the client wants to be refused by a socket that is closed: a script sees nothing else. */
export function isRefusedByClose(request: Request): boolean {
  return isUpgrade(request) && protocolsOf(request).includes(REFUSE_BY_CLOSE);
}

function isUpgrade(request: Request): boolean {
  return request.headers.get('upgrade')?.toLowerCase() === 'websocket';
}

function protocolsOf(request: Request): readonly string[] {
  return (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
}

/** Throws `RelayError` origin-refused for a page of an origin that is not allowed. */
export function checkOrigin(request: Request, allowedOrigins: readonly string[] = []): void {
  const origin = request.headers.get('origin');
  if (origin === null || origin === new URL(request.url).origin || allowedOrigins.includes(origin)) return;
  throw new RelayError('origin-refused', `pages of ${origin} may not connect`);
}
