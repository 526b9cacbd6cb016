/** Where received media is written: a file, or standard output. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UsageError } from './exit.ts';

/** Standard output that is a terminal would show megabytes of binary: refused before anything is asked for. */
export function requireOutput(path: string): void {
  if (path === '-' && process.stdout.isTTY) {
    throw new UsageError('Media is not written to a terminal: give a file with -o, or redirect standard output');
  }
}

/** Writes the chunks as fast as the output takes them. @param path file path, or `-` for standard output */
export async function writeMedia(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const source = Readable.from(chunks);
  if (path === '-') await pipeline(source, process.stdout, { end: false });
  else await pipeline(source, createWriteStream(path));
}
