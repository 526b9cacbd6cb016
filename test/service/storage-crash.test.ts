/** What a process that was killed leaves behind: every persisted fragment, and nothing else that can be seen. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { assertBlob, streamRow } from './storage-checks.ts';
import { crashBlob, crashRow } from './storage-crash-blobs.ts';

const ROUNDS = 10;
const CHILD = fileURLToPath(new URL('./storage-crash-child.ts', import.meta.url));
const STREAM = streamRow('a');

const crash = suite('storage: kill -9');

/** Runs the child until it printed enough, kills it at some later moment, returns the sequences that it claimed. */
async function storeUntilKilled(directory: string, killAfterMs: number): Promise<number[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, directory, STREAM.streamId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let printed = '';
  child.stdout.on('data', (piece: Buffer) => {
    if (printed === '') setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    printed += piece.toString();
  });
  const [, signal] = (await closed) as [number | null, string | null];
  assert.is(signal, 'SIGKILL', 'the child ends by the kill and by nothing else');
  const lines = printed.split('\n');
  lines.pop();
  return lines.map(Number);
}

/** Opens what the child left; every visible fragment must be one that it stored, byte for byte. */
async function inspect(directory: string, claimed: ReadonlySet<number>): Promise<void> {
  const streams = SqliteIndex.open(join(directory, 'index.sqlite'));
  const fragments = await SegmentFiles.open(join(directory, 'fragments'));
  const rows = await streams.fragmentsAfter(STREAM.streamId, 0, 1_000_000);
  for (const row of rows) {
    assert.equal(row, crashRow(STREAM.streamId, row.sequence, row.media));
    assert.is.not(row.sequence % 7, 0, 'fragments given up half-way are never visible');
    await assertBlob(fragments, row.media, crashBlob(row.sequence));
  }
  const visible = new Set(rows.map((row) => row.sequence));
  assert.equal(
    [...claimed].filter((sequence) => !visible.has(sequence)),
    [],
    'persisted fragments that are gone',
  );
  await fragments.close();
  await streams.close();
}

crash(`${ROUNDS} kills on one directory lose nothing that was persisted`, async () => {
  const directory = await temporaryDirectory();
  const streams = SqliteIndex.open(join(directory, 'index.sqlite'));
  await streams.createStream(STREAM, new Map());
  await streams.close();
  const claimed = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const sequences = await storeUntilKilled(directory, (round * 37) % 150);
    for (const sequence of sequences) {
      assert.not.ok(claimed.has(sequence), `sequence ${sequence} was given out twice`);
      claimed.add(sequence);
    }
    await inspect(directory, claimed);
    // Rubbish behind the newest file, as a disk that was full or a cut write leaves it.
    const folder = join(directory, 'fragments', STREAM.streamId);
    const newest = (await readdir(folder)).sort().at(-1) as string;
    await appendFile(join(folder, newest), new Uint8Array(12_345).fill(0xee));
  }
  assert.ok(claimed.size > ROUNDS, `only ${claimed.size} fragments were stored`);
  await inspect(directory, claimed);
  await removeDirectory(directory);
});

crash.run();
