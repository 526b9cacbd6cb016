/** What the service takes in over loopback, until the last fragment is PERSISTED, beside a bare HTTP server that only writes to a file. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createStream } from '../sdk/aws/control-api.ts';
import { staticCredentials } from '../sdk/aws/credentials.ts';
import { createSigner } from '../sdk/aws/signing.ts';
import { AckParser, type FragmentAck } from '../sdk/producer/acks.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import { startIngestServer } from './ingest-process.ts';
import { type RecordedBody, recordBody } from './recorded-body.ts';
import type { Opened, Timed } from './row.ts';

const REGION = 'us-west-2';
const STREAM_NAME = 'bench';
const FRAGMENTS = 32;
/** 30 a second make 8 Mbit/s: 1080p from a camera. */
const FRAME_BYTES = 33_333;
/** As large as what the upload session hands to the network. */
const WRITE_BYTES = 256 * 1024;

/** A server in a process of its own, so that client and server do not share a thread, and a body to send to it. */
async function openIngest(
  kind: 'service' | 'sink',
  client: (url: string, body: RecordedBody) => Promise<() => Promise<void>>,
): Promise<Opened> {
  const body = await recordBody(FRAGMENTS, FRAME_BYTES);
  const server = await startIngestServer(kind);
  return { amount: body.bytes.length, run: await client(server.url, body), close: () => server.stop() };
}

/** Creates the stream, and returns what sends the body and waits for its last ack. */
async function putMediaClient(endpoint: string, body: RecordedBody): Promise<() => Promise<void>> {
  const platform = createNodePlatform();
  const credentials = staticCredentials(DEVELOPMENT_CREDENTIALS);
  await createStream(
    { platform, region: REGION, endpoint, credentials },
    { streamName: STREAM_NAME, mediaType: 'video/h264', retentionHours: 24 },
  );
  const sign = createSigner(platform, REGION, credentials);
  const url = `${endpoint}/putMedia`;
  const signedHeaders = (): Promise<Record<string, string>> =>
    sign({
      method: 'POST',
      url,
      headers: {
        'x-amzn-stream-name': STREAM_NAME,
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': String(Math.floor(platform.now() / 1000)),
        'x-amzn-fragment-acknowledgment-required': '1',
      },
    });
  return async () => {
    const acks: FragmentAck[] = [];
    const parser = new AckParser(
      (ack) => acks.push(ack),
      (error) => {
        throw error;
      },
    );
    await send(url, await signedHeaders(), body.bytes, (answer) => parser.push(answer));
    if (!acks.some(({ type, timecode }) => type === 'persisted' && timecode === body.lastTimecodeMs)) {
      throw new Error('The answer ended before the last fragment was persisted');
    }
  };
}

export const ingestRows: readonly Timed[] = [
  { name: 'ingest/service', unit: 'MB/s', open: () => openIngest('service', putMediaClient) },
  {
    name: 'ingest/bare-http-sink',
    unit: 'MB/s',
    open: () => openIngest('sink', async (url, body) => () => send(`${url}/`, {}, body.bytes)),
  },
];

/** Sends a body; resolves at the end of the answer. */
function send(
  url: string,
  headers: Record<string, string>,
  bytes: Uint8Array,
  onAnswer?: (answer: Uint8Array) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers });
    request.on('error', reject).on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.on('data', (answer: Buffer) => onAnswer?.(answer));
      response.on('error', reject).on('end', resolve);
    });
    write(request, bytes).then(() => request.end(), reject);
  });
}

async function write(request: ReturnType<typeof httpRequest>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
    if (!request.write(bytes.subarray(at, at + WRITE_BYTES))) await once(request, 'drain');
  }
}
