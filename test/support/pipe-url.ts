/** Addresses of the relay of the tests, which takes its grant from them. Runs in a page too. */
import type { Credentials } from '../../sdk/platform.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';

export interface PipeRelayQuery {
  /** That is granted. @default the one of the path */
  readonly stream?: string;
  /** The service's URL as the relay sees it. */
  readonly endpoint: string;
  readonly region?: string;
  readonly maxBitrateBps?: number;
  readonly expiresInMs?: number;
  readonly createStream?: 'no';
}

/** The address of a relay with the grant that the query says, for `relay.url`. The relay signs with the credentials. */
export function pipeUrl(
  relayUrl: string,
  query: PipeRelayQuery,
  { accessKeyId, secretAccessKey }: Credentials = DEVELOPMENT_CREDENTIALS,
): string {
  const fields = Object.entries({ ...query, accessKeyId, secretAccessKey });
  return `${relayUrl}/?${new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString()}`;
}
