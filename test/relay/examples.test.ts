/** The examples for Workers, run as their comments say: in workerd, against the service. */
// time-limit-s: 180
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeRawRecording } from '../support/raw-recording.ts';
import { RELAY_SECRET, RelayStage } from '../support/relay-stage.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('examples for Workers');
const pathOf = (name: string): string => fileURLToPath(new URL(`../../examples/workers/${name}`, import.meta.url));

async function run(program: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, RELAY_TOKEN_SECRET: RELAY_SECRET },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.is(code, 0, output);
  return output;
}

it('relay.ts relays what send.ts sends', async () => {
  await using stage = await RelayStage.set({ entrypoint: pathOf('relay.ts') });
  const directory = await temporaryDirectory();
  try {
    const file = join(directory, 'recording.h264');
    await writeRawRecording(file);
    const output = await run(pathOf('send.ts'), file, 'front-door', `${stage.url.replace(/^http/, 'ws')}/cameras`);
    // 300 frames and the stop.
    assert.match(output, /^301 messages persisted, 0 frames lost$/m);
    const fragments = await stage.readBack(300);
    assert.is(fragments.flatMap(({ frames }) => frames).length, 300);
  } finally {
    await removeDirectory(directory);
  }
});

it('snapshot.ts keeps the picture that is posted', async () => {
  await using stage = await RelayStage.set({
    entrypoint: pathOf('snapshot.ts'),
    config: fileURLToPath(new URL('../../bindings/workers/wrangler.jsonc', import.meta.url)),
  });
  const picture = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251);
  const answer = await fetch(`${stage.workerUrl}/snapshots`, { method: 'POST', body: picture });
  assert.equal([answer.status, await answer.text()], [200, 'persisted']);
  const [fragment] = await stage.readBack(1, 'snapshots');
  assert.ok(Buffer.compare(fragment?.frames[0]?.data ?? new Uint8Array(), picture) === 0);
});

it.run();
