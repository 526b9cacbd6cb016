/** What an application says when it opens a stream through a relay. */
import { KvsError } from '../errors.ts';
import type { TrackOptions } from '../producer/options.ts';
import * as STATUS from '../status-codes.ts';
import { isStreamName } from '../stream-name.ts';

export interface RelayStreamOptions {
  /** Address of the relay, such as `wss://relay.example.com`, with a path in front where it is mounted under one. */
  readonly url: string;
  /** 1 to 256 of a-z A-Z 0-9 _ . - */
  readonly streamName: string;
  /**
   * The token that the application's server minted, or who gets one: asked when the stream is opened, before a token expires, and when one has
   * expired. A token that is a text cannot be renewed: the stream fails when it has expired.
   */
  readonly token: string | (() => Promise<string>);
  /**
   * As for `openStream` of a producer. Codec private data have to be given here, or be found in the frames: with H.264 and H.265 in Annex-B
   * (`avc: { format: 'annexb' }` of a WebCodecs encoder) they are in every key frame, for AAC and Opus they follow from `sampleRate` and `channels`.
   */
  readonly tracks: readonly TrackOptions[];
  /**
   * Most that is kept until the service has persisted it, bytes of frames with 32 of head each: at least one fragment, and better some seconds more
   * than the outages that are to be survived. @default 16 MiB
   */
  readonly bufferBytes?: number;
  /** What a put does when the buffer is full. @default 'wait' */
  readonly whenFull?: 'wait' | 'reject';
  /** Limit for `stop` to see everything persisted, milliseconds. @default 120 000 */
  readonly stopTimeoutMs?: number;
  /** Ends the stream at once. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_BUFFER_BYTES = 16 << 20;
export const DEFAULT_STOP_TIMEOUT_MS = 120_000;
/** Smallest buffer: less holds no fragment of any video. */
const MIN_BUFFER_BYTES = 1024;

/** Throws `KvsError` that names the option which cannot be. */
export function checkRelayOptions(options: RelayStreamOptions): void {
  const { url, streamName, token, tracks, bufferBytes = DEFAULT_BUFFER_BYTES, whenFull, stopTimeoutMs = 0 } = options;
  if (!/^wss?:\/\//.test(url)) refuse('url', url, 'an address that begins with wss:// or ws://');
  if (!isStreamName(streamName))
    refuse('streamName', streamName, '1 to 256 of a-z A-Z 0-9 _ . -', STATUS.STATUS_INVALID_STREAM_NAME_LENGTH);
  if (typeof token !== 'function' && !/^[\w.-]+$/.test(token)) refuse('token', '…', 'a token, or a function');
  if (!Array.isArray(tracks) || tracks.length === 0)
    refuse('tracks', tracks, 'a list of one to three tracks', STATUS.STATUS_TRACK_INFO_MISSING);
  if (!Number.isSafeInteger(bufferBytes) || bufferBytes < MIN_BUFFER_BYTES)
    refuse('bufferBytes', bufferBytes, `a whole number from ${MIN_BUFFER_BYTES}`);
  if (whenFull !== undefined && whenFull !== 'wait' && whenFull !== 'reject')
    refuse('whenFull', whenFull, "'wait' or 'reject'");
  if (!(stopTimeoutMs >= 0 && stopTimeoutMs <= 86_400_000)) refuse('stopTimeoutMs', stopTimeoutMs, '0 to a day');
}

function refuse(name: string, given: unknown, allowed: string, status: number = STATUS.STATUS_INVALID_ARG): never {
  throw new KvsError(status, `Option ${name} is ${String(given)}: it has to be ${allowed}`);
}
