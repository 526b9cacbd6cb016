/**
 * Appends blobs to segment files of its own. Small appends are gathered and written together; what is queued is bounded.
 */

import { StreamGoneError } from '../../storage.ts';
import type { BlobLocation, FragmentWriter } from '../../storage.ts';
import { formatLocation } from './blob-location.ts';
import { SegmentFile } from './segment-file.ts';

/** `append` makes its caller wait above this much queued: enough to keep a disk busy, little enough per upload. */
const QUEUE_LIMIT_BYTES = 1 << 20;
/** What a queued piece takes in memory beside its bytes, so that single bytes are no way around the limit. */
const PIECE_OVERHEAD_BYTES = 256;
/** Pieces in one gathered write; Linux takes 1024 at most. */
const MAX_PIECES_PER_WRITE = 1024;

interface QueuedPiece {
  readonly file: SegmentFile;
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface SegmentWriterOptions {
  readonly streamId: string;
  readonly directory: string;
  /** A new file is begun by the first blob after this size was reached. */
  readonly segmentBytes: number;
  /** Supplies the number of the next file. */
  readonly takeSegment: () => number;
  readonly onClose: (writer: SegmentWriter) => void;
}

export class SegmentWriter implements FragmentWriter {
  /** Number of the writer's first file, null before its first blob. */
  firstSegment: number | null = null;
  readonly #options: SegmentWriterOptions;
  #file: SegmentFile | null = null;
  /** Where the blob in hand begins and ends in the file. */
  #startBytes = 0;
  #endBytes = 0;
  #queue: QueuedPiece[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | null = null;
  /** What made a write of the blob in hand fail. */
  #failure: unknown = null;
  /** Why the writer can never be used again. */
  #broken: Error | null = null;
  /** Files with sealed bytes that no sync covers yet, and files that one is at work on. */
  readonly #unsynced = new Set<SegmentFile>();
  readonly #syncing = new Set<SegmentFile>();
  #runningSync: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | null = null;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#throwIfUnusable();
    const file = this.#fileInHand();
    this.#queue.push({ file, position: this.#endBytes, bytes });
    this.#endBytes += bytes.byteLength;
    this.#queuedBytes += bytes.byteLength + PIECE_OVERHEAD_BYTES;
    this.#writing ??= this.#writeQueue();
    if (this.#queuedBytes <= QUEUE_LIMIT_BYTES) return;
    await this.#writing;
    this.#throwIfUnusable();
  }

  async seal(): Promise<{ readonly location: BlobLocation; readonly sizeBytes: number }> {
    const file = this.#fileInHand();
    await this.#writing;
    this.#throwIfUnusable();
    const sizeBytes = this.#endBytes - this.#startBytes;
    const location = formatLocation({
      streamId: this.#options.streamId,
      segment: file.segment,
      offsetBytes: this.#startBytes,
      sizeBytes,
    });
    this.#startBytes = this.#endBytes;
    this.#unsynced.add(file);
    return { location, sizeBytes };
  }

  async abort(): Promise<void> {
    this.#queue = [];
    await this.#writing;
    this.#endBytes = this.#startBytes;
    this.#failure = null;
  }

  sync(): Promise<void> {
    this.#nextSync ??= this.#runningSync.then(() => {
      this.#nextSync = null;
      const syncing = this.#syncFiles();
      this.#runningSync = syncing.catch(() => undefined);
      return syncing;
    });
    return this.#nextSync;
  }

  async close(): Promise<void> {
    this.#broken ??= new Error('Writer is closed');
    this.#queue = [];
    await this.#writing;
    await this.#runningSync;
    for (const file of [...this.#unsynced, ...this.#syncing]) await file.close();
    if (this.#file !== null) await (this.#startBytes === 0 ? this.#file.remove() : this.#file.close());
    this.#options.onClose(this);
  }

  /** Fails everything from now on: the stream was deleted. */
  breakOff(): void {
    this.#broken ??= new StreamGoneError(this.#options.streamId);
  }

  /** The file of the blob in hand; a new one where a blob begins and the present one is full. */
  #fileInHand(): SegmentFile {
    const isBetweenBlobs = this.#startBytes === this.#endBytes;
    if (this.#file !== null && !(isBetweenBlobs && this.#startBytes >= this.#options.segmentBytes)) return this.#file;
    const full = this.#file;
    this.#file = new SegmentFile(this.#options.directory, this.#options.takeSegment());
    this.firstSegment ??= this.#file.segment;
    this.#startBytes = 0;
    this.#endBytes = 0;
    if (full !== null) this.#closeIfDone(full);
    return this.#file;
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const file = (this.#queue[0] as QueuedPiece).file;
        const position = (this.#queue[0] as QueuedPiece).position;
        const otherFile = this.#queue.findIndex((piece) => piece.file !== file);
        const count = Math.min(otherFile === -1 ? this.#queue.length : otherFile, MAX_PIECES_PER_WRITE);
        const pieces = this.#queue.splice(0, count).map((piece) => piece.bytes);
        await file.write(pieces, position);
        this.#queuedBytes -= pieces.reduce((sum, piece) => sum + piece.byteLength + PIECE_OVERHEAD_BYTES, 0);
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      if (this.#queue.length === 0 || this.#failure !== null) {
        this.#queue = [];
        this.#queuedBytes = 0;
      }
      this.#writing = null;
    }
  }

  async #syncFiles(): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    for (const file of this.#unsynced) this.#syncing.add(file);
    this.#unsynced.clear();
    try {
      for (const file of this.#syncing) {
        await file.sync();
        this.#syncing.delete(file);
        this.#closeIfDone(file);
      }
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages: a later sync would succeed and prove nothing.
      this.#broken = new Error('Cannot make media durable', { cause: error });
      throw this.#broken;
    }
  }

  /** Closes a full file once no sync waits for it any more. */
  #closeIfDone(file: SegmentFile): void {
    if (file !== this.#file && !this.#unsynced.has(file) && !this.#syncing.has(file)) void file.close();
  }

  #throwIfUnusable(): void {
    if (this.#broken !== null) throw this.#broken;
    if (this.#failure !== null) throw new Error('Cannot write media', { cause: this.#failure });
  }
}
