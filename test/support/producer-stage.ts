/** A producer on Node, a link that can break, and the real service behind it: what was put is read back. */
import {
  createProducer,
  type Producer,
  type ProducerOptions,
  type ProducerStream,
  type StreamOptions,
} from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { type MediaFragment, readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { type CuttingProxy, type CuttingProxyOptions, startCuttingProxy } from './cutting-proxy.ts';
import { loadCore } from './load-core.ts';
import { startTestService, type TestService } from './service.ts';

const STAGE_REGION = 'eu-west-1';
const STREAM_NAME = 'front-door';

export class ProducerStage {
  readonly service: TestService;
  readonly link: CuttingProxy;
  readonly producer: Producer;

  private constructor(service: TestService, link: CuttingProxy, producer: Producer) {
    this.service = service;
    this.link = link;
    this.producer = producer;
  }

  static async set(cut: CuttingProxyOptions = {}, options: ProducerOptions = {}): Promise<ProducerStage> {
    const service = await startTestService({ region: STAGE_REGION, publicUrl: (): string => link.url });
    const link = await startCuttingProxy(() => service.url, cut);
    const producer = await createProducer({
      region: STAGE_REGION,
      endpoint: link.url,
      credentials: DEVELOPMENT_CREDENTIALS,
      logLevel: 'silent',
      ...options,
    });
    return new ProducerStage(service, link, producer);
  }

  open(options: Partial<StreamOptions> = {}): Promise<ProducerStream> {
    return this.producer.openStream(STREAM_NAME, {
      tracks: [{ kind: 'video', codec: 'h264' }],
      stopTimeoutMs: 30_000,
      ...options,
    });
  }

  /** The stream from its beginning, as the service sends it. */
  media(streamName = STREAM_NAME): Promise<ReadableStream<Uint8Array>> {
    const target = {
      platform: createNodePlatform(),
      region: STAGE_REGION,
      endpoint: this.service.url,
      credentials: staticCredentials(DEVELOPMENT_CREDENTIALS),
    };
    return getMedia(target, streamName, { type: 'EARLIEST' }, { signal: AbortSignal.timeout(20_000) });
  }

  /** Reads the stream from its beginning until these many different frames are there. */
  async readBack(frames: number, streamName = STREAM_NAME): Promise<MediaFragment[]> {
    const fragments: MediaFragment[] = [];
    const seen = new Set<number>();
    for await (const fragment of readFragments(loadCore('simd'), await this.media(streamName))) {
      fragments.push(fragment);
      for (const frame of fragment.frames) seen.add(frame.timestampUs);
      if (seen.size >= frames) break;
    }
    return fragments;
  }

  async clear(): Promise<void> {
    this.producer.abort(new Error('The test is over'));
    await this.producer.close();
    await this.link.close();
    await this.service.close();
  }
}
