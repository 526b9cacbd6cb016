/** What a client of a pipe may ask of the service, and the requests that the relay makes of it: host, stream and fields are the relay's choice. */
import type { RelayGrant } from './grant.ts';

export type PipeApi = 'describeStream' | 'createStream' | 'tagStream' | 'getDataEndpoint' | 'putMedia';

/** Why a request is not made: HTTP status and error name of the answer that the client gets. */
export const PIPE_REFUSAL = {
  API: [403, 'RelayApiNotAllowedException'],
  STREAM: [403, 'RelayStreamNotGrantedException'],
  CREATE: [403, 'RelayCreateNotGrantedException'],
  HEADER: [400, 'RelayHeaderNotAllowedException'],
  BODY: [400, 'RelayBodyInvalidException'],
  BODY_SIZE: [413, 'RelayBodyTooLargeException'],
  EXCHANGES: [429, 'RelayTooManyExchangesException'],
  CALLS: [429, 'RelayTooManyCallsException'],
} as const satisfies Record<string, readonly [number, string]>;

export class PipeRefusal extends Error {
  readonly status: number;
  readonly errorType: string;

  constructor([status, errorType]: readonly [number, string], reason: string) {
    super(reason);
    this.name = 'PipeRefusal';
    this.status = status;
    this.errorType = errorType;
  }
}

const APIS: readonly string[] = ['describeStream', 'createStream', 'tagStream', 'getDataEndpoint', 'putMedia'];

/** The API of a path. Throws `PipeRefusal`. */
export function allowedApi(method: unknown, path: unknown, mayCreate: boolean): PipeApi {
  const api = typeof path === 'string' ? path.slice(1) : '';
  if (method !== 'POST' || path !== `/${api}` || !APIS.includes(api))
    throw new PipeRefusal(PIPE_REFUSAL.API, `The relay does not pass on ${String(method)} ${String(path)}`);
  if (api === 'createStream' && !mayCreate)
    throw new PipeRefusal(PIPE_REFUSAL.CREATE, 'The relay creates no streams; create it before');
  return api as PipeApi;
}

/** Headers of PutMedia with the values that they may have. Source: service-api §3. */
const MEDIA_HEADERS: Readonly<Record<string, RegExp>> = {
  'x-amzn-producer-start-timestamp': /^\d{1,13}(\.\d{1,9})?$/,
  'x-amzn-fragment-acknowledgment-required': /^[01]$/,
  'x-amzn-fragment-timecode-type': /^(ABSOLUTE|RELATIVE)$/,
};

/** The headers to send for a client's. Throws `PipeRefusal` for one that is not allowed, or another stream's name. */
export function allowedHeaders(api: PipeApi, given: unknown, { streamName }: RelayGrant): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (typeof given !== 'object' || given === null) throw new PipeRefusal(PIPE_REFUSAL.HEADER, 'No headers');
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    if (api === 'putMedia' && name === 'x-amzn-stream-name') requireGranted(value, streamName);
    else if (api === 'putMedia' && Object.hasOwn(MEDIA_HEADERS, name) && isMediaValue(name, value))
      headers[name] = value;
    else throw new PipeRefusal(PIPE_REFUSAL.HEADER, `The relay does not pass on the header ${name}, or its value`);
  }
  if (api === 'putMedia') headers['x-amzn-stream-name'] = streamName;
  return headers;
}

function isMediaValue(name: string, value: unknown): value is string {
  return typeof value === 'string' && (MEDIA_HEADERS[name] as RegExp).test(value);
}

function requireGranted(value: unknown, streamName: string): void {
  if (value !== streamName)
    throw new PipeRefusal(PIPE_REFUSAL.STREAM, `The grant is for stream ${streamName}, not for ${String(value)}`);
}

/** The JSON body to send for a client's. Throws `PipeRefusal` for what is no JSON, or names another stream. */
export function allowedBody(api: Exclude<PipeApi, 'putMedia'>, body: Uint8Array, { streamName }: RelayGrant): object {
  const fields = parse(body);
  if (api === 'tagStream') return { StreamName: streamName, Tags: tagsOf(fields, streamName) };
  requireGranted(fields['StreamName'], streamName);
  if (api === 'describeStream') return { StreamName: streamName };
  if (api === 'getDataEndpoint') return { StreamName: streamName, APIName: 'PUT_MEDIA' };
  const { MediaType, DataRetentionInHours, DeviceName } = fields;
  // A key would be one of the account's that the client picks.
  if (fields['KmsKeyId'] !== undefined) throw new PipeRefusal(PIPE_REFUSAL.BODY, 'The relay passes on no KmsKeyId');
  return { StreamName: streamName, MediaType, DataRetentionInHours, DeviceName };
}

/** A producer names a stream by its ARN when it sets tags: `arn:…:stream/NAME/CREATED`. */
function tagsOf(fields: Readonly<Record<string, unknown>>, streamName: string): object {
  const { StreamARN: arn, StreamName: name, Tags: tags } = fields;
  requireGranted(typeof arn === 'string' ? arn.split('/')[1] : name, streamName);
  if (typeof tags !== 'object' || tags === null) throw new PipeRefusal(PIPE_REFUSAL.BODY, 'No tags');
  return tags;
}

function parse(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new PipeRefusal(PIPE_REFUSAL.BODY, 'The body is not a JSON object');
}
