/** Rows as SQLite holds them, and as the ports speak of them. */

import type { FragmentRow, StreamRow, StreamStatus } from '../../storage.ts';

export interface StreamRecord {
  stream_id: string;
  name: string;
  arn: string;
  device_name: string | null;
  media_type: string | null;
  kms_key_id: string | null;
  version: string;
  status: StreamStatus;
  creation_time_ms: number;
  retention_hours: number;
}

export interface FragmentRecord {
  stream_id: string;
  sequence: number;
  fragment_number: string;
  producer_timestamp_ms: number;
  server_timestamp_ms: number;
  duration_ms: number;
  frame_count: number;
  media_size_bytes: number;
  media: string;
  header: string;
  header_size_bytes: number;
  /** libsql hands blobs out as ArrayBuffer, unlike better-sqlite3. */
  tags: ArrayBuffer;
}

export function toStreamRow(record: StreamRecord): StreamRow {
  return {
    streamId: record.stream_id,
    name: record.name,
    arn: record.arn,
    deviceName: record.device_name,
    mediaType: record.media_type,
    kmsKeyId: record.kms_key_id,
    version: record.version,
    status: record.status,
    creationTimeMs: record.creation_time_ms,
    retentionHours: record.retention_hours,
  };
}

export function toFragmentRow(record: FragmentRecord): FragmentRow {
  return {
    streamId: record.stream_id,
    sequence: record.sequence,
    fragmentNumber: record.fragment_number,
    producerTimestampMs: record.producer_timestamp_ms,
    serverTimestampMs: record.server_timestamp_ms,
    durationMs: record.duration_ms,
    frameCount: record.frame_count,
    mediaSizeBytes: record.media_size_bytes,
    media: record.media,
    header: record.header,
    headerSizeBytes: record.header_size_bytes,
    tags: new Uint8Array(record.tags),
  };
}

/** Values in the order of the columns of `streams`, without `last_sequence`. */
export function streamValues(row: StreamRow): unknown[] {
  return [
    row.streamId,
    row.name,
    row.arn,
    row.deviceName,
    row.mediaType,
    row.kmsKeyId,
    row.version,
    row.status,
    row.creationTimeMs,
    row.retentionHours,
  ];
}

/** Values in the order of the columns of `fragments`. */
export function fragmentValues(row: FragmentRow): unknown[] {
  return [
    row.streamId,
    row.sequence,
    row.fragmentNumber,
    row.producerTimestampMs,
    row.serverTimestampMs,
    row.durationMs,
    row.frameCount,
    row.mediaSizeBytes,
    row.media,
    row.header,
    row.headerSizeBytes,
    row.tags,
  ];
}
