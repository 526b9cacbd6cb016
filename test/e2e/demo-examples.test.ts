/** The example programs, run as their comments say. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMediaSource } from '../../cli/sources/open-source.ts';
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

/** Writes the pictures of the demo's recording as Annex-B: lengths of four bytes become start codes of four bytes. */
async function writeRawRecording(path: string): Promise<void> {
  const source = await openMediaSource(fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url)), {
    tracks: 'video',
  });
  const startCode = Buffer.from([0, 0, 0, 1]);
  const configuration = Buffer.from(source.tracks[0]!.codecPrivateData!);
  const spsSize = configuration.readUInt16BE(6);
  const ppsAt = 8 + spsSize + 3;
  const sps = configuration.subarray(8, 8 + spsSize);
  const pps = configuration.subarray(ppsAt, ppsAt + configuration.readUInt16BE(ppsAt - 2));
  const pieces: Uint8Array[] = [];
  for await (const { data, isKey } of source.frames()) {
    if (isKey) pieces.push(startCode, sps, startCode, pps);
    const picture = Buffer.from(data);
    for (let at = 0; at < picture.length;) {
      const sizeBytes = picture.readUInt32BE(at);
      startCode.copy(picture, at);
      at += 4 + sizeBytes;
    }
    pieces.push(picture);
  }
  await source.close();
  await writeFile(path, Buffer.concat(pieces));
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
