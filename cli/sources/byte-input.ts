/** A file or standard input, with a look at its first bytes before anyone consumes them. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { MediaSourceError } from './media-source.ts';

export type InputFormat = 'h264' | 'h265' | 'mp4' | 'matroska' | 'unknown' | 'empty';

/** An opened input. `path` is set for files only: they can be read at random. */
export interface ByteInput {
  readonly name: string;
  readonly path?: string;
  readonly format: InputFormat;
  /** The whole input from its first byte, once. */
  stream(): AsyncIterable<Uint8Array>;
}

/** Enough for the longest start code with its NAL header, and for a box header with its type. */
const SNIFF_BYTES = 16;

/** Box types that ISO/IEC 14496-12 files begin with. */
const MP4_FIRST_BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'mdat', 'free', 'skip', 'wide', 'sidx', 'pnot']);

/** Tells the format from the first bytes; at least `SNIFF_BYTES` of them unless the input is shorter. */
export function detectFormat(head: Uint8Array): InputFormat {
  if (head.length === 0) return 'empty';
  if (head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3) return 'matroska';
  if (MP4_FIRST_BOXES.has(String.fromCharCode(...head.subarray(4, 8)))) return 'mp4';
  let at = 0;
  while (at < head.length && head[at] === 0) at++;
  if (at < 2 || head[at] !== 1 || at + 1 >= head.length) return 'unknown';
  const header = head[at + 1]!;
  if ((header & 0x80) !== 0) return 'unknown'; // forbidden_zero_bit: MPEG program and elementary streams set it
  const h265Type = header >> 1;
  if (h265Type >= 32 && h265Type <= 35 && (header & 1) === 0 && head[at + 2] === 1) return 'h265'; // VPS, SPS, PPS or AUD
  return (header & 0x1f) >= 1 && (header & 0x1f) <= 23 ? 'h264' : 'unknown';
}

async function openFile(path: string): Promise<ByteInput> {
  let handle;
  try {
    handle = await open(path, 'r');
    const head = new Uint8Array(SNIFF_BYTES);
    const { bytesRead } = await handle.read(head, 0, SNIFF_BYTES, 0);
    return {
      name: path,
      path,
      format: detectFormat(head.subarray(0, bytesRead)),
      stream: () => createReadStream(path),
    };
  } catch (error) {
    throw new MediaSourceError(`Cannot read ${path}: ${readFailure(error)}`, { cause: error });
  } finally {
    await handle?.close();
  }
}

function readFailure(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return (error as Error).message;
}

async function openStream(name: string, input: AsyncIterable<Uint8Array>): Promise<ByteInput> {
  const chunks = input[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let firstBytes = 0;
  while (firstBytes < SNIFF_BYTES) {
    const { value, done } = await chunks.next();
    if (done) break;
    first.push(value);
    firstBytes += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* first.splice(0);
      for (;;) {
        const { value, done } = await chunks.next();
        if (done) return;
        yield value;
      }
    } finally {
      await chunks.return?.();
    }
  }
  const head = new Uint8Array(firstBytes);
  first.reduce((at, chunk) => (head.set(chunk, at), at + chunk.length), 0);
  return { name, format: detectFormat(head.subarray(0, SNIFF_BYTES)), stream: all };
}

/**
 * @param path file path, or `-` for standard input
 * @throws MediaSourceError when the file cannot be opened
 */
export function openByteInput(path: string, standardInput: AsyncIterable<Uint8Array>): Promise<ByteInput> {
  return path === '-' ? openStream('standard input', standardInput) : openFile(path);
}
