/** A write transaction on the index. */

import type Database from 'libsql';

/**
 * Runs statements in one transaction, all or none; returns what they return. Unlike the driver's own, this one fails with
 * the error of the statement, not with that of a ROLLBACK which SQLite had already done by itself (disk full).
 */
export function inTransaction<T>(database: Database.Database, statements: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = statements();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
