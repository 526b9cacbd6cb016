/**
 * The fragment store on one directory: a folder per stream, in it append-only segment files.
 *
 * Every writer begins a file of its own, so nothing that an earlier process or another writer sealed is ever written
 * over, and what a crash left behind a writer's last sealed blob is never looked at again.
 */

import { mkdir, open, readdir, rm, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobNotFoundError } from '../../storage.ts';
import type { BlobLocation, FragmentStore, FragmentWriter } from '../../storage.ts';
import { parseLocation, segmentFileName, segmentOfFileName } from './blob-location.ts';
import { syncDirectory } from './segment-file.ts';
import { SegmentWriter } from './segment-writer.ts';

/** Long enough that files are few, short enough that expired media is freed soon. */
const DEFAULT_SEGMENT_BYTES = 64 << 20;
const READ_PIECE_BYTES = 256 << 10;

export interface SegmentFilesOptions {
  /** Size at which a writer goes on to its next file, in bytes. Default 64 MiB. */
  readonly segmentBytes?: number;
}

interface StreamFolder {
  readonly directory: string;
  nextSegment: number;
  readonly writers: Set<SegmentWriter>;
}

export class SegmentFiles implements FragmentStore {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #folders = new Map<string, Promise<StreamFolder>>();

  private constructor(directory: string, options: SegmentFilesOptions) {
    this.#directory = directory;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  }

  /** Opens the store in a directory, which is made if it is missing. */
  static async open(directory: string, options: SegmentFilesOptions = {}): Promise<SegmentFiles> {
    await mkdir(directory, { recursive: true });
    await syncDirectory(dirname(directory));
    return new SegmentFiles(directory, options);
  }

  async openWriter(streamId: string): Promise<FragmentWriter> {
    let opening = this.#folders.get(streamId);
    if (opening === undefined) {
      opening = this.#openFolder(streamId);
      this.#folders.set(streamId, opening);
      opening.catch(() => this.#folders.delete(streamId));
    }
    const folder = await opening;
    const writer = new SegmentWriter({
      streamId,
      directory: folder.directory,
      segmentBytes: this.#segmentBytes,
      takeSegment: () => folder.nextSegment++,
      onClose: (closed) => folder.writers.delete(closed),
    });
    folder.writers.add(writer);
    return writer;
  }

  async *read(location: BlobLocation): AsyncGenerator<Uint8Array, void, undefined> {
    const { streamId, segment, offsetBytes, sizeBytes } = parseLocation(location);
    if (sizeBytes === 0) return;
    const handle = await this.#openSegment(join(this.#directory, streamId, segmentFileName(segment)), location);
    try {
      let position = offsetBytes;
      const endBytes = offsetBytes + sizeBytes;
      while (position < endBytes) {
        const piece = new Uint8Array(Math.min(READ_PIECE_BYTES, endBytes - position));
        const { bytesRead } = await handle.read(piece, 0, piece.byteLength, position);
        if (bytesRead === 0) throw new BlobNotFoundError(location);
        position += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async deleteStream(streamId: string): Promise<void> {
    const folder = await this.#folders.get(streamId);
    this.#folders.delete(streamId);
    for (const writer of folder?.writers ?? []) writer.breakOff();
    await rm(join(this.#directory, streamId), { recursive: true, force: true });
  }

  async trim(streamId: string, oldestInUse: () => Promise<BlobLocation | null>): Promise<void> {
    const folder = await this.#folders.get(streamId);
    const directory = join(this.#directory, streamId);
    let keepFrom = folder?.nextSegment ?? Infinity;
    for (const writer of folder?.writers ?? []) keepFrom = Math.min(keepFrom, writer.firstSegment ?? keepFrom);
    const oldest = await oldestInUse();
    if (oldest !== null) keepFrom = Math.min(keepFrom, parseLocation(oldest).segment);
    for (const fileName of await fileNames(directory)) {
      if (segmentOfFileName(fileName) < keepFrom) await unlink(join(directory, fileName));
    }
  }

  /** Removes what streams left behind that are not among these: a crash can fall between two steps of a deletion. */
  async retainStreams(streamIds: ReadonlySet<string>): Promise<void> {
    for (const name of await fileNames(this.#directory)) {
      if (!streamIds.has(name)) await this.deleteStream(name);
    }
  }

  async close(): Promise<void> {
    const folders = await Promise.all(this.#folders.values());
    await Promise.all(folders.flatMap((folder) => [...folder.writers].map((writer) => writer.close())));
  }

  async #openFolder(streamId: string): Promise<StreamFolder> {
    const directory = join(this.#directory, streamId);
    await mkdir(directory, { recursive: true });
    await syncDirectory(this.#directory);
    let lastSegment = 0;
    for (const fileName of await fileNames(directory)) {
      const segment = segmentOfFileName(fileName);
      if (segment > lastSegment) lastSegment = segment;
    }
    return { directory, nextSegment: lastSegment + 1, writers: new Set() };
  }

  async #openSegment(path: string, location: BlobLocation): Promise<FileHandle> {
    try {
      return await open(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new BlobNotFoundError(location, { cause: error });
      throw error;
    }
  }
}

async function fileNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
