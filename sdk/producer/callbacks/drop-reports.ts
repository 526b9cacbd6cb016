/**
 * Tells callbacks what was lost, each once: frame by frame, or for near-realtime streams fragment by fragment. Source: producer-core §4, §11.5.
 */
import type { LostFrame } from '../../core/core-stream-types.ts';
import type { FragmentRejectedEvent, FramesDroppedEvent } from '../events.ts';
import type { FragmentLedger } from '../fragment-ledger.ts';
import type { StreamParts } from '../stream-parts.ts';
import type { DropReason } from './notifications.ts';
import type { NotificationsOut } from './notifications-out.ts';

export class DropReports {
  readonly #out: NotificationsOut;
  readonly #streamName: string;

  constructor(out: NotificationsOut, streamName: string) {
    this.#out = out;
    this.#streamName = streamName;
  }

  onDropped({ policy }: StreamParts, event: FramesDroppedEvent | FragmentRejectedEvent): void {
    const { frames, firstTimestampUs, lastTimestampUs, lostFrames } = event;
    const reason = event.type === 'fragment-rejected' ? 'rejected' : event.reason;
    const isFragment = event.type === 'fragment-rejected' || event.isFragment;
    if (!isFragment || policy.streamingType !== 'near-realtime') return this.#tellFrames(reason, lostFrames);
    const fragments = event.type === 'fragment-rejected' ? 1 : event.fragments;
    this.#tellFragments(reason, { firstTimestampUs, lastTimestampUs, frames, fragments });
  }

  /** The stream has ended with this still owed; its core may have failed. */
  onEnded({ policy, ledger, order, stream }: StreamParts): void {
    const owed = ledger.owed();
    if (owed.fragments > 0) {
      const lostFrames = policy.streamingType === 'near-realtime' ? undefined : framesOf(ledger, stream);
      if (lostFrames === undefined) this.#tellFragments('ended', owed);
      else this.#tellFrames('ended', lostFrames);
    }
    // Frames that wait for their turn belong to no fragment.
    this.#tellFrames('ended', order?.lostFrames() ?? []);
  }

  #tellFrames(reason: DropReason, lostFrames: readonly LostFrame[]): void {
    const streamName = this.#streamName;
    if (!this.#out.hears('droppedFrameReport')) return;
    for (const { decodeTimestampUs: timestampUs, bytes } of lostFrames)
      this.#out.send('droppedFrameReport', { streamName, reason, timestampUs, bytes });
  }

  #tellFragments(reason: DropReason, what: ReturnType<FragmentLedger['owed']>): void {
    this.#out.send('droppedFragmentReport', { streamName: this.#streamName, reason, ...what });
  }
}

/** Undefined when the core can no longer be asked. */
function framesOf({ entries }: FragmentLedger, stream: StreamParts['stream']): LostFrame[] | undefined {
  try {
    return entries.flatMap(({ sequence }) => stream.framesOf(sequence));
  } catch {
    return undefined;
  }
}
