/** The first-fragment queries of the index, one prepared statement each. */

import type Database from 'libsql';
import type { FragmentQuery, FragmentRow } from '../../storage.ts';
import { toFragmentRow } from './sqlite-rows.ts';
import type { FragmentRecord } from './sqlite-rows.ts';

export interface FragmentQueries {
  first(streamId: string, query: FragmentQuery): FragmentRow | null;
}

export function fragmentQueries(database: Database.Database): FragmentQueries {
  const select = (rest: string): Database.Statement =>
    database.prepare(`SELECT * FROM fragments WHERE stream_id = ?1 ${rest} LIMIT 1`);
  const earliest = select('ORDER BY sequence');
  const latest = select('ORDER BY sequence DESC');
  const after = select(
    'AND (length(fragment_number), fragment_number) > (?2, ?3) ORDER BY length(fragment_number), fragment_number',
  );
  const byTime = {
    server: timeStatements(select, 'server_timestamp_ms'),
    producer: timeStatements(select, 'producer_timestamp_ms'),
  };

  const run = (streamId: string, query: FragmentQuery): unknown => {
    switch (query.kind) {
      case 'earliest':
        return earliest.get([streamId]);
      case 'latest':
        return latest.get([streamId]);
      case 'after': {
        const number = query.fragmentNumber.replace(/^0+/, '');
        return after.get([streamId, number.length, number]);
      }
      case 'at': {
        const { containing, later } = byTime[query.clock];
        const { timestampMs } = query;
        return containing.get([streamId, timestampMs]) ?? later.get([streamId, timestampMs]);
      }
    }
  };
  return {
    first(streamId, query) {
      const record = run(streamId, query) as FragmentRecord | undefined;
      return record === undefined ? null : toFragmentRow(record);
    },
  };
}

function timeStatements(
  select: (rest: string) => Database.Statement,
  column: string,
): { readonly containing: Database.Statement; readonly later: Database.Statement } {
  return {
    // Among the fragments that share the last start at or before the time, the first ingested; if any of them contains it.
    containing: select(
      `AND ${column} = (SELECT max(${column}) FROM fragments WHERE stream_id = ?1 AND ${column} <= ?2)
       AND (?2 < ${column} + duration_ms OR ?2 = ${column}) ORDER BY sequence`,
    ),
    later: select(`AND ${column} > ?2 ORDER BY ${column}, sequence`),
  };
}
