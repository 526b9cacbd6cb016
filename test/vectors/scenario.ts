import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A piece of frame data: bytes as hex, or a pattern that is computed. */
export interface DataPart {
  readonly hex?: string;
  readonly pattern?: { readonly seed: number; readonly size: number };
}

/** A time in ticks; one that a double cannot hold exactly is kept as its digits. */
export type Ticks = number | string;

export interface ScenarioTrack {
  readonly track_id: number;
  readonly track_type: 'video' | 'audio' | 'unknown';
  readonly codec_id: string;
  readonly track_name: string;
  readonly codec_private_data: readonly DataPart[];
  readonly video_config?: { readonly width: number; readonly height: number };
  readonly audio_config?: {
    readonly sampling_frequency: number;
    readonly channels: number;
    readonly bit_depth: number;
  };
}

export interface Operation {
  readonly op: string;
  readonly status?: string;
  readonly flags?: readonly string[];
  readonly track_id?: number;
  readonly decoding_ts?: Ticks;
  readonly presentation_ts?: Ticks;
  readonly duration?: Ticks;
  readonly now?: Ticks;
  readonly data?: readonly DataPart[];
  readonly output_bytes?: number;
  readonly get_status?: string | null;
  readonly name?: string;
  readonly value?: string;
  readonly persistent?: boolean;
  readonly events?: readonly string[];
  readonly metadata?: { readonly image_prefix: string | null; readonly pairs: readonly [string, string][] } | null;
  readonly upload_handle?: number;
  readonly new_upload_handle?: number | null;
  readonly buffer_size?: number;
  readonly bytes?: number;
  readonly skipped?: string;
  readonly call_result?: string;
  readonly ack?: { readonly event_type: string; readonly fragment_timecode: number; readonly result: string };
}

export interface PackagedFrame {
  readonly index: number;
  readonly status: string;
  readonly bytes: number;
  readonly stream_state?: string;
}

export interface Output {
  readonly driver: 'client' | 'mkvgen';
  readonly upload_handle?: number;
  readonly file: string;
  readonly size: number;
  readonly frames?: readonly PackagedFrame[];
}

export interface Scenario {
  readonly name: string;
  readonly stream_info: {
    readonly client_id: string;
    readonly retention_period: number;
    readonly buffer_duration: number;
    readonly replay_duration: number;
    readonly streaming_type: string;
    readonly content_type: string;
    readonly fragment_duration: number;
    readonly timecode_scale: number;
    readonly key_frame_fragmentation: boolean;
    readonly frame_timecodes: boolean;
    readonly absolute_fragment_times: boolean;
    readonly fragment_acks: boolean;
    readonly nal_adaptation_flags: readonly string[];
    readonly segment_uuid: string | null;
    readonly frame_order_mode: string;
    readonly tracks: readonly ScenarioTrack[];
  };
  readonly create_stream_status: string;
  readonly operations: readonly Operation[];
  readonly outputs: readonly Output[];
}

/**
 * Folder of the vectors: PENSTOCK_VECTORS, or `shared/vectors` beside the project; null when that is not there.
 * @throws Error when PENSTOCK_VECTORS names a folder without vectors
 */
export function vectorsFolder(): string | null {
  const named = process.env['PENSTOCK_VECTORS'];
  const folder = named ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
  if (existsSync(join(folder, 'scenarios.json'))) return folder;
  if (named !== undefined) throw new Error(`There are no vectors in ${named}: it has no scenarios.json`);
  return null;
}

/** A parsed JSON file of the folder. Numbers of 16 digits and more, which doubles round, become strings. */
export function readJson<T>(folder: string, file: string): T {
  return JSON.parse(readFileSync(join(folder, file), 'utf8').replace(/:(\d{16,})/g, ':"$1"')) as T;
}

/** Whole microseconds of a time: what is below one of them never reaches a timecode, unless the scale is finer. */
export function microseconds(ticks: Ticks | undefined): number {
  return Number(BigInt(ticks ?? 0) / 10n);
}

/** True when a connection ended so that native takes its host for dead, with all that it had received. */
export function isHostDead(operation: Operation | undefined): boolean {
  return operation?.call_result === 'SERVICE_CALL_NETWORK_CONNECTION_TIMEOUT';
}

/** The bytes that data parts stand for. */
export function dataBytes(parts: readonly DataPart[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (part.hex !== undefined) return Buffer.from(part.hex, 'hex');
      const { seed, size } = part.pattern ?? { seed: 0, size: 0 };
      return Uint8Array.from({ length: size }, (_, i) => (seed + 7 * i + 13 * (i >> 8)) & 0xff);
    }),
  );
}
