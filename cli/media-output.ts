/** Where received media is written: a file, or standard output. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { UsageError } from './exit.ts';

/** Standard output that is a terminal would show megabytes of binary: refused before anything is asked for. */
export function requireOutput(path: string): void {
  if (path === '-' && process.stdout.isTTY) {
    throw new UsageError('Media is not written to a terminal: give a file with -o, or redirect standard output');
  }
}

/**
 * Writes the chunks as fast as the output takes them. When they end with an error, what came before it has been written.
 * @param path file path, or `-` for standard output
 */
export async function writeMedia(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  if (path === '-') {
    for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    return;
  }
  await using file = await open(path, 'w');
  for await (const chunk of chunks) await file.appendFile(chunk);
}
