/** The producer, as its streams see it. */
import type { ContentStore } from '../core/content-store.ts';
import type { CorePoisonedError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import type { StreamNotifier } from './callbacks/stream-notifier.ts';
import type { ThreadHub } from '../threads/thread-hub.ts';
import type { FrameOrder } from './frames/frame-order.ts';
import type { StoreGate } from './store-gate.ts';
import type { ProducerStream } from './stream.ts';

/** What the streams of a producer share. */
export interface StreamOwner {
  readonly platform: Platform;
  readonly store: ContentStore;
  readonly gate: StoreGate;
  /** Undefined unless frames may be put from other threads. */
  readonly threads: ThreadHub | undefined;
  /** There where a stream asks for it. */
  readonly FrameOrder: typeof FrameOrder | undefined;
  /** Who hears of a stream; undefined where nobody does. */
  notifierOf(streamName: string, stallTimeoutMs: number): StreamNotifier | undefined;
  /** No stream holds a fragment whose ack could free memory. */
  isStuck(): boolean;
  /** Lets a stream's frames go on that wait for those of another track; false when no stream has any. */
  releaseWaiting(): boolean;
  /** A put finds no room in the store. */
  onNoRoom(): void;
  /** The stream has ended, well or not. */
  onEnded(stream: ProducerStream): void;
  /** The core trapped: no stream can go on. */
  onPoisoned(error: CorePoisonedError): void;
}
