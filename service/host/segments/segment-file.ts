/** One append-only file. It is created at its first write, and never over an existing file. */

import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { segmentFileName } from './blob-location.ts';

export class SegmentFile {
  readonly segment: number;
  readonly #path: string;
  #handle: Promise<FileHandle> | undefined;
  #isNameDurable = false;

  constructor(streamDirectory: string, segment: number) {
    this.segment = segment;
    this.#path = join(streamDirectory, segmentFileName(segment));
  }

  /** Writes all of the pieces, one after the other, from a position on. */
  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    const handle = await this.#openedHandle();
    let left = pieces;
    let at = position;
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left, at);
      at += bytesWritten;
      left = dropBytes(left, bytesWritten);
    }
  }

  /** Makes the bytes survive power loss, and the first time the file's name too. */
  async sync(): Promise<void> {
    if (this.#handle === undefined) return;
    await (await this.#handle).datasync();
    if (this.#isNameDurable) return;
    await syncDirectory(dirname(this.#path));
    this.#isNameDurable = true;
  }

  /** Never rejects: nothing that was promised depends on it. */
  async close(): Promise<void> {
    await this.#handle?.then((handle) => handle.close()).catch(() => undefined);
  }

  /** Removes a file in which nothing was sealed. Never rejects: a file left behind is only wasted space. */
  async remove(): Promise<void> {
    await this.close();
    await unlink(this.#path).catch(() => undefined);
  }

  #openedHandle(): Promise<FileHandle> {
    if (this.#handle === undefined) {
      // `wx`: whatever an earlier process left under this name stays as it is.
      this.#handle = open(this.#path, 'wx');
      this.#handle.catch(() => (this.#handle = undefined));
    }
    return this.#handle;
  }
}

/** Makes the names in a folder survive power loss. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open folders; its file systems journal names by themselves.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The pieces without their first `count` bytes. */
function dropBytes(pieces: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let dropped = count;
  let index = 0;
  for (; index < pieces.length; index += 1) {
    const piece = pieces[index] as Uint8Array;
    if (dropped < piece.byteLength) break;
    dropped -= piece.byteLength;
  }
  const left = pieces.slice(index);
  if (dropped > 0 && left[0] !== undefined) left[0] = left[0].subarray(dropped);
  return left;
}
