/** Sends a media source through an open producer stream, with a progress line. */
import type { Frame, ProducerStream, StreamMetrics, TrackOptions } from '../sdk/producer/index.ts';
import { eventLine } from './event-line.ts';
import { count } from './numbers.ts';
import { asFastAsPossible, inRealTime } from './pacing.ts';
import { ProgressLine, type ProgressOutput } from './progress-line.ts';
import type { MediaSource, SourceTrack } from './sources/media-source.ts';

export interface UploadOptions {
  /** Frames go at the speed at which they are shown; otherwise as fast as the store takes them. */
  readonly realTime: boolean;
  /** Stops taking frames; those already taken are still delivered. */
  readonly signal: AbortSignal;
  readonly output: ProgressOutput;
  /** Called with each frame once it is put, times since the epoch. */
  readonly onFrame?: (frame: Frame) => void;
}

/** How a source's track is declared to the producer. */
export function trackOptions(track: SourceTrack): TrackOptions {
  return {
    kind: track.kind,
    codec: track.codec,
    ...(track.framing === undefined ? {} : { framing: track.framing }),
    ...(track.codecPrivateData === undefined ? {} : { codecPrivateData: track.codecPrivateData }),
    ...(track.widthPixels === undefined ? {} : { width: track.widthPixels }),
    ...(track.heightPixels === undefined ? {} : { height: track.heightPixels }),
    ...(track.sampleRateHz === undefined ? {} : { sampleRate: track.sampleRateHz }),
    ...(track.channels === undefined ? {} : { channels: track.channels }),
  };
}

interface Position {
  /** How much of the source was put, microseconds. */
  mediaUs: number;
  /** How late the last frame was, milliseconds. */
  lagMs: number;
}

/** Fits 80 columns for hours of media. Acks are RECEIVED/PERSISTED ones. */
function progressText(metrics: StreamMetrics, position: Position, realTime: boolean): string {
  const { framesPut, fragmentsPut, acks, storeUsedBytes, storeCapacityBytes, reconnects } = metrics;
  const parts = [
    `${(position.mediaUs / 1e6).toFixed(1)} s`,
    count(framesPut, 'frame'),
    count(fragmentsPut, 'fragment'),
    `acks ${acks.received}/${acks.persisted}`,
    `store ${Math.round((100 * storeUsedBytes) / storeCapacityBytes)} %`,
  ];
  if (realTime) parts.push(`lag ${Math.round(position.lagMs)} ms`);
  if (reconnects > 0) parts.push(count(reconnects, 'reconnect'));
  return parts.join('  ');
}

async function putFrames(
  stream: ProducerStream,
  source: MediaSource,
  options: UploadOptions,
  position: Position,
): Promise<void> {
  // Whole milliseconds: the source has put its frames in order by millisecond ticks.
  const startUs = Date.now() * 1000;
  const pace = options.realTime ? inRealTime : asFastAsPossible;
  for await (const { frame, lagMs } of pace(source.frames(), options.signal)) {
    const { trackNumber, data, durationUs, isKey } = frame;
    const timed: Frame = { trackNumber, data, durationUs, isKey, timestampUs: startUs + frame.timestampUs };
    await stream.putFrame(timed);
    options.onFrame?.(timed);
    position.mediaUs = frame.dueUs;
    position.lagMs = lagMs;
  }
}

/**
 * Puts every frame of the source, then stops the stream.
 * @returns the stream's figures, when everything is PERSISTED (or RECEIVED, on a stream without retention)
 * @throws KvsError when the stream fails or something is not persisted; MediaSourceError when the source does, after what
 *   was read of it is persisted
 */
export async function upload(
  stream: ProducerStream,
  source: MediaSource,
  options: UploadOptions,
): Promise<StreamMetrics> {
  const position: Position = { mediaUs: 0, lagMs: 0 };
  using progress = new ProgressLine(options.output, () => progressText(stream.metrics, position, options.realTime));
  const events = noteEvents(stream, progress);
  try {
    await putFrames(stream, source, options, position);
  } catch (error) {
    // An input that was taken away because of the signal ends, it does not fail.
    if (!options.signal.aborted) throw error;
  } finally {
    if (options.signal.aborted) progress.note('Stopping: what was taken is being delivered; once more to give it up');
    await stream.stop();
  }
  await events;
  return stream.metrics;
}

async function noteEvents(stream: ProducerStream, progress: ProgressLine): Promise<void> {
  for await (const event of stream.events()) {
    const line = eventLine(event);
    if (line !== null) progress.note(line);
  }
}
