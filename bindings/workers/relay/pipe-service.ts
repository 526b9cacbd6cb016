/** The service as a pipe's exchanges reach it: signed, at hosts of the relay's choice. */
import { readErrorAnswer } from '../../../sdk/aws/answer.ts';
import { getDataEndpoint } from '../../../sdk/aws/control-api.ts';
import { controlPlaneEndpoint, serviceEndpoint } from '../../../sdk/aws/endpoints.ts';
import type { ServiceTarget } from '../../../sdk/aws/signed-call.ts';
import { createSigner, type Signer } from '../../../sdk/aws/signing.ts';
import { userAgent } from '../../../sdk/aws/user-agent.ts';
import type { CredentialProvider, Platform, PlatformResponse } from '../../../sdk/platform.ts';
import type { RelayGrant } from './grant.ts';
import type { PipeApi } from './pipe-requests.ts';

/** What a pipe needs of the relay around it. */
export interface PipeContext {
  readonly platform: Platform;
  readonly region: string;
  /** Control-plane URL. @default the region's AWS endpoint */
  readonly endpoint?: string;
  readonly credentials: CredentialProvider;
  /** Whether a client may create the stream that it is granted. @default false */
  readonly createStream?: boolean;
}

/** Stands for the data endpoint, which the relay alone knows. Nothing resolves it: RFC 6761 §6.4. */
export const PSEUDO_ENDPOINT = 'https://put-media.relay.invalid';

export class PipeService {
  readonly #target: ServiceTarget;
  readonly #sign: Signer;
  readonly #grant: RelayGrant;
  #dataEndpoint: string | undefined;

  /** Throws `KvsError` for a region or endpoint that cannot be. */
  constructor(grant: RelayGrant, { platform, region, endpoint, credentials }: PipeContext) {
    const url = endpoint === undefined ? controlPlaneEndpoint(region) : serviceEndpoint(endpoint);
    this.#target = { platform, region, endpoint: url, credentials };
    this.#sign = createSigner(platform, region, credentials);
    this.#grant = grant;
  }

  /** Makes one call of the control plane. Rejects with `ServiceCallError` for an answer that is an error. */
  control(
    api: PipeApi,
    headers: Record<string, string>,
    input: object,
    signal: AbortSignal,
  ): Promise<PlatformResponse> {
    const body = new TextEncoder().encode(JSON.stringify(input));
    return this.#send(api, `${this.#target.endpoint}/${api}`, headers, body, body, signal);
  }

  /** Begins an upload. Rejects with `ServiceCallError` for an answer that is an error. */
  async putMedia(
    headers: Record<string, string>,
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<PlatformResponse> {
    // The client may know the pseudo endpoint from a socket before this one.
    const endpoint = this.#dataEndpoint ?? (await this.findDataEndpoint(signal));
    return this.#send('putMedia', `${endpoint}/putMedia`, headers, body, undefined, signal);
  }

  /** Asks for the data endpoint and keeps it. Rejects with `ServiceCallError`. */
  async findDataEndpoint(signal: AbortSignal): Promise<string> {
    const { streamName } = this.#grant;
    this.#dataEndpoint = await getDataEndpoint(this.#target, streamName, 'PUT_MEDIA', { signal, maxAttempts: 1 });
    return this.#dataEndpoint;
  }

  async #send(
    operation: PipeApi,
    url: string,
    given: Record<string, string>,
    body: Uint8Array | ReadableStream<Uint8Array>,
    signedBody: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<PlatformResponse> {
    const { platform } = this.#target;
    const request = { method: 'POST' as const, url, headers: { ...given, 'user-agent': userAgent(platform) } };
    const headers = await this.#sign({ ...request, ...(signedBody === undefined ? {} : { body: signedBody }) });
    const response = await platform.fetch({ ...request, headers, body, signal });
    if (response.status >= 400) throw await readErrorAnswer(response, operation);
    return response;
  }
}
