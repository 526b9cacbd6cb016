/** Matroska read with the core's reader: a file in memory, pushed as a network or a disk hands it over. */
import { type Core, MkvReader, READER_EVENT } from '../sdk/core/index.ts';
import { type PublishedFlavour, sharedCore } from './core-stream.ts';
import { frameSizeLabel, KB } from './payload.ts';
import { fragmentsIn, recordBody } from './recorded-body.ts';
import type { Opened, Timed } from './row.ts';

const CHUNKS = { '64KB': 64 * 1024, '1MB': 1024 * 1024 } as const;

/** Reads the same file over and over, one document behind the other. */
export function openReading(
  core: Core,
  file: { readonly bytes: Uint8Array; readonly frames: number },
  frameBytes: number,
  chunkBytes: number,
  skipPayloads: boolean,
): Opened {
  const reader = new MkvReader(core, { skipPayloads });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < file.bytes.length; at += chunkBytes) chunks.push(file.bytes.subarray(at, at + chunkBytes));
  const mediaBytes = file.frames * frameBytes;
  let announcedBytes = 0;
  let deliveredBytes = 0;
  const readEvents = (): void => {
    for (;;) {
      switch (reader.next()) {
        case READER_EVENT.NEED_DATA:
          return;
        case READER_EVENT.BLOCK:
          announcedBytes += reader.payloadSizeBytes;
          break;
        case READER_EVENT.DATA:
          deliveredBytes += reader.dataView().length;
          break;
        case READER_EVENT.FAULT:
          throw new Error(`The file cannot be read: ${reader.fault.reason}`);
        default:
      }
    }
  };
  return {
    amount: mediaBytes,
    run() {
      announcedBytes = 0;
      deliveredBytes = 0;
      for (const chunk of chunks) {
        for (let taken = 0; taken < chunk.length;) {
          taken += reader.push(chunk, taken);
          readEvents();
        }
      }
      if (announcedBytes !== mediaBytes) throw new Error(`Read ${announcedBytes} of ${mediaBytes} bytes`);
      if (deliveredBytes !== (skipPayloads ? 0 : mediaBytes)) throw new Error(`Got ${deliveredBytes} of ${mediaBytes}`);
    },
    close: () => reader.dispose(),
  };
}

export function reading(
  frameBytes: number,
  chunk: keyof typeof CHUNKS,
  skipPayloads: boolean,
  flavour: PublishedFlavour = 'simd',
): Timed {
  return {
    name: `read/${skipPayloads ? 'skipped' : 'payloads'}/${frameSizeLabel(frameBytes)}-in-${chunk}-chunks`,
    unit: 'GB/s',
    async open({ readBytes }) {
      const file = await recordBody(fragmentsIn(readBytes, frameBytes), frameBytes);
      return openReading(await sharedCore(flavour), file, frameBytes, CHUNKS[chunk], skipPayloads);
    },
  };
}

export const readerRows: readonly Timed[] = [10 * KB, 100 * KB].flatMap((size) =>
  [false, true].flatMap((skipped) => [reading(size, '64KB', skipped), reading(size, '1MB', skipped)]),
);
