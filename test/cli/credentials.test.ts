/** Signing in from the command: with a credential file, a profile, a device's certificate. The service knows no other pair. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expirationOf, iotAnswer, startIotEndpoint } from '../support/iot-endpoint.ts';
import { startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { penstock } from './command.ts';

const it = suite('penstock signs in');
const PAIR = { accessKeyId: 'CAMERAKEY', secretAccessKey: 'secret-of-the-camera' };
const directory = await temporaryDirectory();
const service = await startTestService({ credentials: [PAIR] });
const iot = await startIotEndpoint();
iot.answer = (response) => response.end(iotAnswer(expirationOf(Date.now() + 3_600_000), PAIR));
const file = async (name: string, text: string): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
};
const { accessKeyId, secretAccessKey } = PAIR;
const credentialFile = await file('credential', `CREDENTIALS ${accessKeyId} ${secretAccessKey}\n`);
const profiles = await file(
  'profiles',
  `[camera]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
);
const certificate = await file('device.pem', iot.client.certificatePem);
const key = await file('device.key', iot.client.privateKeyPem);
const ca = await file('ca.pem', iot.authority.certificatePem);
const settings = `endpoint=${iot.endpoint},cert-path=${certificate},key-path=${key},ca-path=${ca},role-aliases=CameraRole`;
const streams = (...args: readonly string[]) =>
  penstock(['streams', '--endpoint', service.url, '--region', 'eu-west-1', ...args], {
    environment: { AWS_SHARED_CREDENTIALS_FILE: profiles, AWS_CONFIG_FILE: join(directory, 'none'), HOME: directory },
  });

it('with a credential file', async () => {
  const { code, stderr } = await streams('--credential-file', credentialFile);
  assert.is(code, 0, stderr);
});

it('with a profile', async () => {
  const { code, stderr } = await streams('--profile', 'camera');
  assert.is(code, 0, stderr);
});

it("with a device's certificate", async () => {
  const { code, stderr } = await streams('--iot', `${settings},iot-thing-name=front-door`);
  assert.is(code, 0, stderr);
  assert.is(iot.requests.at(-1)?.headers['x-amzn-iot-thingname'], 'front-door');
});

it('not without any of them, nor with what is not there, and says why', async () => {
  const [none, profile, missing] = await Promise.all([
    streams(),
    streams('--profile', 'camra'),
    streams('--credential-file', join(directory, 'nowhere')),
  ]);
  assert.equal([none.code, profile.code, missing.code], [1, 1, 1]);
  assert.match(none.stderr, /InvalidClientTokenId|not known here/);
  assert.match(profile.stderr, /profile 'camra' is in none of the files/);
  assert.match(missing.stderr, /nowhere cannot be read: ENOENT/);
});

it.after(async () => {
  await iot.close();
  await service.close();
  await removeDirectory(directory);
});
it.run();
