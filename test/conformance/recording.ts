/** A recording as it travels from a test driver into another runtime: tracks and frames in one run of bytes. */
import type { Frame, TrackOptions } from '../../sdk/producer/options.ts';

/** A frame that names its track, so that it can be told apart when it comes back. */
export type RecordingFrame = Frame & { readonly trackNumber: number };

export interface Recording {
  readonly tracks: readonly TrackOptions[];
  readonly frames: readonly RecordingFrame[];
}

/**
 * Layout: u32 (little endian) length of a JSON text, the text, then all private data and frame data in its order. The text is ASCII with
 * escapes, so that an engine without TextDecoder can read it.
 */
const LENGTH_BYTES = 4;
/** Characters that are decoded at once: a call takes only so many arguments. */
const TEXT_PIECE_BYTES = 4096;

interface Index {
  readonly tracks: readonly (Omit<TrackOptions, 'codecPrivateData'> & { readonly codecPrivateDataBytes: number })[];
  readonly frames: readonly (Omit<RecordingFrame, 'data'> & { readonly sizeBytes: number })[];
}

export function packRecording({ tracks, frames }: Recording): Uint8Array {
  const index: Index = {
    tracks: tracks.map(({ codecPrivateData, ...track }) => ({
      ...track,
      codecPrivateDataBytes: codecPrivateData?.length ?? 0,
    })),
    frames: frames.map(({ data, ...frame }) => ({ ...frame, sizeBytes: data.length })),
  };
  const text = asciiBytes(JSON.stringify(index));
  const pieces = [
    text,
    ...tracks.map(({ codecPrivateData }) => codecPrivateData ?? new Uint8Array(0)),
    ...frames.map(({ data }) => data),
  ];
  const packed = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, LENGTH_BYTES));
  new DataView(packed.buffer).setUint32(0, text.length, true);
  let at = LENGTH_BYTES;
  for (const piece of pieces) {
    packed.set(piece, at);
    at += piece.length;
  }
  return packed;
}

export function unpackRecording(packed: Uint8Array): Recording {
  const textBytes = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  let at = LENGTH_BYTES;
  const take = (sizeBytes: number): Uint8Array => packed.subarray(at, (at += sizeBytes));
  const index = JSON.parse(asciiText(take(textBytes))) as Index;
  return {
    tracks: index.tracks.map(({ codecPrivateDataBytes, ...track }) =>
      codecPrivateDataBytes === 0 ? track : { ...track, codecPrivateData: take(codecPrivateDataBytes) },
    ),
    frames: index.frames.map(({ sizeBytes, ...frame }) => ({ ...frame, data: take(sizeBytes) })),
  };
}

function asciiBytes(json: string): Uint8Array {
  const escaped = json.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Uint8Array.from({ length: escaped.length }, (_, at) => escaped.charCodeAt(at));
}

function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += TEXT_PIECE_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, at + TEXT_PIECE_BYTES));
  return text;
}
