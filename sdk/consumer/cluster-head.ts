import { CLUSTER, CLUSTER_TIMECODE } from '../../assembly/ebml/ids.ts';
import { join } from '../core/held-bytes.ts';
import { crcRange, voidOut } from './merged-header.ts';

/** A cluster up to and including its timecode. Offsets count from the cluster's first byte. */
export interface ClusterHead {
  readonly bytes: Uint8Array;
  readonly dataOffset: number;
  /** −1: unknown. */
  readonly dataSizeBytes: number;
  readonly timecodeOffset: number;
}

/** Timecode element as live producers write it: id, size 8, value. */
const TIMECODE_BYTES = 10;
const ID_BYTES = 4;
const SIZE_BYTES = 8;

/**
 * Writes a cluster's head anew with another timecode, which may need more room than the old one had.
 * @param timecode 0…2^53, in timecode-scale units
 */
export function retimed(head: ClusterHead, timecode: number): Uint8Array {
  const before = head.bytes.slice(head.dataOffset, head.timecodeOffset);
  // The checksum was made over the old timecode.
  for (const range of crcRange(before, 0)) voidOut(before, range);
  const growth = TIMECODE_BYTES - (head.bytes.length - head.timecodeOffset);
  const start = new Uint8Array(ID_BYTES + SIZE_BYTES);
  const view = new DataView(start.buffer);
  view.setUint32(0, CLUSTER);
  view.setBigUint64(
    ID_BYTES,
    head.dataSizeBytes < 0 ? 0x01ffffffffffffffn : (1n << 56n) | BigInt(head.dataSizeBytes + growth),
  );
  const timecodeElement = new Uint8Array(TIMECODE_BYTES);
  timecodeElement.set([CLUSTER_TIMECODE, 0x88]);
  new DataView(timecodeElement.buffer).setBigUint64(2, BigInt(timecode));
  return join([start, before, timecodeElement]);
}
