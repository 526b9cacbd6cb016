/** Reads a stream from its beginning through the official AWS clients. */
import { GetDataEndpointCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import type { Credentials } from '../../sdk/platform.ts';

// The clients announce on Node 20 that they will ask for Node 22 one day; that notice would tear the demo's output apart.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export interface StreamAddress {
  /** Base URL of the control plane. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly streamName: string;
}

/** The bytes of GetMedia from the earliest fragment on. Leaving the loop over them ends the request. */
export async function* mediaFromStart(address: StreamAddress): AsyncGenerator<Uint8Array> {
  const { endpoint, region, credentials, streamName: StreamName } = address;
  const control = new KinesisVideoClient({ endpoint, region, credentials });
  const { DataEndpoint } = await control.send(new GetDataEndpointCommand({ StreamName, APIName: 'GET_MEDIA' }));
  const media = new KinesisVideoMediaClient({ endpoint: DataEndpoint!, region, credentials });
  const StartSelector = { StartSelectorType: 'EARLIEST' } as const;
  const { Payload } = await media.send(new GetMediaCommand({ StreamName, StartSelector }));
  try {
    yield* Payload as AsyncIterable<Uint8Array>;
  } finally {
    media.destroy();
    control.destroy();
  }
}
