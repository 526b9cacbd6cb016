/** What a stream's options say about the order of its frames. */
import type { CoreStream } from '../../core/core-stream.ts';
import { CorePoisonedError, KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { StreamOptions } from '../options.ts';
import type { StreamOwner } from '../stream-owner.ts';
import { TIMECODE_SCALE_US } from '../timecodes.ts';
import { isCutByKeyFrame, openCoreStream } from './frame-intake.ts';
import type { FrameOrder, FrameOrderOptions } from './frame-order.ts';
import type { TrackSet } from './tracks.ts';

/** False where frames stay as they are put. */
export function isOrdered({ frameOrder = 'as-put' }: StreamOptions): boolean {
  return frameOrder !== 'as-put';
}

/** Undefined where frames stay as they are put. */
export function createOrder(
  { platform, store, FrameOrder }: Pick<StreamOwner, 'platform' | 'store' | 'FrameOrder'>,
  stream: CoreStream,
  set: TrackSet,
  options: StreamOptions,
  hooks: Pick<FrameOrderOptions, 'commit' | 'onSilent'>,
): FrameOrder | undefined {
  const { frameOrder = 'as-put' } = options;
  if (FrameOrder === undefined || frameOrder === 'as-put') return undefined;
  return new FrameOrder({
    ...hooks,
    stream,
    store,
    tracks: set.tracks.map(({ number, kind, hasNalUnits, core }) => ({
      number,
      kind,
      hasNalUnits,
      privateDataBytes: core.codecPrivateData?.length ?? 0,
    })),
    orderedBy: frameOrder,
    byKeyFrame: isCutByKeyFrame(set, options),
    timecodeScaleUs: TIMECODE_SCALE_US,
    now: () => platform.now(),
    // What the core would say is what it says when a stream is opened with it.
    checkPrivateData: (...changed) => {
      try {
        openCoreStream(store, set, { ...options, segmentUuid: platform.randomBytes(16) }, changed).dispose();
        return STATUS.STATUS_SUCCESS;
      } catch (error) {
        if (error instanceof KvsError && !(error instanceof CorePoisonedError)) return -error.status;
        throw error;
      }
    },
  });
}
