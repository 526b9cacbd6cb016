/** What the callbacks hear of one stream: its events and acks in their terms. */
import { KvsError, StreamStoppedError } from '../../errors.ts';
import { STATUS } from '../../status-codes.ts';
import { statusName } from '../../status.ts';
import type { FragmentAck } from '../acks.ts';
import type { DisconnectedEvent, StreamEvent } from '../events.ts';
import type { StreamParts } from '../stream-parts.ts';
import type { NotificationsOut } from './notifications-out.ts';
import type { CallbackName } from './provider.ts';

/** Share of the store below which what is free is told. Source: guide-producer-callbacks. */
const PRESSURE_SHARE = 0.05;

export class StreamNotifier {
  readonly #out: NotificationsOut;
  readonly #streamName: string;
  readonly #stallTimeoutMs: number;
  // Asked for every frame.
  readonly #hearsData: boolean;
  readonly #hearsStorage: boolean;
  #parts: StreamParts | undefined;

  constructor(out: NotificationsOut, streamName: string, stallTimeoutMs: number) {
    this.#out = out;
    this.#streamName = streamName;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#hearsData = out.hears('streamDataAvailable');
    this.#hearsStorage = out.hears('storageOverflowPressure');
  }

  /** The stream is assembled. Nothing happens in it before. */
  attach(parts: StreamParts): void {
    this.#parts = parts;
  }

  /** A callback has failed. */
  onCallbackFailed(callback: CallbackName, error: unknown): void {
    this.#parts?.events.publish({ type: 'callback-failed', callback, error });
  }

  onReady(): void {
    this.#out.send('streamReady', { streamName: this.#streamName });
  }

  /** A frame was stored. */
  onStored(): void {
    if (this.#hearsData && this.#parts?.engine.state === 'streaming') this.#tellAvailable();
    if (this.#hearsStorage && this.#parts !== undefined) {
      const { usedBytes, capacityBytes } = this.#parts.store;
      const remainingBytes = capacityBytes - usedBytes;
      if (remainingBytes <= capacityBytes * PRESSURE_SHARE)
        this.#out.send('storageOverflowPressure', { remainingBytes });
    }
  }

  onAck(ack: FragmentAck): void {
    if (ack.type !== 'idle') this.#out.send('fragmentAckReceived', { ...this.#upload, ack });
  }

  onEvent(event: StreamEvent): void {
    const streamName = this.#streamName;
    switch (event.type) {
      case 'connected':
        if (this.#hearsData) this.#tellAvailable();
        return;
      case 'disconnected':
        return this.#onDisconnected(event);
      case 'connection-stale': {
        const { session: uploadHandle, unacknowledgedMs } = event;
        const lastAckDurationUs = unacknowledgedMs * 1000;
        return this.#out.send('streamConnectionStale', { streamName, uploadHandle, lastAckDurationUs });
      }
      case 'tagging-failed':
        return this.#tellError(event.error, false, STATUS.STATUS_TAG_STREAM_CALL_FAILED);
      case 'failed':
        // A stream that the application itself aborted has no error to report.
        if (event.error instanceof KvsError && !(event.error instanceof StreamStoppedError))
          this.#tellError(event.error, true);
        return;
      case 'store-full': {
        const remainingBytes = event.storeCapacityBytes - event.storeUsedBytes;
        return this.#out.send('storageOverflowPressure', { remainingBytes });
      }
      case 'frames-dropped': {
        const { frames, bytes, firstTimestampUs, lastTimestampUs } = event;
        if (event.isFragment)
          this.#out.send('droppedFragmentReport', {
            streamName,
            firstTimestampUs,
            lastTimestampUs,
            frames,
            fragments: 1,
          });
        else this.#out.send('droppedFrameReport', { streamName, timestampUs: firstTimestampUs, bytes });
        return;
      }
      case 'fragment-rejected': {
        const { frames, firstTimestampUs, lastTimestampUs } = event;
        return this.#out.send('droppedFragmentReport', {
          streamName,
          firstTimestampUs,
          lastTimestampUs,
          frames,
          fragments: 1,
        });
      }
      default:
        return undefined;
    }
  }

  /** The stream is over; `isComplete`: everything of it was sent and acknowledged, and it was stopped. */
  onEnd(isComplete: boolean): void {
    const streamName = this.#streamName;
    const { fragments, ...owed } = this.#parts?.ledger.owed() ?? {
      fragments: 0,
      frames: 0,
      firstTimestampUs: NaN,
      lastTimestampUs: NaN,
    };
    if (isComplete) this.#out.send('streamClosed', this.#upload);
    else if (fragments > 0) this.#out.send('droppedFragmentReport', { streamName, ...owed, fragments });
    this.#out.send('streamShutdown', { streamName, resetStream: false });
  }

  get #upload(): { readonly streamName: string; readonly uploadHandle: number | undefined } {
    return { streamName: this.#streamName, uploadHandle: this.#parts?.engine.sessions || undefined };
  }

  #onDisconnected({ reason, error, session: uploadHandle }: DisconnectedEvent): void {
    const streamName = this.#streamName;
    if (reason === 'stalled')
      this.#out.send('streamConnectionStale', {
        streamName,
        uploadHandle,
        lastAckDurationUs: this.#stallTimeoutMs * 1000,
      });
    else if (reason === 'error-ack' && error !== undefined) this.#tellError(error, false);
  }

  #tellError(error: KvsError, isFatal: boolean, status = error.status): void {
    const { timecode } = error as { readonly timecode?: number | undefined };
    this.#out.send('streamErrorReport', {
      ...this.#upload,
      fragmentTimecode: timecode,
      status,
      statusName: statusName(status),
      error,
      isFatal,
    });
  }

  #tellAvailable(): void {
    const { unsentDurationUs: durationUs, unsentBytes: sizeBytes } = this.#parts?.stream.stats ?? {
      unsentDurationUs: 0,
      unsentBytes: 0,
    };
    if (sizeBytes > 0) this.#out.send('streamDataAvailable', { ...this.#upload, durationUs, sizeBytes });
  }
}
