/** HTTPS with the certificate that the service makes for itself. */

import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KinesisVideoClient, CreateStreamCommand, GetDataEndpointCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startService } from '../../service/host/node.ts';
import { seenError } from '../support/errors.ts';
import { until } from '../support/media-bench.ts';
import { readChunks } from '../support/media-reader.ts';
import { bytesOf, endOfFragment, plainFragment, streamHeader } from '../support/mkv-builder.ts';
import { openSocket, requestHead } from '../support/raw-http.ts';
import { clientOptions, startTestService } from '../support/service.ts';
import { EMPTY_HASH, sign } from '../support/sign.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const tls = suite('TLS');

tls('the official client works over HTTPS with the certificate as its CA', async () => {
  const service = await startTestService({ tls: true });
  assert.match(service.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  await service.control.send(new CreateStreamCommand({ StreamName: 'a' }));
  const answer = await service.control.send(new GetDataEndpointCommand({ StreamName: 'a', APIName: 'PUT_MEDIA' }));
  assert.is(answer.DataEndpoint, service.url);
  await service.close();
});

tls('an upload goes both ways at once over TLS, and is read back', async () => {
  const service = await startTestService({ tls: true, limits: { readerIdleTimeoutMs: 50 } });
  await service.control.send(new CreateStreamCommand({ StreamName: 'a', DataRetentionInHours: 1 }));
  const socket = await openSocket(service.url, service.certificatePem);
  const headers = sign({
    path: '/putMedia',
    headers: {
      host: new URL(service.url).host,
      connection: 'keep-alive',
      'transfer-encoding': 'chunked',
      'x-amzn-stream-name': 'a',
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': '1700000000',
    },
    payloadHash: EMPTY_HASH,
  });
  socket.write(requestHead('POST', '/putMedia', headers));
  let answer = '';
  socket.on('data', (piece) => (answer += piece.toString('latin1')));
  for (const [index, fragment] of [plainFragment(0), plainFragment(1000)].entries()) {
    const body = bytesOf(index === 0 ? streamHeader() : [], fragment, endOfFragment());
    socket.write(`${body.length.toString(16)}\r\n`);
    socket.write(body);
    socket.write('\r\n');
    await until(`PERSISTED ${index * 1000}`, () => answer.includes(`"PERSISTED","FragmentTimecode":${index * 1000},`));
  }
  socket.end('0\r\n\r\n');
  const chunks = await readChunks(service.media, 'a');
  assert.equal(
    chunks.map((chunk) => chunk.cluster),
    [Buffer.from(plainFragment(0)), Buffer.from(plainFragment(1000))],
  );
  await service.close();
});

tls('the certificate is good for localhost and for both loopback addresses', async () => {
  const service = await startTestService({ tls: true });
  const certificate = new X509Certificate(service.certificatePem as string);
  assert.is(certificate.checkHost('localhost'), 'localhost');
  assert.is(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  assert.is(certificate.checkIP('::1'), '::1');
  assert.is(certificate.checkHost('example.com'), undefined);
  const { port } = new URL(service.url);
  const named = { url: `https://localhost:${port}`, certificatePem: service.certificatePem as string };
  const client = new KinesisVideoClient(clientOptions(named));
  await client.send(new CreateStreamCommand({ StreamName: 'a' }));
  client.destroy();
  await service.close();
});

tls('a client that does not trust the certificate refuses', async () => {
  const service = await startTestService({ tls: true });
  const client = new KinesisVideoClient(clientOptions({ url: service.url }));
  const error = await seenError(client.send(new CreateStreamCommand({ StreamName: 'a' })));
  assert.match(error.message, /self-signed certificate/);
  client.destroy();
  await service.close();
});

tls('the certificate is kept and used again; its key is for the owner alone', async () => {
  const directory = await temporaryDirectory();
  const start = async (): Promise<string> => {
    const service = await startService({ directory, tls: true });
    await service.close();
    return service.certificatePem as string;
  };
  const first = await start();
  assert.is(await start(), first);
  assert.is(await readFile(join(directory, 'tls', 'certificate.pem'), 'utf8'), first);
  if (process.platform !== 'win32') {
    assert.is((await stat(join(directory, 'tls', 'private-key.pem'))).mode & 0o777, 0o600);
  }
  await writeFile(join(directory, 'tls', 'certificate.pem'), first.slice(0, 100));
  const renewed = await start();
  assert.is.not(renewed, first, 'a file cut short by a crash is replaced');
  assert.is(await start(), renewed);
  await removeDirectory(directory);
});

tls.run();
