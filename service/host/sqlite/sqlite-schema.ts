/** The tables of the SQLite index and their migrations. */

import type Database from 'libsql';

/** Statements that lead from schema version n to n + 1, in order. Released ones are never edited. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE streams (
    stream_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL UNIQUE,
    device_name TEXT,
    media_type TEXT,
    kms_key_id TEXT,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    creation_time_ms INTEGER NOT NULL,
    retention_hours INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tags (
    stream_id TEXT NOT NULL REFERENCES streams ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (stream_id, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE fragments (
    stream_id TEXT NOT NULL REFERENCES streams ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    fragment_number TEXT NOT NULL,
    producer_timestamp_ms REAL NOT NULL,
    server_timestamp_ms REAL NOT NULL,
    duration_ms REAL NOT NULL,
    frame_count INTEGER NOT NULL,
    media_size_bytes INTEGER NOT NULL,
    media TEXT NOT NULL,
    header TEXT NOT NULL,
    header_size_bytes INTEGER NOT NULL,
    tags BLOB NOT NULL,
    PRIMARY KEY (stream_id, sequence)
  ) STRICT;

  -- Decimal strings of any length: the longer one is the larger one.
  CREATE INDEX fragments_by_number ON fragments (stream_id, length(fragment_number), fragment_number);
  CREATE INDEX fragments_by_producer_time ON fragments (stream_id, producer_timestamp_ms, sequence);
  CREATE INDEX fragments_by_server_time ON fragments (stream_id, server_timestamp_ms, sequence);
  CREATE INDEX fragments_by_media ON fragments (stream_id, media);
  CREATE INDEX fragments_by_header ON fragments (stream_id, header);
  `,
];

/**
 * Brings a database to the present schema.
 * @throws Error when a newer version of the program wrote it
 */
export function migrate(database: Database.Database): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    throw new Error(`The index has schema version ${version}; this program knows ${MIGRATIONS.length} at most`);
  }
  for (let next = version; next < MIGRATIONS.length; next += 1) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[next]} PRAGMA user_version = ${next + 1}; COMMIT`);
  }
}
