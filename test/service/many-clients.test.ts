/** Many clients at once, and clients that stop in the middle of something. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteStreamCommand, DescribeStreamCommand, UpdateDataRetentionCommand } from '@aws-sdk/client-kinesis-video';
import type { StreamInfo } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChunkReader, readChunks } from '../support/media-reader.ts';
import { bytesOf, cluster, endOfFragment, plainFragment, simpleBlock, streamHeader } from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { TestUpload, upload } from '../support/put-media-client.ts';
import { openSocket, requestHead } from '../support/raw-http.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { sha256Hex, sign } from '../support/sign.ts';

const HEADER = streamHeader();
const UPLOADS = 64;
const FRAGMENTS = 8;

const clients = suite<{ service: TestService }>('service: many clients');

clients.before(async (context) => {
  context.service = await startTestService({ limits: { readerIdleTimeoutMs: 300 } });
});

clients.after(async ({ service }) => {
  await service.close();
});

async function describe(service: TestService, streamName: string): Promise<StreamInfo> {
  return (await service.control.send(new DescribeStreamCommand({ StreamName: streamName }))).StreamInfo ?? {};
}

clients(`${UPLOADS} uploads at once: each stream holds its own fragments`, async ({ service }) => {
  const names = await Promise.all(Array.from({ length: UPLOADS }, () => newStream(service)));
  const fragment = (stream: number, index: number): Uint8Array =>
    plainFragment(index * 1000, stream + 1, 3000 + stream);
  const uploads = await Promise.all(names.map((streamName) => TestUpload.open(service.url, { streamName })));
  await Promise.all(uploads.map((sent) => sent.write(HEADER)));
  for (let index = 0; index < FRAGMENTS; index++) {
    await Promise.all(uploads.map((sent, stream) => sent.write(bytesOf(fragment(stream, index), endOfFragment()))));
  }
  await Promise.all(uploads.map((sent) => sent.ack('PERSISTED', (FRAGMENTS - 1) * 1000)));
  for (const sent of uploads) sent.end();
  const read = await Promise.all(names.map((streamName) => readChunks(service.media, streamName)));
  for (const [stream, chunks] of read.entries()) {
    assert.is(chunks.length, FRAGMENTS);
    for (const [index, chunk] of chunks.entries()) {
      assert.ok(Buffer.from(fragment(stream, index)).equals(chunk.cluster), `fragment ${index} of stream ${stream}`);
    }
  }
});

clients('retention that is taken away under upload and readers ends neither', async ({ service }) => {
  const streamName = await newStream(service, 1);
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
  await sent.ack('PERSISTED', 0);
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  assert.ok(await reader.next());
  const change = async (operation: 'DECREASE_DATA_RETENTION' | 'INCREASE_DATA_RETENTION'): Promise<void> => {
    const { Version } = await describe(service, streamName);
    await service.control.send(
      new UpdateDataRetentionCommand({
        StreamName: streamName,
        CurrentVersion: Version,
        Operation: operation,
        DataRetentionChangeInHours: 1,
      }),
    );
  };
  for (const [timecode, operation, lastAck] of [
    [1000, 'DECREASE_DATA_RETENTION', 'RECEIVED'],
    [2000, 'INCREASE_DATA_RETENTION', 'PERSISTED'],
  ] as const) {
    await change(operation);
    const next = reader.next();
    await sent.write(bytesOf(plainFragment(timecode, 5), endOfFragment()));
    await sent.ack(lastAck, timecode);
    assert.equal((await next)?.cluster, Buffer.from(plainFragment(timecode, 5)));
  }
  await reader.cancel();
  sent.end();
  await sent.over();
});

clients('refused uploads leave nothing on the disk', async ({ service }) => {
  const segmentCount = async (): Promise<number> => {
    const names = await readdir(join(service.directory, 'fragments'), { recursive: true });
    return names.filter((name) => name.endsWith('.segment')).length;
  };
  const streamName = await newStream(service);
  const before = await segmentCount();
  const incomplete = bytesOf(streamHeader({ trackNumbers: [1, 2] }), plainFragment(0), endOfFragment());
  for (let attempt = 0; attempt < 5; attempt++) {
    assert.is((await upload(service.url, incomplete, { streamName })).acks.at(-1)?.ErrorId, 4011);
  }
  assert.is(await segmentCount(), before);
  await upload(service.url, bytesOf(HEADER, plainFragment(0)), { streamName });
  assert.is(await segmentCount(), before + 1);
});

clients('a reader that comes while its stream is being deleted ends with it', async () => {
  const service = await startTestService({ limits: { transitionDelayMs: 50, readerIdleTimeoutMs: 60_000 } });
  try {
    const streamName = await newStream(service);
    let info = await describe(service, streamName);
    while (info.Status !== 'ACTIVE') info = await describe(service, streamName);
    await service.control.send(new DeleteStreamCommand({ StreamARN: info.StreamARN }));
    const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' });
    assert.is(await reader.next(), null);
  } finally {
    await service.close();
  }
});

clients('readers and producers that read nothing are cut, and give their places back', async () => {
  const limits = { connectionStallTimeoutMs: 400, maxReadersPerStream: 1, idleTimeoutMs: 60_000 };
  const service = await startTestService({ limits });
  try {
    const streamName = await newStream(service);
    const sent = await TestUpload.open(service.url, { streamName });
    await sent.write(HEADER);
    const payload = new Uint8Array(1 << 20);
    for (let index = 0; index < 16; index++) {
      await sent.write(bytesOf(cluster(index * 1000, simpleBlock(0, { payload })), endOfFragment()));
    }
    await sent.ack('PERSISTED', 15_000);
    const body = JSON.stringify({ StreamName: streamName, StartSelector: { StartSelectorType: 'EARLIEST' } });
    const stalled = await openSocket(service.url);
    stalled.on('error', () => undefined).pause();
    const headers = sign({ path: '/getMedia', headers: { host: 'x' }, payloadHash: sha256Hex(body) });
    stalled.write(requestHead('POST', '/getMedia', { ...headers, 'content-length': String(body.length) }) + body);
    const begin = Date.now();
    let isFree = false;
    while (!isFree && Date.now() - begin < 5000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      isFree = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' }).then(
        (reader) => reader.cancel().then(() => true),
        () => false,
      );
    }
    assert.ok(isFree, 'the place of a reader that reads nothing');
    assert.ok(Date.now() - begin >= 400, 'not before its time');
    stalled.destroy();
    assert.is((await sent.over()).at(-1)?.EventType, 'PERSISTED', 'a producer that says nothing is cut as well');
  } finally {
    await service.close();
  }
});

clients.run();
