/** What the service takes in over loopback, until the last fragment is PERSISTED, beside a bare HTTP server that only writes to a file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createStream } from '../sdk/aws/control-api.ts';
import { staticCredentials } from '../sdk/aws/credentials.ts';
import { createSigner } from '../sdk/aws/signing.ts';
import { AckParser, type FragmentAck } from '../sdk/producer/acks.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
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
  const directory = await mkdtemp(join(tmpdir(), 'penstock-bench-'));
  const server = await startServer(kind, directory);
  return {
    amount: body.bytes.length,
    run: await client(server.url, body),
    async close() {
      await stopServer(server);
      await rm(directory, { recursive: true, force: true });
    },
  };
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

interface Server {
  readonly url: string;
  readonly child: ChildProcess;
}

async function stopServer({ child }: Server): Promise<void> {
  child.kill();
  await once(child, 'exit');
}

async function startServer(kind: 'service' | 'sink', directory: string): Promise<Server> {
  const server = fileURLToPath(new URL('ingest-server.js', import.meta.url));
  const child = spawn(process.execPath, [server, kind, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: line.toString().trim(), child };
}

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
