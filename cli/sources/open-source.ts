/** From a path on the command line to a media source. */
import { openByteInput } from './byte-input.ts';
import type { TrackChoice } from './container.ts';
import { openContainer } from './container.ts';
import type { MediaSource } from './media-source.ts';
import { MediaSourceError } from './media-source.ts';
import { openRawH264 } from './raw-h264.ts';

export interface SourceOptions {
  /** Frames per second of raw H.264; default: what the stream states, else 25. */
  readonly framesPerSecond?: number;
  /** Default `all`. */
  readonly tracks?: TrackChoice;
}

/**
 * Opens a file, or standard input for `-`. The format is told from the first bytes, never from the name.
 * @throws MediaSourceError naming what cannot be used, and why
 */
export async function openMediaSource(
  path: string,
  options: SourceOptions = {},
  standardInput: AsyncIterable<Uint8Array> = process.stdin,
): Promise<MediaSource> {
  const input = await openByteInput(path, standardInput);
  switch (input.format) {
    case 'mp4':
    case 'matroska':
      return openContainer(input, options.tracks ?? 'all');
    case 'h264':
      if (options.tracks === 'audio') throw new MediaSourceError(`${input.name} is raw H.264 and has no audio track`);
      return openRawH264(input.stream(), options.framesPerSecond);
    case 'h265':
      throw new MediaSourceError(`${input.name} is raw H.265; only H.264 video can be sent from a recording`);
    case 'empty':
      throw new MediaSourceError(`${input.name} is empty`);
    case 'unknown':
      throw new MediaSourceError(`${input.name} is neither raw H.264 (Annex-B) nor MP4, Matroska or WebM`);
  }
}
