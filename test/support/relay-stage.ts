/** The relay in workerd, the real service behind it, and two links that can break: from the client, and to the service. */
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'undici';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { openRelayStream, socketsOf, type WebRelayStreamOptions } from '../../bindings/web/relay-client.ts';
import { mintRelayToken } from '../../bindings/web/relay-token.ts';
import type { RelayLimits } from '../../bindings/workers/relay/relay-options.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { type MediaFragment, readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import type { RelayStream } from '../../sdk/relay/index.ts';
import type { RelayTokenOptions } from '../../sdk/relay/relay-token.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';
import { loadCore } from './load-core.ts';
import { startTestService, type TestService } from './service.ts';
import { type RunningWorker, startWorker } from './start-worker.ts';
import { removeDirectory, temporaryDirectory } from './temporary-directory.ts';

const REGION = 'eu-west-1';
export const RELAY_SECRET = 'a secret of the relay that is long enough';
export const RELAY_BITRATE_BPS = 20_000_000;
/** A page from here may connect. */
export const ALLOWED_ORIGIN = 'https://cameras.example.com';
const CONFIG = fileURLToPath(new URL('../../bindings/workers/relay/wrangler.jsonc', import.meta.url));
const TEST_WORKER = fileURLToPath(new URL('../workers/relay/worker.ts', import.meta.url));

export interface RelayStageOptions {
  readonly limits?: Partial<RelayLimits>;
  /** Whose pages may connect. @default `ALLOWED_ORIGIN` */
  readonly allowedOrigin?: string;
  /** @default 'eu-west-1' */
  readonly region?: string;
  /** @default true */
  readonly createStreams?: boolean;
  /** Path of the Worker's configuration. @default that of the relay */
  readonly config?: string;
  /** Path of the Worker's module. @default one whose Durable Objects can be evicted */
  readonly entrypoint?: string;
}

/** WebSockets of undici, for the Node that has none of its own. */
export const openTestSocket = socketsOf(WebSocket as unknown as typeof globalThis.WebSocket);

export class RelayStage implements AsyncDisposable {
  readonly service: TestService;
  /** Between relay and service. */
  readonly upstream: CuttingProxy;
  readonly #options: RelayStageOptions;
  readonly #storage: string;
  #worker!: RunningWorker;
  #workerUrl!: string;
  #downstream!: CuttingProxy;

  private constructor(service: TestService, upstream: CuttingProxy, storage: string, options: RelayStageOptions) {
    this.service = service;
    this.upstream = upstream;
    this.#storage = storage;
    this.#options = options;
  }

  static async set(options: RelayStageOptions = {}): Promise<RelayStage> {
    const service = await startTestService({ region: options.region ?? REGION, publicUrl: (): string => upstream.url });
    const upstream = await startCuttingProxy(() => service.url);
    const stage = new RelayStage(service, upstream, await temporaryDirectory(), options);
    await stage.#startWorker();
    stage.#downstream = await startCuttingProxy(() => stage.#workerUrl);
    return stage;
  }

  /** Between client and relay. */
  get downstream(): CuttingProxy {
    return this.#downstream;
  }

  /** Of the relay, through the link that can be cut. */
  get url(): string {
    return this.#downstream.url;
  }

  /** A token of the application's server. */
  token(options: Partial<RelayTokenOptions> = {}): Promise<string> {
    return mintRelayToken({
      key: RELAY_SECRET,
      streamName: 'front-door',
      maxBitrateBps: RELAY_BITRATE_BPS,
      ...options,
    });
  }

  /** A client's stream. */
  async open(options: Partial<WebRelayStreamOptions> = {}): Promise<RelayStream> {
    const { streamName = 'front-door' } = options;
    return openRelayStream({
      url: this.url.replace(/^http/, 'ws'),
      streamName,
      token: await this.token({ streamName }),
      tracks: [{ kind: 'video', codec: 'vp8', width: 320, height: 240 }],
      stopTimeoutMs: 60_000,
      openSocket: openTestSocket,
      ...options,
    });
  }

  /** Throws the Durable Object of a stream away, as the platform may at any time. */
  async evict(streamName: string): Promise<void> {
    const response = await fetch(`${this.#workerUrl}/evict?stream=${streamName}`);
    await response.text();
  }

  /** Ends the process that runs the Worker, and starts another one. */
  async restartWorker(): Promise<void> {
    await this.#worker.dispose();
    await this.#startWorker();
  }

  /** Of the Worker itself. */
  get workerUrl(): string {
    return this.#workerUrl;
  }

  /** Reads a stream from its beginning until these many different frames are there; every fragment as the service has it. */
  async readBack(frames: number, streamName = 'front-door'): Promise<MediaFragment[]> {
    const target = {
      platform: createNodePlatform(),
      region: this.#options.region ?? REGION,
      endpoint: this.service.url,
      credentials: staticCredentials(DEVELOPMENT_CREDENTIALS),
    };
    const signal = AbortSignal.timeout(30_000);
    const body = await getMedia(target, streamName, { type: 'EARLIEST' }, { signal });
    const fragments: MediaFragment[] = [];
    const seen = new Set<string>();
    for await (const fragment of readFragments(loadCore('simd'), body)) {
      fragments.push(fragment);
      for (const { trackNumber, timestampUs } of fragment.frames) seen.add(`${trackNumber}@${timestampUs}`);
      if (seen.size >= frames) break;
    }
    return fragments;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.dispose();
    await this.#downstream.close();
    await this.upstream.close();
    await this.service.close();
    await removeDirectory(this.#storage);
  }

  async #startWorker(): Promise<void> {
    const variables = {
      KVS_ENDPOINT: this.upstream.url,
      AWS_REGION: this.#options.region ?? REGION,
      AWS_ACCESS_KEY_ID: DEVELOPMENT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: DEVELOPMENT_CREDENTIALS.secretAccessKey,
      RELAY_TOKEN_SECRET: RELAY_SECRET,
      RELAY_ALLOWED_ORIGINS: this.#options.allowedOrigin ?? ALLOWED_ORIGIN,
      RELAY_CREATE_STREAMS: String(this.#options.createStreams ?? true),
      RELAY_LIMITS: JSON.stringify(this.#options.limits ?? {}),
    };
    this.#worker = await startWorker(this.#options.config ?? CONFIG, {
      entrypoint: this.#options.entrypoint ?? TEST_WORKER,
      variables,
      persist: this.#storage,
      logLevel: process.env['RELAY_LOG'] === undefined ? 'none' : 'log',
    });
    this.#workerUrl = String(await this.#worker.url).replace(/\/$/, '');
  }
}
