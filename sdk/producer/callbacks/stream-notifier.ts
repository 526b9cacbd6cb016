/** What the callbacks hear of one stream: its events and acks in their terms. */
import { FRAME_PRESSURE } from '../../core/core-stream-types.ts';
import { KvsError, StreamStoppedError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import { statusName } from '../../status.ts';
import type { FragmentAck } from '../acks.ts';
import type { DisconnectedEvent, StreamEvent } from '../events.ts';
import type { StreamParts } from '../stream-parts.ts';
import { DropReports } from './drop-reports.ts';
import type { NotificationsOut } from './notifications-out.ts';
import type { CallbackName } from './provider.ts';

export class StreamNotifier {
  readonly #out: NotificationsOut;
  readonly #drops: DropReports;
  readonly #streamName: string;
  readonly #stallTimeoutMs: number;
  // Asked for every frame.
  readonly #hearsData: boolean;
  /** FRAME_PRESSURE bits that a callback wants to hear of. */
  readonly #heardPressure: number;
  /** Number of the last connection that the service answered. */
  #connected = 0;
  #parts: StreamParts | undefined;

  constructor(out: NotificationsOut, streamName: string, stallTimeoutMs: number) {
    this.#out = out;
    this.#drops = new DropReports(out, streamName);
    this.#streamName = streamName;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#hearsData = out.hears('streamDataAvailable');
    this.#heardPressure =
      (out.hears('bufferDurationOverflowPressure') ? FRAME_PRESSURE.bufferLow : 0) |
      (out.hears('storageOverflowPressure') ? FRAME_PRESSURE.store : 0) |
      (out.hears('streamLatencyPressure') ? FRAME_PRESSURE.latency : 0);
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

  /** A frame was stored. Pressure is told with every frame that is put under it, as natively. Source: producer-core §4. */
  onStored(): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const pressure = parts.admission.pressure & this.#heardPressure;
    if (pressure !== 0) this.#tellPressure(parts, pressure);
    if (this.#hearsData && parts.engine.state === 'streaming' && parts.engine.sessions === this.#connected)
      this.#tellAvailable();
  }

  /** The stream begins anew. */
  onReset(): void {
    this.#out.send('streamShutdown', { streamName: this.#streamName, resetStream: true });
  }

  onAck(ack: FragmentAck): void {
    if (ack.type !== 'idle') this.#out.send('fragmentAckReceived', { ...this.#upload, ack });
  }

  onEvent(event: StreamEvent): void {
    switch (event.type) {
      case 'connected':
        this.#connected = event.session;
        if (this.#hearsData) this.#tellAvailable();
        return;
      case 'disconnected':
        return this.#onDisconnected(event);
      case 'connection-stale': {
        const { session: uploadHandle, unacknowledgedMs } = event;
        const lastAckDurationUs = unacknowledgedMs * 1000;
        return this.#out.send('streamConnectionStale', {
          streamName: this.#streamName,
          uploadHandle,
          lastAckDurationUs,
        });
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
      case 'frames-dropped':
      case 'fragment-rejected':
        if (this.#parts !== undefined) this.#drops.onDropped(this.#parts, event);
        return;
      default:
        return undefined;
    }
  }

  /** The stream is over; `isComplete`: everything of it was sent and acknowledged, and it was stopped. */
  onEnd(isComplete: boolean): void {
    const streamName = this.#streamName;
    if (isComplete) this.#out.send('streamClosed', this.#upload);
    else if (this.#parts !== undefined) this.#drops.onEnded(this.#parts);
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

  #tellPressure({ admission, store, stream }: StreamParts, pressure: number): void {
    const streamName = this.#streamName;
    if ((pressure & FRAME_PRESSURE.bufferLow) !== 0)
      this.#out.send('bufferDurationOverflowPressure', {
        streamName,
        remainingDurationUs: admission.remainingBufferUs,
      });
    if ((pressure & FRAME_PRESSURE.store) !== 0)
      this.#out.send('storageOverflowPressure', { remainingBytes: store.capacityBytes - store.usedBytes });
    if ((pressure & FRAME_PRESSURE.latency) !== 0)
      this.#out.send('streamLatencyPressure', { streamName, durationUs: stream.stats.unsentDurationUs });
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
