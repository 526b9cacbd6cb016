/** A host that takes no connection: calls and uploads end at their own limits in Node, Deno and Bun, whatever their fetch would wait. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import * as SERVICE_RESULT from '../../sdk/service-results.ts';
import type { ConnectingOutcome, ConnectingTask } from '../support/connecting.ts';
import { skip } from '../support/skip.ts';
import { startUnacceptingHost } from '../support/unaccepting-host.ts';

const it = suite('connections that do not come to stand');
const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CALL_MS = 700;
const STALL_MS = 1_400;
/** Generous: the machine may be busy. What waits for the runtime's own limits waits longer, or for ever. */
const LATE_MS = 5_000;

const DENO = ['run', '--no-prompt', '--cached-only', '--config=bindings/deno/deno.json', '--allow-read=build'];
const bun = file('test/runtimes/engines/node_modules/bun/bin/bun');
const newestNode = file('test/runtimes/engines/node_modules/node-26/bin/node');
const RUNTIMES: Readonly<Record<string, readonly [binary: string, ...args: string[]]>> = {
  node: [process.execPath, '--import', 'tsx', 'test/runtimes/connecting-node.ts'],
  'node-26': [newestNode, '--import', 'tsx', 'test/runtimes/connecting-node.ts'],
  bun: [bun, 'test/runtimes/connecting-node.ts'],
  deno: [
    process.execPath,
    file('node_modules/deno/bin.cjs'),
    ...DENO,
    '--allow-net=127.0.0.1',
    'test/deno/connecting.ts',
  ],
};

const host = await startUnacceptingHost();
for (const [name, [binary, ...args]] of Object.entries(RUNTIMES)) {
  const title = `calls and uploads end in time [${name}]`;
  if (host === undefined || !existsSync(binary)) {
    skip(title, host === undefined ? 'this system lets every connection stand' : 'the runtime is not installed');
    continue;
  }
  it(title, async () => {
    const task: ConnectingTask = { authority: host.authority, callTimeoutMs: CALL_MS, stallTimeoutMs: STALL_MS };
    const { code, output } = await runCommand(binary, [...args, JSON.stringify(task)], { env: { NO_COLOR: '1' } });
    assert.is(code, 0, output);
    const outcomes = JSON.parse(output.slice(output.lastIndexOf('[{'))) as ConnectingOutcome[];
    assert.equal(
      outcomes.map(({ what }) => what),
      ['http call', 'http upload', 'https call', 'https upload'],
    );
    for (const { what, said, result, afterMs } of outcomes) {
      const isCall = what.endsWith('call');
      assert.match(
        said,
        isCall ? `No answer within ${CALL_MS} ms` : `stalled: PutMedia failed: no answer: no sign of life`,
      );
      const expected = isCall ? SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT : SERVICE_RESULT.NETWORK_READ_TIMEOUT;
      assert.is(result, expected, what);
      const limitMs = isCall ? CALL_MS : STALL_MS;
      assert.ok(afterMs >= limitMs - 20 && afterMs < limitMs + LATE_MS, `${what} after ${afterMs} ms`);
    }
  });
}

it.after(async () => host?.[Symbol.asyncDispose]());
it.run();
