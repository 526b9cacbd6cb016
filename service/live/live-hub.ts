/**
 * What happens on streams right now: the one upload of each, the readers that wait for its next fragment, and the
 * fragments of streams that archive nothing.
 *
 * Readers are woken, they never poll: whoever makes a fragment visible calls `announce`, after the fragment can be read.
 */
import type { Timer } from '../../sdk/platform.ts';
import type { ServicePlatform } from '../context.ts';
import type { ServiceLimits } from '../limits.ts';
import { LiveBuffer } from './live-buffer.ts';
import type { BufferedFragment } from './live-buffer.ts';

/** Why an upload is told to end. */
export type UploadEnd = 'replaced' | 'stream-deleted' | 'service-closing';

/** A PutMedia connection, as far as others need to know it. */
export interface ActiveUpload {
  /** Asks it to end: the open fragment is discarded, what was sealed is still persisted. Never throws. */
  end(reason: UploadEnd): void;
  /** Resolves when everything it sealed is persisted and its writer is closed. Never rejects. */
  readonly ended: Promise<void>;
}

/** The live side of one stream. */
export class LiveChannel {
  readonly buffer: LiveBuffer;
  /** Highest sequence given out in this process; the index may know a higher one. */
  lastSequence = 0;
  /** Server timestamp of the newest visible fragment, milliseconds since the epoch; null before the first. */
  newestTimestampMs: number | null = null;
  /** Open GetMedia responses. */
  readerCount = 0;
  #upload: ActiveUpload | null = null;
  #version = 0;
  #isOver = false;
  readonly #platform: ServicePlatform;
  readonly #waiters = new Set<() => void>();
  #expiry: Timer | null = null;

  constructor(platform: ServicePlatform, limits: ServiceLimits) {
    this.#platform = platform;
    this.buffer = new LiveBuffer(limits);
  }

  /** Rises with every change that a reader may wait for. */
  get version(): number {
    return this.#version;
  }

  /** True once the stream is gone, or the service closes: readers end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get upload(): ActiveUpload | null {
    return this.#upload;
  }

  /** Makes this the stream's upload; the one before, which the caller has to wait for, is told to end. */
  claim(upload: ActiveUpload): void {
    this.#upload?.end('replaced');
    this.#upload = upload;
  }

  /** Forgets an upload that ended, unless a newer one took its place. */
  release(upload: ActiveUpload): void {
    if (this.#upload === upload) this.#upload = null;
  }

  /** Keeps a fragment of a stream without retention for live readers, and wakes them. */
  publish(fragment: BufferedFragment): void {
    this.buffer.add(fragment);
    this.announce(fragment.facts.serverTimestampMs);
    if (this.#expiry === null) this.#expireBuffer();
  }

  /** Wakes the readers: a fragment with this server timestamp can be read. */
  announce(serverTimestampMs: number): void {
    this.newestTimestampMs = Math.max(this.newestTimestampMs ?? 0, serverTimestampMs);
    this.#change();
  }

  /**
   * Waits for a change after `version`.
   * @returns false when `timeoutMs` passed or the signal aborted first
   */
  changedSince(version: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#version !== version) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise<boolean>((resolve) => {
      const finish = (changed: boolean): void => {
        timer.cancel();
        this.#waiters.delete(onChange);
        signal.removeEventListener('abort', onAbort);
        resolve(changed);
      };
      const onChange = (): void => finish(true);
      const onAbort = (): void => finish(false);
      const timer = this.#platform.setTimer(timeoutMs, () => finish(false));
      this.#waiters.add(onChange);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends the upload and the readers of a deleted stream and drops its buffer. */
  delete(): void {
    this.#upload?.end('stream-deleted');
    this.#endReaders();
  }

  /** Ends the upload and the readers; resolves when all that was sealed is persisted. */
  async close(): Promise<void> {
    const upload = this.#upload;
    upload?.end('service-closing');
    await upload?.ended;
    this.#endReaders();
  }

  #endReaders(): void {
    this.#isOver = true;
    this.#dropBuffer();
    this.#change();
  }

  #change(): void {
    this.#version += 1;
    for (const wake of [...this.#waiters]) wake();
  }

  #dropBuffer(): void {
    this.#expiry?.cancel();
    this.#expiry = null;
    this.buffer.clear();
  }

  #expireBuffer(): void {
    const dueInMs = this.buffer.expire(this.#platform.now());
    this.#expiry = dueInMs === null ? null : this.#platform.setTimer(Math.ceil(dueInMs), () => this.#expireBuffer());
  }
}

/** The channels of all streams. */
export class LiveHub {
  readonly #platform: ServicePlatform;
  readonly #limits: ServiceLimits;
  readonly #channels = new Map<string, LiveChannel>();

  constructor(options: { readonly platform: ServicePlatform; readonly limits: ServiceLimits }) {
    this.#platform = options.platform;
    this.#limits = options.limits;
  }

  /** The live side of a stream. It is kept until the stream is deleted: its last sequence must not be forgotten. */
  channel(streamId: string): LiveChannel {
    let channel = this.#channels.get(streamId);
    if (channel === undefined) {
      channel = new LiveChannel(this.#platform, this.#limits);
      this.#channels.set(streamId, channel);
    }
    return channel;
  }

  /** Ends what goes on on a stream that was deleted. Never throws. */
  endStream(streamId: string): void {
    this.#channels.get(streamId)?.delete();
    this.#channels.delete(streamId);
  }

  /** Ends every upload and reader; resolves when all that was sealed is persisted. */
  async close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }
}
