/** What an application puts for a camera's frame: a frame, or a chunk as an encoder of WebCodecs gives it. */
import type { EncodedChunk, FrameInput } from '../../sdk/producer/index.ts';
import type { CameraFrame } from './camera.ts';
import { PICTURES } from './frame-content.ts';
import type { StreamPlan } from './stream-plan.ts';

/** `data`: the frame's bytes, for as long as the put takes. */
export function frameInput(plan: StreamPlan, frame: CameraFrame, data: Uint8Array): FrameInput {
  const { trackNumber, timestampUs, decodeTimestampUs, isKey } = frame;
  if (plan.input === 'frames')
    return { data, timestampUs, isKey, trackNumber, ...(decodeTimestampUs === undefined ? {} : { decodeTimestampUs }) };
  const chunk: EncodedChunk = {
    type: isKey ? 'key' : 'delta',
    timestamp: timestampUs,
    duration: null,
    byteLength: data.length,
    copyTo: (destination) => destination.set(data),
  };
  if (frame.content.form !== 'plain' && plan.input === 'described-chunks') {
    const description = PICTURES[plan.codec][frame.picture]?.record;
    return { chunk, trackNumber, decoderConfig: description === undefined ? undefined : { description } };
  }
  return trackNumber === 1 ? chunk : { chunk, trackNumber };
}
