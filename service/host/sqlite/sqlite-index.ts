/** The stream index on one SQLite file. A change is on disk when its promise resolves. */

import { setImmediate } from 'node:timers/promises';
import Database from 'libsql';
import type { BlobLocation, FragmentQuery, FragmentRow, StreamIndex, StreamRow } from '../../storage.ts';
import { FragmentCommits } from './fragment-commits.ts';
import { fragmentQueries } from './fragment-queries.ts';
import type { FragmentQueries } from './fragment-queries.ts';
import { streamValues, toFragmentRow, toStreamRow } from './sqlite-rows.ts';
import type { FragmentRecord, StreamRecord } from './sqlite-rows.ts';
import { migrate } from './sqlite-schema.ts';
import { inTransaction } from './sqlite-transaction.ts';

const STREAM_COLUMNS =
  'stream_id, name, arn, device_name, media_type, kms_key_id, version, status, creation_time_ms, retention_hours';
/** To which the write-ahead log shrinks again after a change that needed more. */
const LOG_SIZE_LIMIT_BYTES = 16 << 20;
/** Statements hold up the process, and with it every upload: so many rows take some ten milliseconds. */
const EXPIRED_ROWS_A_STATEMENT = 2000;
/** Sorts after every name: names are ASCII. */
const AFTER_EVERY_NAME = '\u{10ffff}';

/** Another process, or another index in this one, has the file open. */
export class IndexInUseError extends Error {
  override readonly name = 'IndexInUseError';
  readonly path: string;

  constructor(path: string, options?: ErrorOptions) {
    super(`Index ${path} is in use by another service`, options);
    this.path = path;
  }
}

export class SqliteIndex implements StreamIndex {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #queries: FragmentQueries;
  readonly #commits: FragmentCommits;
  #isClosed = false;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#queries = fragmentQueries(database);
    this.#commits = new FragmentCommits(database);
  }

  /**
   * Opens the index, which is made if it is missing, for this process alone. The lock is the operating system's: it ends
   * with the process, however that ends.
   * @throws IndexInUseError when it is open elsewhere
   */
  static open(path: string): SqliteIndex {
    const database = new Database(path, { timeout: 0 });
    try {
      // FULL: a commit returns when the log is on disk. EXCLUSIVE takes effect at the transaction after it.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      database.exec(`PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT_BYTES}`);
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
      migrate(database);
      return new SqliteIndex(database);
    } catch (error) {
      closeDatabase(database);
      if ((error as { code?: string }).code === 'SQLITE_BUSY') throw new IndexInUseError(path, { cause: error });
      throw error;
    }
  }

  async createStream(row: StreamRow, tags: ReadonlyMap<string, string>): Promise<boolean> {
    return this.#transaction(() => {
      if (this.#statements.streamByName.get([row.name]) !== undefined) return false;
      this.#statements.insertStream.run(streamValues(row));
      for (const [key, value] of tags) this.#statements.putTag.run([row.streamId, key, value]);
      return true;
    });
  }

  async streamByName(name: string): Promise<StreamRow | null> {
    this.#throwIfClosed();
    const record = this.#statements.streamByName.get([name]) as StreamRecord | undefined;
    return record === undefined ? null : toStreamRow(record);
  }

  async streamByArn(arn: string): Promise<StreamRow | null> {
    this.#throwIfClosed();
    const record = this.#statements.streamByArn.get([arn]) as StreamRecord | undefined;
    return record === undefined ? null : toStreamRow(record);
  }

  async listStreams(page: {
    readonly afterName?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<StreamRow[]> {
    this.#throwIfClosed();
    const { afterName = '', prefix = '', limit } = page;
    const records = this.#statements.listStreams.all([afterName, prefix, prefix + AFTER_EVERY_NAME, limit]);
    return (records as StreamRecord[]).map(toStreamRow);
  }

  async updateStream(row: StreamRow, expectedVersion: string): Promise<boolean> {
    this.#throwIfClosed();
    const [streamId, ...values] = streamValues(row);
    return this.#statements.updateStream.run([...values, streamId, expectedVersion]).changes === 1;
  }

  async deleteStream(streamId: string): Promise<void> {
    this.#throwIfClosed();
    this.#statements.deleteStream.run([streamId]);
  }

  async countStreams(): Promise<number> {
    this.#throwIfClosed();
    return (this.#statements.countStreams.get([]) as { count: number }).count;
  }

  async tags(streamId: string): Promise<Map<string, string>> {
    this.#throwIfClosed();
    const records = this.#statements.tags.all([streamId]) as { key: string; value: string }[];
    return new Map(records.map(({ key, value }) => [key, value]));
  }

  async putTags(streamId: string, tags: ReadonlyMap<string, string>): Promise<void> {
    this.#transaction(() => {
      for (const [key, value] of tags) this.#statements.putTag.run([streamId, key, value]);
    });
  }

  async deleteTags(streamId: string, keys: readonly string[]): Promise<void> {
    this.#transaction(() => {
      for (const key of keys) this.#statements.deleteTag.run([streamId, key]);
    });
  }

  async lastSequence(streamId: string): Promise<number> {
    this.#throwIfClosed();
    const record = this.#statements.lastSequence.get([streamId]) as { last_sequence: number } | undefined;
    return record?.last_sequence ?? 0;
  }

  async commitFragments(rows: readonly FragmentRow[]): Promise<void> {
    this.#throwIfClosed();
    await this.#commits.add(rows);
  }

  async firstFragment(streamId: string, query: FragmentQuery): Promise<FragmentRow | null> {
    this.#throwIfClosed();
    return this.#queries.first(streamId, query);
  }

  async fragmentsAfter(streamId: string, sequence: number, limit: number): Promise<FragmentRow[]> {
    this.#throwIfClosed();
    return (this.#statements.fragmentsAfter.all([streamId, sequence, limit]) as FragmentRecord[]).map(toFragmentRow);
  }

  async expireFragments(streamId: string, beforeServerTimestampMs: number): Promise<number> {
    let removedCount = 0;
    for (;;) {
      this.#throwIfClosed();
      const { changes } = this.#statements.expireFragments.run([
        streamId,
        beforeServerTimestampMs,
        EXPIRED_ROWS_A_STATEMENT,
      ]);
      removedCount += changes;
      if (changes < EXPIRED_ROWS_A_STATEMENT) return removedCount;
      await setImmediate();
    }
  }

  async oldestBlob(streamId: string): Promise<BlobLocation | null> {
    this.#throwIfClosed();
    return (this.#statements.oldestBlob.get([streamId, streamId]) as { location: string | null }).location;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#commits.flush();
    this.#isClosed = true;
    closeDatabase(this.#database);
  }

  #transaction<T>(body: () => T): T {
    this.#throwIfClosed();
    return inTransaction(this.#database, body);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new Error('Index is closed');
  }
}

/**
 * Closes a database so that it can be opened again at once. libsql keeps the connection, and with it the lock, until the
 * garbage collector has found every prepared statement. So the lock is given up first, which is possible only outside
 * WAL mode; leaving that mode writes the log back into the one file.
 */
function closeDatabase(database: Database.Database): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema');
  } catch {
    // Not ours to lock, or not a database: there is nothing to give up.
  }
  database.close();
}

function prepareStatements(database: Database.Database) {
  const streams = `SELECT ${STREAM_COLUMNS} FROM streams`;
  return {
    insertStream: database.prepare(`INSERT INTO streams (${STREAM_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    streamByName: database.prepare(`${streams} WHERE name = ?`),
    streamByArn: database.prepare(`${streams} WHERE arn = ?`),
    listStreams: database.prepare(`${streams} WHERE name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?`),
    countStreams: database.prepare('SELECT count(*) AS count FROM streams'),
    updateStream: database.prepare(
      `UPDATE streams SET name = ?, arn = ?, device_name = ?, media_type = ?, kms_key_id = ?, version = ?, status = ?,
       creation_time_ms = ?, retention_hours = ? WHERE stream_id = ? AND version = ?`,
    ),
    deleteStream: database.prepare('DELETE FROM streams WHERE stream_id = ?'),
    tags: database.prepare('SELECT key, value FROM tags WHERE stream_id = ? ORDER BY key'),
    putTag: database.prepare('INSERT INTO tags VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    deleteTag: database.prepare('DELETE FROM tags WHERE stream_id = ? AND key = ?'),
    lastSequence: database.prepare('SELECT last_sequence FROM streams WHERE stream_id = ?'),
    fragmentsAfter: database.prepare(
      'SELECT * FROM fragments WHERE stream_id = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    ),
    expireFragments: database.prepare(
      `DELETE FROM fragments WHERE rowid IN
       (SELECT rowid FROM fragments WHERE stream_id = ? AND server_timestamp_ms < ? LIMIT ?)`,
    ),
    oldestBlob: database.prepare(
      `SELECT min(location) AS location FROM (
         SELECT min(media) AS location FROM fragments WHERE stream_id = ?
         UNION ALL SELECT min(header) FROM fragments WHERE stream_id = ?)`,
    ),
  };
}
