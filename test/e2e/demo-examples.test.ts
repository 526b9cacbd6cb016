/** The example programs, run as their comments say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeRawRecording } from '../support/raw-recording.ts';
import { startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('examples');
const service = await startTestService();
const directory = await temporaryDirectory();
it.after(async () => {
  await service.close();
  await removeDirectory(directory);
});

async function example(name: string, ...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL(`../../examples/node/${name}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.is(code, 0, output);
  return output;
}

it('send.ts sends what receive.ts receives', async () => {
  const file = join(directory, 'recording.h264');
  await writeRawRecording(file);
  const sent = await example('send.ts', file, 'front-door', service.url);
  const persisted = [...sent.matchAll(/^persisted (\d{47})$/gm)].map(([, number]) => number);
  assert.is(persisted.length, 10);
  const received = await example('receive.ts', 'front-door', service.url);
  const fragments = [...received.matchAll(/^\S+Z 30 frames, fragment (\d{47})$/gm)].map(([, number]) => number);
  assert.equal(fragments, persisted);
});

it.run();
