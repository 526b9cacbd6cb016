/** Certificates of an authority that is trusted, and wrong all the same: expired, not yet valid, of another host. */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import type { ChildOutcome } from '../support/call-child.ts';
import { certificate, type Certificate } from '../support/test-certificate.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('TLS failures');
async function serve({ cert, key }: Certificate): Promise<Server> {
  const server = createServer({ cert, key }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

it('each is an answer that says what is wrong, and no matter of retries', async () => {
  const directory = await temporaryDirectory();
  const certificates = [
    await certificate('localhost', -1, 1),
    await certificate('localhost', -9, -2),
    await certificate('localhost', 2, 9),
    await certificate('other.test', -1, 1),
  ];
  const trusted = join(directory, 'trusted.pem');
  await writeFile(trusted, certificates.map(({ cert }) => cert).join('\n'));
  const servers = await Promise.all(certificates.map(serve));
  const urls = servers.map((server) => `https://localhost:${(server.address() as AddressInfo).port}`);
  const { output } = await runCommand(process.execPath, ['--import', 'tsx', 'test/support/call-child.ts', ...urls], {
    env: { NODE_EXTRA_CA_CERTS: trusted },
  });
  for (const server of servers) server.close();
  await removeDirectory(directory);
  const outcomes = JSON.parse(/^outcomes (.*)$/m.exec(output)?.[1] ?? `["${output}"]`) as ChildOutcome[];
  assert.equal(
    outcomes.map(({ result, retryable }) => [result, retryable]),
    [
      [200, false],
      [401, false],
      [401, false],
      [401, false],
    ],
    output,
  );
  assert.match(outcomes[1]?.reason as string, 'expired');
  assert.match(outcomes[2]?.reason as string, 'not yet valid');
  assert.match(outcomes[3]?.reason as string, "Host: localhost. is not in the cert's altnames");
});

it.run();
