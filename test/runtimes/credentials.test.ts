// time-limit-s: 300
/** Signing in inside Deno, Bun and other versions of Node: client certificates, files, and AWS's own chain, against servers on loopback. */
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import type { PemClientCertificate } from '../../sdk/platform.ts';
import { type CredentialOutcomes, type CredentialTask, WITHOUT_RUNTIME } from '../conformance/credential-task.ts';
import { chainEnvironments, startAwsSources } from '../support/aws-sources.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { expirationOf, iotAnswer, startIotEndpoint } from '../support/iot-endpoint.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const engine = (name: string): string => path(`test/runtimes/engines/node_modules/${name}`);

const directory = await temporaryDirectory();
const server = await startIotEndpoint();
const proxy = await startConnectProxy({ credentials: 'gate:p@ss' });
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
const sockets: Socket[] = [];
const mute = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
mute.listen(0, '127.0.0.1');
await once(mute, 'listening');
const muteEndpoint = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
/** Far beyond what an answer may have. */
const FLOOD_BYTES = 8 << 20;
server.answer = (response) => {
  const text = iotAnswer(expirationOf(Date.now() + 3_600_000));
  if (response.req.url?.includes('/Silent/')) return;
  if (response.req.url?.includes('/Moved/'))
    return void response.writeHead(307, { location: '/role-aliases/Right/credentials' }).end();
  if (response.req.url?.includes('/Page/'))
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>HUSHHUSH</html>');
  if (response.req.url?.includes('/Flood/')) return void response.end(Buffer.alloc(FLOOD_BYTES, ' '));
  if (response.req.url?.includes('/Cut/')) response.write(text.slice(0, 90), () => response.socket?.destroy());
  else response.end(text);
};
const environments = await chainEnvironments(directory, sources);
const task: CredentialTask = {
  endpoint: server.endpoint,
  muteEndpoint,
  certificates,
  files,
  file,
  environments,
  proxy: proxy.url.replace('//', '//gate:p%40ss@'),
};

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
      `--allow-net=${server.endpoint},${muteEndpoint},${[sources.url, proxy.url].map((url) => new URL(url).host).join()}`,
      'test/deno/credentials.ts',
    ],
  ],
  ...Object.fromEntries(
    ['bun/bin/bun', 'node-22/bin/node', 'node-24/bin/node', 'node-26/bin/node'].map((name) => [
      name.split('/')[0] as string,
      [engine(name), ['test/runtimes/credentials-node.ts']] as const,
    ]),
  ),
};

const REFUSED = ['stranger', 'expired', 'wrongKey', 'noKey', 'unknownServer', 'cut', 'silent', 'mute', 'proxyRefused'];
const all: ReturnType<typeof suite>[] = [];
for (const [runtime, [command, args]] of Object.entries(RUNTIMES)) {
  if (!existsSync(command)) {
    skip(`signing in [${runtime}]`, 'the runtime is not installed');
    continue;
  }
  const it = suite(`signing in [${runtime}]`);
  all.push(it);
  server.requests.length = 0;
  const tunnelsBefore = proxy.tunnels;
  const { code, output } = await runCommand(command, [...args, JSON.stringify(task)], { env: { NO_COLOR: '1' } });
  const tunnels = proxy.tunnels - tunnelsBefore;
  const seen = server.requests.map(({ client, path: asked }) => `${client} ${asked}`);
  it('runs to its end', () => assert.is(code, 0, output));
  if (code !== 0) continue;
  const {
    certificates: asked,
    chains,
    neutral,
  } = JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as CredentialOutcomes;

  it('with certificates as texts and as files, and with a credential file', () => {
    const {
      good,
      olderKey,
      files: fromFiles,
      file: fromFile,
      proxy: behindProxy,
      moved,
      page,
      flood,
      ...others
    } = asked;
    assert.equal([good, olderKey, fromFiles, behindProxy, fromFile], [...Array(4).fill('IOTKEY'), 'FILEKEY']);
    assert.is(tunnels, 1);
    assert.match(moved ?? '', /^STATUS_IOT_FAILED: .*the IoT endpoint answered HTTP 307$/);
    assert.match(page ?? '', /^STATUS_IOT_NULL_AWS_CREDS: .*the IoT endpoint's answer is no JSON object/);
    assert.match(
      flood ?? '',
      /^STATUS_IOT_INVALID_RESPONSE_LENGTH: .*the IoT endpoint's answer has more than 10000 bytes/,
    );
    assert.equal(Object.keys(others), REFUSED);
    assert.equal(seen, [
      ...Array.from({ length: 3 }, () => 'front-door /role-aliases/Right/credentials'),
      ...['Moved', 'Page', 'Flood', 'Cut'].map((alias) => `front-door /role-aliases/${alias}/credentials`),
      'front-door /role-aliases/Silent/credentials',
      'front-door /role-aliases/Right/credentials',
    ]);
  });

  it('with wrong certificates, and where no answer comes: typed errors', () => {
    for (const name of REFUSED) {
      const outcome = asked[name] ?? '';
      assert.match(
        outcome,
        /^STATUS_IOT_FAILED: Cannot get credentials: the IoT endpoint [\w.]+:\d+ did not answer: ./,
      );
      assert.not.match(outcome, 'HUSH');
    }
    assert.match(asked['proxyRefused'] ?? '', `the proxy ${proxy.url} refused the connection: HTTP 407`);
    assert.match(asked['silent'] ?? '', 'no whole answer within 400 ms');
    // Only where the runtime tells when a connection stands.
    assert.match(
      asked['mute'] ?? '',
      runtime === 'deno' ? 'no whole answer within 1000 ms' : 'No connection within 200 ms',
    );
  });

  it("by AWS's chain, from each of its sources", () => {
    const { variables, 'no variables': none = '', ...others } = chains;
    assert.equal(others, Object.fromEntries(Object.keys(environments).map((key) => [key, key])));
    assert.is(variables, 'ENVIRONMENTKEY');
    assert.match(none, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set in the environment/);
  });

  it('without the runtime', () => assert.equal(neutral, WITHOUT_RUNTIME));
}

for (const socket of sockets) socket.destroy();
mute.close();
await server.close();
await proxy[Symbol.asyncDispose]();
await sources.close();
await removeDirectory(directory);
for (const it of all) it.run();
