/** Every storage engine against the same checks. */

import { join } from 'node:path';
import { suite } from 'uvu';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import type { StorageCheck, StoragePlace } from './storage-checks.ts';
import { FRAGMENT_STORE_CHECKS } from './storage-fragment-checks.ts';
import { STREAM_INDEX_CHECKS } from './storage-index-checks.ts';

interface Engine {
  readonly name: string;
  readonly checks: readonly StorageCheck[];
  /** Storage in a directory that starts empty. */
  place(directory: string): StoragePlace;
}

const onDisk =
  (segmentBytes: number) =>
  (directory: string): StoragePlace => ({
    openFragments: () => SegmentFiles.open(join(directory, 'fragments'), { segmentBytes }),
    openStreams: async () => SqliteIndex.open(join(directory, 'index.sqlite')),
  });

const ENGINES: readonly Engine[] = [
  { name: 'segment files', checks: FRAGMENT_STORE_CHECKS, place: onDisk(64 << 20) },
  { name: 'segment files that rotate at every blob', checks: FRAGMENT_STORE_CHECKS, place: onDisk(1) },
  { name: 'SQLite index', checks: STREAM_INDEX_CHECKS, place: onDisk(64 << 20) },
];

for (const engine of ENGINES) {
  const conformance = suite(`storage [${engine.name}]`);
  for (const check of engine.checks) {
    conformance(check.name, async () => {
      const directory = await temporaryDirectory();
      try {
        await check.run(engine.place(directory));
      } finally {
        await removeDirectory(directory);
      }
    });
  }
  conformance.run();
}
