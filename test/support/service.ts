/** A service of a test: its own directory, a free port, and official SDK clients that talk to it. */

import { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import type { RunningService, StartOptions } from '../../service/host/node.ts';
import { startService } from '../../service/host/node.ts';
import { removeDirectory, temporaryDirectory } from './temporary-directory.ts';

export interface TestService {
  readonly directory: string;
  readonly url: string;
  readonly certificatePem?: string;
  readonly control: KinesisVideoClient;
  readonly media: KinesisVideoMediaClient;
  /** Stops the service, keeps its directory, and starts another one on it, with a new port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** What both official clients need to reach a service. */
export function clientOptions(
  service: { readonly url: string; readonly certificatePem?: string },
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = DEVELOPMENT_CREDENTIALS,
): ConstructorParameters<typeof KinesisVideoClient>[0] & object {
  return {
    endpoint: service.url,
    region: 'eu-west-1',
    credentials,
    maxAttempts: 1,
    ...(service.certificatePem === undefined ? {} : { requestHandler: { httpsAgent: { ca: service.certificatePem } } }),
  };
}

/** Starts a service for a test on loopback. */
export async function startTestService(options: Partial<StartOptions> = {}): Promise<TestService> {
  const directory = options.directory ?? (await temporaryDirectory());
  let service!: RunningService;
  let control!: KinesisVideoClient;
  let media!: KinesisVideoMediaClient;
  const start = async (): Promise<void> => {
    service = await startService({ log: () => undefined, ...options, directory });
    const credentials = options.credentials?.[0];
    control = new KinesisVideoClient(clientOptions(service, credentials));
    media = new KinesisVideoMediaClient(clientOptions(service, credentials));
  };
  const stop = async (): Promise<void> => {
    control.destroy();
    media.destroy();
    await service.close();
  };
  await start();
  return {
    directory,
    get url() {
      return service.url;
    },
    ...(service.certificatePem === undefined ? {} : { certificatePem: service.certificatePem }),
    get control() {
      return control;
    },
    get media() {
      return media;
    },
    async restart() {
      await stop();
      await start();
    },
    async close() {
      await stop();
      await removeDirectory(directory);
    },
  };
}
