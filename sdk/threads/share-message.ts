/** What a thread that puts frames is handed, and what the two threads say to each other beside the ring. */
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import type { ThreadPort } from '../platform.ts';
import type { EncodedChunk, Frame, FrameInput, TrackChunk, UntimedFrame } from '../producer/options.ts';
import type { ErrorMessage } from './error-message.ts';

export const TOKEN_TYPE = 'penstock-stream-1';

/** Everything that `attachStream` needs; goes through `postMessage` once, with `transfer` of the share it belongs to. */
export interface StreamToken {
  readonly type: typeof TOKEN_TYPE;
  readonly streamName: string;
  readonly module: WebAssembly.Module;
  /** Of the core. */
  readonly memory: WebAssembly.Memory;
  readonly lock: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly port: ThreadPort;
  /** Handles in the core. */
  readonly store: number;
  readonly stream: number;
  /** Frames are stamped when the owner takes them. */
  readonly isStamped: boolean;
  readonly tracks: ReadonlyArray<{ readonly number: number; readonly isVideo: boolean }>;
}

/** A frame whose data does not lie in the store. */
export type FrameMessage =
  | { readonly form: 'frame'; readonly frame: Frame | UntimedFrame }
  | {
      readonly form: 'chunk';
      readonly type: 'key' | 'delta';
      readonly timestamp: number;
      readonly duration: number | null;
      readonly data: Uint8Array;
      readonly trackNumber: number | undefined;
      readonly description: Uint8Array | undefined;
    };

export type Request =
  | { readonly call: 'putFrame'; readonly frame: FrameMessage }
  | { readonly call: 'endFragment' }
  | { readonly call: 'flush' }
  | {
      readonly call: 'putFragmentMetadata';
      readonly name: string;
      readonly value: string;
      readonly persistent: boolean;
    }
  | {
      readonly call: 'putEventMetadata';
      readonly events: readonly StreamEventType[];
      readonly metadata: EventMetadata;
    };

/**
 * To the owner: something is in the ring (null), what an entry is that came by message, a call that waits is not wanted any more, the thread lets
 * go, or its core trapped.
 */
export type ToOwner =
  | null
  | { readonly sequence: number; readonly request: Request }
  | { readonly abort: number }
  | { readonly bye: true }
  | { readonly trap: ErrorMessage };

/** To the thread that puts: there are answers (null), an entry's error, or the stream has ended. */
export type ToPutter = null | { readonly sequence: number; readonly error: ErrorMessage } | { readonly ended: true };

/** A frame as it can be sent, its data copied. */
export function frameToMessage(frame: FrameInput): FrameMessage {
  if ('chunk' in frame) return chunkToMessage(frame.chunk, frame);
  if ('copyTo' in frame) return chunkToMessage(frame, undefined);
  const { data, timestampUs, decodeTimestampUs, durationUs, isKey, trackNumber, discardable, invisible } = frame;
  const given = { timestampUs, decodeTimestampUs, durationUs, trackNumber, discardable, invisible };
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { form: 'frame', frame: { ...stated, isKey, data: new Uint8Array(data) } };
}

function chunkToMessage(chunk: EncodedChunk, track: TrackChunk | undefined): FrameMessage {
  const data = new Uint8Array(chunk.byteLength);
  chunk.copyTo(data);
  const { type, timestamp, duration } = chunk;
  const description = descriptionOf(track);
  return { form: 'chunk', type, timestamp, duration, data, trackNumber: track?.trackNumber, description };
}

/** A copy of a chunk's codec private data. */
export function descriptionOf(track: TrackChunk | undefined): Uint8Array | undefined {
  const source = track?.decoderConfig?.description;
  if (source === undefined) return undefined;
  return ArrayBuffer.isView(source)
    ? Uint8Array.from(new Uint8Array(source.buffer, source.byteOffset, source.byteLength))
    : Uint8Array.from(new Uint8Array(source));
}

/** What a stream takes. */
export function frameFromMessage(message: FrameMessage): FrameInput {
  if (message.form === 'frame') return message.frame;
  const { type, timestamp, duration, data, trackNumber, description } = message;
  const chunk = { type, timestamp, duration, byteLength: data.length, copyTo: (to: Uint8Array) => to.set(data) };
  return {
    chunk,
    ...(trackNumber === undefined ? {} : { trackNumber }),
    ...(description === undefined ? {} : { decoderConfig: { description } }),
  };
}
