/** What is particular to the SQLite index: its lock, its schema, its query plans. */

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fragmentQueries } from '../../service/host/sqlite/fragment-queries.ts';
import { IndexInUseError, SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { fragmentRow, streamRow } from './storage-checks.ts';

type Context = { directory: string; path: string };
const sqlite = suite<Context>('storage: SQLite index');

sqlite.before.each(async (context) => {
  context.directory = await temporaryDirectory();
  context.path = join(context.directory, 'index.sqlite');
});
sqlite.after.each((context) => removeDirectory(context.directory));

sqlite(
  'one index a file; closing frees it at once, although libsql keeps the connection',
  async ({ directory, path }) => {
    for (let round = 0; round < 5; round += 1) {
      const index = SqliteIndex.open(path);
      assert.throws(
        () => SqliteIndex.open(path),
        (error: unknown) => error instanceof IndexInUseError && error.path === path,
      );
      await index.close();
    }
    assert.equal(await readdir(directory), ['index.sqlite'], 'no log is left behind');
  },
);

sqlite('commits are on disk before they are reported, and many at once share one', async ({ path }) => {
  const index = SqliteIndex.open(path);
  await index.createStream(streamRow('a'), new Map());
  const commits = Array.from({ length: 2000 }, (_, sequence) => index.commitFragments([fragmentRow(sequence + 1)]));
  await Promise.all(commits);
  const rows = await index.fragmentsAfter('id-a', 0, 5000);
  assert.is(rows.length, 2000);
  await index.close();
  const database = new Database(path);
  assert.equal(database.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
  database.close();
});

sqlite('expireFragments() removes any number, and lets others have their turn meanwhile', async ({ path }) => {
  const index = SqliteIndex.open(path);
  await index.createStream(streamRow('a'), new Map());
  await index.commitFragments(Array.from({ length: 9000 }, (_, sequence) => fragmentRow(sequence + 1)));
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 0);
  assert.is(await index.expireFragments('id-a', Infinity), 9000);
  clearInterval(turning);
  assert.ok(turns >= 2, `${turns} turns`);
  assert.equal(await index.fragmentsAfter('id-a', 0, 5), []);
  await index.close();
});

sqlite('close() commits what is pending', async ({ path }) => {
  let index = SqliteIndex.open(path);
  await index.createStream(streamRow('a'), new Map());
  const pending = index.commitFragments([fragmentRow(1)]);
  await index.close();
  await pending;
  index = SqliteIndex.open(path);
  assert.is((await index.fragmentsAfter('id-a', 0, 5)).length, 1);
  await index.close();
});

sqlite('a file that is no index, or a newer one, is refused and left alone', async ({ path }) => {
  const database = new Database(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => SqliteIndex.open(path), /schema version 99; this program knows 1 at most/);
  assert.throws(() => SqliteIndex.open(path), /schema version 99/, 'the refusal did not keep the lock');
  await writeFile(path, 'this is no database, but long enough to be looked at as one'.repeat(20));
  assert.throws(() => SqliteIndex.open(path), /file is not a database/);
});

sqlite('every first-fragment query is answered from an index', async ({ path }) => {
  await SqliteIndex.open(path).close();
  const database = new Database(path);
  const texts: string[] = [];
  const recording = { prepare: (text: string) => (texts.push(text), database.prepare(text)) };
  fragmentQueries(recording as unknown as Database.Database);
  assert.is(texts.length, 7);
  for (const text of texts) {
    const plan = (
      database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(['id-a', 1, '1'].slice(0, parameters(text))) as {
        detail: string;
      }[]
    )
      .map((step) => step.detail)
      .join('; ');
    assert.not.match(plan, /SCAN fragments|TEMP B-TREE/, `${text}: ${plan}`);
  }
  database.close();
});

function parameters(text: string): number {
  return Math.max(...[...text.matchAll(/\?(\d)/g)].map(([, digit]) => Number(digit)));
}

sqlite.run();
