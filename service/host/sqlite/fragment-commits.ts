/**
 * Group commit of fragment rows. A commit waits for the disk; the calls that are made in one turn of the event loop, and
 * those that pile up while a commit is running, share the next.
 */

import type Database from 'libsql';
import { StreamGoneError } from '../../storage.ts';
import type { FragmentRow } from '../../storage.ts';
import { fragmentValues } from './sqlite-rows.ts';
import { inTransaction } from './sqlite-transaction.ts';

interface PendingCommit {
  readonly rows: readonly FragmentRow[];
  resolve(): void;
  reject(error: unknown): void;
}

export class FragmentCommits {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #raiseSequence: Database.Statement;
  #pending: PendingCommit[] = [];

  constructor(database: Database.Database) {
    this.#database = database;
    this.#insert = database.prepare('INSERT INTO fragments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#raiseSequence = database.prepare(
      'UPDATE streams SET last_sequence = max(last_sequence, ?) WHERE stream_id = ?',
    );
  }

  /** Resolves when the rows are on disk. */
  add(rows: readonly FragmentRow[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.flush());
      this.#pending.push({ rows, resolve, reject });
    });
  }

  /** Commits what is pending, now. */
  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const refused = new Map<PendingCommit, unknown>();
    try {
      inTransaction(this.#database, () => {
        for (const commit of pending) this.#insertAllOrNone(commit, refused);
      });
    } catch (error) {
      for (const commit of pending) commit.reject(error);
      return;
    }
    for (const commit of pending) {
      if (refused.has(commit)) commit.reject(refused.get(commit));
      else commit.resolve();
    }
  }

  #insertAllOrNone(commit: PendingCommit, refused: Map<PendingCommit, unknown>): void {
    this.#database.exec('SAVEPOINT fragments_of_one_call');
    try {
      for (const row of commit.rows) {
        this.#insertRow(row);
      }
    } catch (error) {
      // Some failures of the disk end the whole transaction by themselves.
      if (!this.#database.inTransaction) throw error;
      this.#database.exec('ROLLBACK TO fragments_of_one_call');
      refused.set(commit, error);
    }
    this.#database.exec('RELEASE fragments_of_one_call');
  }

  #insertRow(row: FragmentRow): void {
    try {
      this.#insert.run(fragmentValues(row));
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_FOREIGNKEY') throw error;
      throw new StreamGoneError(row.streamId, { cause: error });
    }
    this.#raiseSequence.run([row.sequence, row.streamId]);
  }
}
