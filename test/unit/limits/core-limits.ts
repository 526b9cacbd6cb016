/** Stores and handles. */
import * as assert from 'uvu/assert';
import { OPTION_MAX_TRACKS_SHIFT } from '../../../assembly/mkv/reader-codes.ts';
import type { Core } from '../../../sdk/core/core.ts';
import { encodeStreamConfig } from '../../../sdk/core/stream-config.ts';
import { statusName } from '../../../sdk/status.ts';
import { PLAIN_VIDEO } from '../../support/core-fixture.ts';
import type { LimitRow } from './limit-row.ts';

const MIB_2032 = 0x7f00_0000;
const MAX_HANDLES = 1024;
/** A reader that takes one track and is not strict. */
const READER_OPTIONS = 1 << OPTION_MAX_TRACKS_SHIFT;

const withStore = <T>(core: Core, sizeBytes: number, run: (handle: number) => T): T => {
  const handle = core.exports.storeOpen(sizeBytes);
  try {
    return run(handle);
  } finally {
    core.exports.storeClose(handle);
  }
};

/** Opens readers, the smallest things with a handle, until there are so many; the last answer. */
function openReaders(core: Core, count: number): number {
  const handles: number[] = [];
  while (handles.length < count) handles.push(core.exports.readerOpen(64, 16, 1, READER_OPTIONS));
  for (const handle of handles) if (handle > 0) core.exports.readerClose(handle);
  return handles.at(-1) as number;
}

export const CORE_LIMITS: readonly LimitRow[] = [
  {
    limit: 'content store',
    value: '4096…2130706432 bytes (2032 MiB)',
    status: 'STATUS_INVALID_STORAGE_SIZE',
    number: 0x5200000a,
    inside: {
      '4096': (core) => withStore(core, 4096, (store) => assert.is(core.exports.storeCapacityBytes(store), 4096)),
      '2130706432, as far as the engine has so much': (core) => {
        // The translated core would really copy it all.
        if (core.flavour === 'js') return;
        withStore(core, MIB_2032, (store) => {
          if (store < 0) assert.is(statusName(-store), 'STATUS_NOT_ENOUGH_MEMORY');
          else assert.is(core.exports.storeCapacityBytes(store), MIB_2032);
        });
      },
    },
    outside: {
      '4095': (core) => core.exports.storeOpen(4095),
      '2130706433': (core) => core.exports.storeOpen(MIB_2032 + 1),
      '0': (core) => core.exports.storeOpen(0),
    },
  },
  {
    limit: 'slot of a store',
    value: 'at least 1 byte',
    status: 'STATUS_INVALID_ALLOCATION_SIZE',
    number: 0x10000015,
    inside: {
      '1': (core) =>
        withStore(core, 4096, (store) => {
          const slot = core.exports.storeTake(store, 1);
          assert.ok(slot > 0);
          assert.is(core.exports.storeGive(store, slot), 32, 'the smallest block');
        }),
    },
    outside: { '0': (core) => withStore(core, 4096, (store) => core.exports.storeTake(store, 0)) },
  },
  {
    limit: 'stores, streams and readers open at once',
    value: '1024',
    status: 'STATUS_NOT_ENOUGH_MEMORY',
    number: 0x00000004,
    inside: { '1024': (core) => assert.ok(openReaders(core, MAX_HANDLES) > 0) },
    outside: { '1025': (core) => openReaders(core, MAX_HANDLES + 1) },
  },
  {
    limit: 'handle',
    value: 'of something of its kind that is open',
    status: 'STATUS_INVALID_HANDLE_ERROR',
    number: 0x00000008,
    inside: { open: (core) => withStore(core, 4096, (store) => assert.is(core.exports.storeUsedBytes(store), 0)) },
    outside: {
      closed: (core) => core.exports.storeUsedBytes(withStore(core, 4096, (store) => store)),
      'of another kind': (core) => withStore(core, 4096, (store) => core.exports.streamStop(store)),
      '0': (core) => core.exports.readerNext(0),
      '−1': (core) => core.exports.readerNext(-1),
    },
  },
  {
    limit: 'streams in a store that is closed',
    value: '0',
    status: 'STATUS_INVALID_OPERATION',
    number: 0x0000000d,
    inside: { '0': (core) => assert.is(core.exports.storeClose(core.exports.storeOpen(4096)), 0) },
    outside: {
      '1': (core) =>
        withStore(core, 4096, (store) => {
          const stream = core.exports.streamOpen(store, core.scratch(encodeStreamConfig(PLAIN_VIDEO)));
          const answer = core.exports.storeClose(store);
          core.exports.streamClose(stream);
          return answer;
        }),
    },
  },
];
