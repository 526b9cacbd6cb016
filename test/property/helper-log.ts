/** What every function over bytes makes of some bytes, one line each. */
import type { Core } from '../../sdk/core/core.ts';
import {
  annexBToAvcc,
  avccToAnnexB,
  h264CodecPrivateData,
  h264PictureFormat,
  h265CodecPrivateData,
  h265PictureFormat,
} from '../../sdk/core/index.ts';
import { KvsError } from '../../sdk/errors.ts';
import { toHex } from '../support/core-fixture.ts';
import { logEvents } from '../support/event-log.ts';

const FORMAT_BYTES = 24;
const HELPERS = {
  annexBToAvcc,
  avccToAnnexB,
  h264CodecPrivateData,
  h264PictureFormat,
  h265CodecPrivateData,
  h265PictureFormat,
} as const;
/** Parsers without a helper in the public API: bytes, their length, and where the result goes. */
const PARSERS = ['bitmapPictureSize', 'aacConfigRead', 'waveFormatRead'] as const;

const READINGS = [
  {},
  { strict: true },
  { skipPayloads: true },
  { windowBytes: 256, maxValueBytes: 16, maxDepth: 4 },
] as const;

function chunksOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = sizes[chunks.length % sizes.length] as number;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export function helperLog(core: Core, bytes: Uint8Array, sizes: readonly number[]): string[] {
  const lines: string[] = [];
  for (const [name, helper] of Object.entries(HELPERS)) {
    try {
      const result = helper(core, bytes);
      lines.push(`${name} ${result instanceof Uint8Array ? toHex(result) : JSON.stringify(result)}`);
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      lines.push(`${name} ${error.message}`);
    }
  }
  for (const parser of PARSERS) {
    const format = core.scratch(new Uint8Array(FORMAT_BYTES).fill(0xee), bytes);
    const status = core.run((exports) => exports[parser](format + FORMAT_BYTES, bytes.length, format));
    lines.push(`${parser} ${status} ${toHex(core.bytes.slice(format, format + FORMAT_BYTES))}`);
  }
  for (const options of READINGS) lines.push(...logEvents(core, chunksOf(bytes, sizes), options));
  return lines;
}
