// time-limit-s: 300
/** Signing in inside Deno and Bun: client certificates, files, and AWS's own chain, against servers on loopback. */
import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import type { PemClientCertificate } from '../../sdk/platform.ts';
import { WITHOUT_RUNTIME } from '../conformance/credential-task.ts';
import { chainEnvironments, startAwsSources } from '../support/aws-sources.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { startIotEndpoint } from '../support/iot-endpoint.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const BUN = path('test/runtimes/engines/node_modules/bun/bin/bun');

const directory = await temporaryDirectory();
const server = await startIotEndpoint();
const sources = await startAwsSources();
const stranger = await certificateAuthority('Stranger');
const caPem = server.authority.certificatePem;
const files = {
  certificatePath: join(directory, 'device.pem'),
  privateKeyPath: join(directory, 'device.key'),
  caPath: join(directory, 'ca.pem'),
};
await writeFile(files.certificatePath, server.client.certificatePem);
await writeFile(files.privateKeyPath, server.client.privateKeyPem);
await writeFile(files.caPath, caPem);
const file = join(directory, 'credential');
await writeFile(file, 'CREDENTIALS FILEKEY HUSHHUSH\n');
const certificates: Record<string, PemClientCertificate> = {
  good: { ...server.client, caPem },
  // The form in which OpenSSL has long written keys.
  olderKey: {
    ...server.client,
    privateKeyPem: createPrivateKey(server.client.privateKeyPem).export({ type: 'sec1', format: 'pem' }).toString(),
    caPem,
  },
  stranger: { ...(await stranger.client('front-door')), caPem },
  expired: { ...(await server.authority.client('front-door', { expired: true })), caPem },
  wrongKey: { ...server.client, privateKeyPem: stranger.privateKeyPem, caPem },
  noKey: { ...server.client, privateKeyPem: 'HUSHHUSH', caPem },
  unknownServer: server.client,
};
const task = JSON.stringify({ task: { endpoint: server.endpoint, certificates, files }, file });
const environments = await chainEnvironments(directory, sources);

const RUNTIMES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  deno: [
    process.execPath,
    [
      path('node_modules/deno/bin.cjs'),
      'run',
      '--no-prompt',
      '--cached-only',
      '--config=bindings/deno/deno.json',
      '--allow-env',
      '--allow-sys=homedir,osRelease',
      // For the profile whose credentials a command gives.
      '--allow-run',
      `--allow-read=build,node_modules,${directory}`,
      `--allow-net=${server.endpoint},${new URL(sources.url).host}`,
      'test/deno/credentials.ts',
    ],
  ],
  bun: [BUN, ['run', 'test/runtimes/credentials-node.ts']],
};

const suites = Object.entries(RUNTIMES).map(([runtime, [command, args]]) => {
  const it = suite(`signing in [${runtime}]`);
  if (!existsSync(command)) {
    skip(`signing in [${runtime}]`, 'the runtime is not installed');
    return it;
  }
  const outcomes = async (input: string, variables: Readonly<Record<string, string>> = {}) => {
    const { code, output } = await runCommand(command, [...args, input], { env: { NO_COLOR: '1', ...variables } });
    assert.is(code, 0, output);
    return JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as Record<string, string>;
  };

  it('with certificates and files', async () => {
    server.requests.length = 0;
    const { good, olderKey, files: fromFiles, file: fromFile, ...refused } = await outcomes(task);
    assert.equal([good, olderKey, fromFiles, fromFile], ['IOTKEY', 'IOTKEY', 'IOTKEY', 'FILEKEY']);
    assert.equal(
      server.requests.map(({ client, path: asked }) => `${client} ${asked}`),
      Array.from({ length: 3 }, () => 'front-door /role-aliases/CameraRole/credentials'),
    );
    assert.equal(Object.keys(refused), ['stranger', 'expired', 'wrongKey', 'noKey', 'unknownServer']);
    for (const outcome of Object.values(refused)) {
      assert.match(
        outcome,
        /^STATUS_IOT_FAILED: Cannot get credentials: the IoT endpoint localhost:\d+ did not answer: ./,
      );
      assert.not.match(outcome, 'HUSH');
    }
  });

  for (const [key, variables] of Object.entries(environments)) {
    it(`by AWS's chain: ${key}`, async () => {
      const { chain, environment = '', ...neutral } = await outcomes('{}', variables);
      assert.is(chain, key);
      if (key === 'ENVIRONMENTKEY') assert.is(environment, key);
      else assert.match(environment, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set in the environment/);
      assert.equal(neutral, WITHOUT_RUNTIME);
    });
  }
  return it;
});

suites.at(-1)?.after(async () => {
  await server.close();
  await sources.close();
  await removeDirectory(directory);
});
for (const it of suites) it.run();
