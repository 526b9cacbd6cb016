/** Cores, stores and streams as the rows use them. */
import { readFileSync } from 'node:fs';
import {
  Core,
  type CoreFlavour,
  type CoreSource,
  type CoreStream,
  type CoreStreamConfig,
  FRAME_FLAG,
  type NalAdaptation,
} from '../sdk/core/index.ts';
import * as STATUS from '../sdk/status-codes.ts';
import { PARAMETER_SETS } from './payload.ts';

export const FRAME_US = 33_333;
/** A moment of the wall clock, microseconds since the epoch: what cameras count from. */
export const WALL_CLOCK_US = 1_600_994_737_365_000;
/** What the upload session reads at once. */
export const READ_BYTES = 256 * 1024;
const STORE_BYTES = 128 << 20;

/** Flavours that are published, and their files in `build/`. */
export const CORE_FILES = { simd: 'core.simd.wasm', plain: 'core.wasm', js: 'core.js' } as const;
export type PublishedFlavour = keyof typeof CORE_FILES;

export function coreFile(flavour: PublishedFlavour): URL {
  return new URL(`../build/${CORE_FILES[flavour]}`, import.meta.url);
}

/** A fresh core. */
export async function createCore(flavour: PublishedFlavour): Promise<Core> {
  const file = coreFile(flavour);
  if (flavour !== 'js') return Core.create({ flavour, module: new WebAssembly.Module(readFileSync(file)) });
  return Core.create({ ...((await import(file.href)) as Omit<CoreSource & { flavour: 'js' }, 'flavour'>), flavour });
}

const cores = new Map<CoreFlavour, Promise<Core>>();

/** The one core of a flavour that all rows share, as all streams of an application do: an engine calls the only core it knows faster. */
export function sharedCore(flavour: PublishedFlavour = 'simd'): Promise<Core> {
  let core = cores.get(flavour);
  if (core === undefined) cores.set(flavour, (core = createCore(flavour)));
  return core;
}

/** What all streams of the bench have in common. */
export function streamConfig(nal: NalAdaptation, codecPrivateData: Uint8Array = PARAMETER_SETS): CoreStreamConfig {
  const codecId = 'V_MPEG4/ISO/AVC';
  return {
    tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId, codecPrivateData, width: 1280, height: 720 }],
    nal,
    adaptCodecPrivateData: nal === 'annexb-to-avcc',
    contentType: 'video/h264',
    segmentUuid: new Uint8Array(16).fill(7),
    expectsPersistedAck: true,
  };
}

/** Streams in a store of their own; `close` gives the memory back. */
export function openStreams(
  core: Core,
  count: number,
  config: CoreStreamConfig,
  storeBytes = STORE_BYTES,
): { readonly streams: CoreStream[]; readonly close: () => void } {
  const store = core.openStore(storeBytes);
  return { streams: Array.from({ length: count }, () => store.openStream(config)), close: () => store.dispose() };
}

/** Puts frames at 30 a second; time goes on from run to run. */
export class Camera {
  #nextUs: number;
  readonly #stream: CoreStream;

  /** @param startUs timestamp of the first frame, microseconds */
  constructor(stream: CoreStream, startUs = 0) {
    this.#stream = stream;
    this.#nextUs = startUs;
  }

  /** @returns the timestamp of the frame, microseconds */
  put(frame: Uint8Array, isKey: boolean): number {
    const timestampUs = this.#nextUs;
    this.#nextUs += FRAME_US;
    const flags = isKey ? FRAME_FLAG.key : 0;
    const result = this.#stream.putFrame(1, frame, flags, timestampUs, timestampUs, FRAME_US);
    if (result < 0) throw new Error(`putFrame returned ${result}`);
    return timestampUs;
  }
}

/** Reads all that a session has, chunk by chunk; `onChunk` gets the part of the chunk that was filled. */
export function readAll(stream: CoreStream, chunk: Uint8Array, onChunk?: (bytes: Uint8Array) => void): number {
  let total = 0;
  do {
    const length = stream.read(chunk);
    if (onChunk !== undefined && length > 0) onChunk(chunk.subarray(0, length));
    total += length;
  } while (stream.readStatus === 0);
  switch (stream.readStatus) {
    case STATUS.STATUS_NO_MORE_DATA_AVAILABLE:
    case STATUS.STATUS_AWAITING_PERSISTED_ACK:
    case STATUS.STATUS_END_OF_STREAM:
      return total;
    default:
      throw new Error(`Reading ended with ${stream.readStatus}`);
  }
}
