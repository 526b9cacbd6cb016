// time-limit-s: 120
/** A producer with callbacks of its own against the real service. */
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeStreamCommand, ListTagsForStreamCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClientCallbackProvider,
  createDefaultCallbacksProviderWithFileAuth,
  createProducer,
  DefaultCallbackProvider,
  type GetStreamingEndpointCall,
  type PutStreamCall,
  type StreamCallbackProvider,
} from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { recordH264 } from '../support/h264-recording.ts';
import { startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('callbacks end to end');

const REGION = 'eu-west-1';
const QUIET = { logLevel: 'silent' } as const;
const recording = await recordH264({ seconds: 2, keyInterval: 25 }, Date.now() - 60_000);

it('an extended provider: its own endpoint and connection, and everything else from the defaults', async () => {
  const service = await startTestService({ region: REGION });
  const notified: string[] = [];
  const acked: string[] = [];
  class Own extends DefaultCallbackProvider {
    uploads = 0;
    override async getStreamingEndpoint(
      call: GetStreamingEndpointCall,
    ): ReturnType<DefaultCallbackProvider['getStreamingEndpoint']> {
      notified.push('getStreamingEndpoint');
      return super.getStreamingEndpoint(call);
    }
    /** The first connection is refused; the second one is the default's. */
    override async putStream(call: PutStreamCall): ReturnType<DefaultCallbackProvider['putStream']> {
      this.uploads++;
      return this.uploads === 1 ? { result: 503 } : super.putStream(call);
    }
  }
  const clientCallbacks: ClientCallbackProvider = {
    clientReady: () => void notified.push('clientReady'),
    clientShutdown: () => void notified.push('clientShutdown'),
    free: () => void notified.push('free'),
  };
  const streamCallbacks: StreamCallbackProvider = {
    streamReady: ({ streamName }) => void notified.push(`streamReady ${streamName}`),
    fragmentAckReceived: ({ ack, uploadHandle }) => void acked.push(`${ack.type} ${uploadHandle}`),
    streamClosed: ({ uploadHandle }) => void notified.push(`streamClosed ${uploadHandle}`),
    streamShutdown: () => {
      notified.push('streamShutdown');
      throw new Error('harmless');
    },
  };
  const platform = createNodePlatform(QUIET);
  const provider = new Own(platform, {
    region: REGION,
    endpoint: service.url,
    credentials: DEVELOPMENT_CREDENTIALS,
    clientCallbacks,
    streamCallbacks,
  });
  const producer = await createProducer({ callbackProvider: provider, ...QUIET });
  const stream = await producer.openStream('front-door', {
    tracks: [{ kind: 'video', codec: 'h264' }],
    tags: { site: 'north' },
    retentionHours: 3,
  });
  for (const frame of recording) await stream.putFrame(frame);
  await stream.stop();
  await producer.close();
  assert.is(provider.uploads, 2);
  assert.is(stream.metrics.fragmentsPersisted, 2);
  assert.is(notified[0], 'clientReady');
  assert.ok(notified.filter((name) => name === 'getStreamingEndpoint').length >= 1);
  assert.equal(notified.slice(-4), ['streamClosed 2', 'streamShutdown', 'clientShutdown', 'free']);
  assert.ok(notified.includes('streamReady front-door'));
  assert.equal(
    acked.filter((ack) => ack === 'persisted 2'),
    ['persisted 2', 'persisted 2'],
  );
  const { StreamInfo } = await service.control.send(new DescribeStreamCommand({ StreamName: 'front-door' }));
  assert.is(StreamInfo?.DataRetentionInHours, 3);
  assert.is(StreamInfo?.MediaType, 'video/h264');
  const { Tags } = await service.control.send(new ListTagsForStreamCommand({ StreamName: 'front-door' }));
  assert.equal(Tags, { site: 'north' });
  await service.close();
});

it('one callback alone: an endpoint of its own, through which PutMedia goes', async () => {
  const service = await startTestService({ region: REGION });
  const relayed: string[] = [];
  const relay = createServer((request: IncomingMessage, response: ServerResponse) => {
    relayed.push(request.url ?? '');
    const onward = httpRequest(
      `${service.url}${request.url}`,
      { method: 'POST', headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve);
  });
  const { port } = relay.address() as AddressInfo;
  const producer = await createProducer({
    region: REGION,
    endpoint: service.url,
    credentials: DEVELOPMENT_CREDENTIALS,
    ...QUIET,
    apiCallbacks: { getStreamingEndpoint: () => ({ result: 200, endpoint: `http://127.0.0.1:${port}` }) },
  });
  const stream = await producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  for (const frame of recording) await stream.putFrame(frame);
  await stream.stop();
  await producer.close();
  assert.equal(relayed, ['/putMedia']);
  assert.is(stream.metrics.fragmentsPersisted, 2);
  relay.closeAllConnections();
  await new Promise((resolve) => {
    relay.close(resolve);
  });
  await service.close();
});

it('credentials from a file', async () => {
  const service = await startTestService({ region: REGION });
  const directory = await temporaryDirectory();
  const path = join(directory, 'credential');
  const { accessKeyId, secretAccessKey } = DEVELOPMENT_CREDENTIALS;
  await writeFile(path, `CREDENTIALS ${accessKeyId} ${secretAccessKey}\n`);
  const callbackProvider = createDefaultCallbacksProviderWithFileAuth(
    createNodePlatform(QUIET),
    () => readFile(path, 'utf8'),
    { region: REGION, endpoint: service.url },
  );
  await using producer = await createProducer({ callbackProvider, ...QUIET });
  const stream = await producer.openStream('side-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  for (const frame of recording) await stream.putFrame(frame);
  await stream.stop();
  assert.is(stream.metrics.fragmentsPersisted, 2);
  await removeDirectory(directory);
  await service.close();
});

it.run();
