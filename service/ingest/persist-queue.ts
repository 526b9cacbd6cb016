/**
 * Makes sealed fragments durable behind the back of the ingest: while one batch is being synced, the next fragments are
 * received. Everything sealed in the meantime forms the next batch, so a slow disk is asked less often, not more.
 */
import type { FragmentRow, FragmentWriter, StreamIndex } from '../storage.ts';

/** Fragments that may wait for their sync before the upload is held back. */
const MAX_WAITING_FRAGMENTS = 64;

/** A fragment whose bytes are sealed. */
export interface SealedFragment {
  readonly row: FragmentRow;
  /** Of its cluster, as the producer wrote it. */
  readonly timecode: number;
}

export interface PersistQueueEvents {
  /** The row is committed: called in ingest order, once a fragment. */
  onPersisted(fragment: SealedFragment): void;
  /** Neither this fragment nor any later one will be persisted. Called at most once. */
  onFailed(fragment: SealedFragment, cause: unknown): void;
}

export class PersistQueue {
  readonly #writer: FragmentWriter;
  readonly #streams: StreamIndex;
  readonly #events: PersistQueueEvents;
  #waiting: SealedFragment[] = [];
  #running: Promise<void> | null = null;
  #hasFailed = false;

  constructor(writer: FragmentWriter, streams: StreamIndex, events: PersistQueueEvents) {
    this.#writer = writer;
    this.#streams = streams;
    this.#events = events;
  }

  /** Ignored after a failure. */
  add(fragment: SealedFragment): void {
    if (this.#hasFailed) return;
    this.#waiting.push(fragment);
    this.#running ??= this.#run();
  }

  /** Forgets what waits and takes nothing more: the stream is gone. */
  abandon(): void {
    this.#hasFailed = true;
    this.#waiting = [];
  }

  /** Resolves when another fragment may be added. */
  async room(): Promise<void> {
    while (this.#waiting.length >= MAX_WAITING_FRAGMENTS && this.#running !== null) await this.#running;
  }

  /** Resolves when every fragment added so far is persisted, or has failed. */
  async drained(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writer.sync();
        await this.#streams.commitFragments(batch.map((fragment) => fragment.row));
      } catch (cause) {
        if (!this.#hasFailed) this.#events.onFailed(batch[0] as SealedFragment, cause);
        this.abandon();
        break;
      }
      if (this.#hasFailed) break;
      for (const fragment of batch) this.#events.onPersisted(fragment);
    }
    this.#running = null;
  }
}
