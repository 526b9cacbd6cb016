/** Documents through the reader, as the rows about it want them. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { MkvReader, type MkvReaderOptions, READER_EVENT } from '../../../sdk/core/mkv-reader.ts';
import type { ReaderFaultReason } from '../../../sdk/core/reader-fault.ts';

/** The status of nearly every fault. */
export const FAULT = { status: 'STATUS_ACK_ERR_INVALID_MKV_DATA', number: 0x52000062 } as const;

/** Reads to the end, past each event; the status of a fault, after its reason was compared, or 0. */
function readAll(
  core: Core,
  bytes: Uint8Array,
  options: MkvReaderOptions,
  look: (reader: MkvReader) => void,
  reason?: ReaderFaultReason,
): number {
  const reader = new MkvReader(core, options);
  try {
    for (let taken = 0; ;) {
      const event = reader.next();
      if (event === READER_EVENT.FINISHED) return 0;
      if (event === READER_EVENT.FAULT) {
        assert.is(reader.fault.reason, reason);
        return reader.fault.status;
      }
      if (event !== READER_EVENT.NEED_DATA) look(reader);
      else if (taken < bytes.length) taken += reader.push(bytes, taken);
      else reader.finish();
    }
  } finally {
    reader.dispose();
  }
}

const ignore = (): void => undefined;

/** Accepts a document. */
export const finishes =
  (bytes: Uint8Array, options: MkvReaderOptions = {}, look: (reader: MkvReader) => void = ignore) =>
  (core: Core): void =>
    assert.is(readAll(core, bytes, options, look), 0);

/** Refuses a document for a reason. */
export const faults =
  (reason: ReaderFaultReason, bytes: Uint8Array, options: MkvReaderOptions = {}) =>
  (core: Core): number =>
    -readAll(core, bytes, options, ignore, reason);

/** Asserts the value of an element where it is met. */
export const valueOf =
  (elementId: number, value: bigint) =>
  (reader: MkvReader): void => {
    if (reader.elementId === elementId) assert.is(reader.bigUintValue, value);
  };
