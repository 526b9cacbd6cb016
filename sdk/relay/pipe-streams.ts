/** A pipe for each stream of a producer: what a relay grants is one stream. */
import { KvsError } from '../errors.ts';
import type { PlatformRequest, PlatformResponse } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import { type DialRelay, PipeClient } from './pipe-client.ts';
import type { LinkPlatform } from './pipe-link.ts';

export class PipeStreams {
  readonly #platform: LinkPlatform;
  readonly #dialerFor: (streamName: string) => DialRelay;
  readonly #clients = new Map<string, PipeClient>();

  constructor(platform: LinkPlatform, dialerFor: (streamName: string) => DialRelay) {
    this.#platform = platform;
    this.#dialerFor = dialerFor;
  }

  /** Sends a request of a producer over the pipe of its stream. Rejects with `KvsError` for a request that names none. */
  async fetch(request: PlatformRequest): Promise<PlatformResponse> {
    const streamName = streamOf(request);
    let client = this.#clients.get(streamName);
    if (client === undefined) {
      client = new PipeClient(this.#platform, this.#dialerFor(streamName));
      this.#clients.set(streamName, client);
    }
    return client.fetch(request);
  }
}

/** The stream that a request of a producer is about: a header of PutMedia, otherwise a field of the JSON; TagStream has an ARN, `arn:…:stream/NAME/CREATED`. */
function streamOf({ headers, body, url }: PlatformRequest): string {
  const header = headers['x-amzn-stream-name'];
  if (header !== undefined) return header;
  if (body instanceof Uint8Array) {
    const { StreamName: name, StreamARN: arn } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    if (typeof name === 'string') return name;
    const named = typeof arn === 'string' ? arn.split('/')[1] : undefined;
    if (named !== undefined) return named;
  }
  throw new KvsError(STATUS.STATUS_INVALID_OPERATION, `A relay carries what is about one stream, not ${url}`);
}
