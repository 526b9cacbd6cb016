/** HTTPS with the certificate that the service makes for itself. */

import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KinesisVideoClient, CreateStreamCommand, GetDataEndpointCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startService } from '../../service/host/node.ts';
import { seenError } from '../support/errors.ts';
import { clientOptions, startTestService } from '../support/service.ts';
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
