/** How a refusal looks before a socket is open. */
import type { Platform } from '../../../sdk/platform.ts';
import { RELAY_PROTOCOL } from '../../../sdk/relay/protocol.ts';
import { isRefusalName, RelayError } from '../../../sdk/relay/refusals.ts';

interface RefusalBody {
  readonly refusal: string;
  readonly status: number;
  readonly message: string;
}

/** The answer to a request that is refused: `{ refusal, status, message }`, the KVS status among it. */
export function refusalResponse(error: unknown, platform: Pick<Platform, 'log'>): Response {
  const refusal = error instanceof RelayError ? error : new RelayError('relay-failed', 'the relay failed');
  if (refusal !== error) platform.log('error', 'The relay failed', { error: String(error) });
  const body: RefusalBody = { refusal: refusal.code, status: refusal.status, message: refusal.reason };
  const headers = { 'cache-control': 'no-store', ...(refusal.httpStatus === 426 ? { upgrade: 'websocket' } : {}) };
  return Response.json(body, { status: refusal.httpStatus, headers });
}

/** The same as a socket that is closed at once, with the code and reason that say it. */
export async function refusalSocket(response: Response): Promise<Response> {
  const { refusal, message }: RefusalBody = await response.json();
  const { closeCode, closeReason } = new RelayError(isRefusalName(refusal) ? refusal : 'relay-failed', message);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(closeCode, closeReason);
  return new Response(null, { status: 101, webSocket: client, headers: { 'sec-websocket-protocol': RELAY_PROTOCOL } });
}
