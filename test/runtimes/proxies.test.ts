/** Uploads in full duplex through a proxy with a password, inside Deno and Bun, and a proxy there that refuses. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('proxies of other runtimes');
const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const DENO_OPTIONS = ['--no-prompt', '--cached-only', '--config=bindings/deno/deno.json', '--allow-read=build'];
const RUNTIMES = {
  deno: {
    binary: process.execPath,
    program: file('node_modules/deno/bin.cjs'),
    args: [
      file('node_modules/deno/bin.cjs'),
      'run',
      ...DENO_OPTIONS,
      '--allow-net=127.0.0.1',
      'test/deno/through-proxy.ts',
    ],
  },
  bun: {
    binary: file('test/runtimes/engines/node_modules/bun/bin/bun'),
    program: file('test/runtimes/engines/node_modules/bun/bin/bun'),
    args: ['run', 'test/bun/through-proxy.ts'],
  },
} as const;

for (const [name, { binary, program, args }] of Object.entries(RUNTIMES)) {
  const title = `${name} uploads through a proxy with a password, and tells of one that refuses`;
  if (!existsSync(program)) {
    skip(title, `${name} is not installed`);
    continue;
  }
  it(title, async () => {
    const directory = await temporaryDirectory();
    const service = await startTestService({ tls: true });
    const certificate = join(directory, 'service.pem');
    await writeFile(certificate, service.certificatePem as string);
    await using proxy = await startConnectProxy({ credentials: 'gate:word' });
    const outcomes: string[] = [];
    for (const pair of ['gate:word', 'gate:wrong']) {
      const task = {
        endpoint: service.url,
        proxy: proxy.url.replace('//', `//${pair}@`),
        credentials: DEVELOPMENT_CREDENTIALS,
      };
      const { output } = await runCommand(binary, [...args, JSON.stringify(task)], {
        env: { NO_COLOR: '1', DENO_CERT: certificate, NODE_EXTRA_CA_CERTS: certificate },
      });
      const [, outcome = output] = /"outcome":"(.*)"/.exec(output) ?? [];
      outcomes.push(outcome);
    }
    await service.close();
    await removeDirectory(directory);
    assert.is(outcomes[0], 'persisted');
    assert.ok(proxy.tunnels >= 1);
    assert.match(outcomes[1] as string, `the proxy ${proxy.url} refused the connection: HTTP 407`);
  });
}

it.run();
