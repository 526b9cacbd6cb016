/** How large a store has to be for a time, and for how long one lasts. Source: c-producer §1.1, §2.2. */
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import type { StreamOptions } from './options.ts';

/** A store of variable frames cannot be filled to the last byte. */
const FRAGMENTATION_FACTOR = 1.2;
const USABLE_SHARE = 0.85;
const REPLAY_SHARE = 0.5;
const LATENCY_SHARE = 0.85;

/** The streams of a producer. */
export interface StreamLoad {
  /** Of one stream, bits a second. */
  readonly bitsPerSecond: number;
  /** Streams that share the store. @default 1 */
  readonly streams?: number;
}

/**
 * `storeBytes` for streams whose media is to be kept for a time, bytes: a fifth more than the media.
 * Throws `KvsError` of status STATUS_INVALID_ARG for what is not above 0.
 */
export function storeBytesFor({
  bitsPerSecond,
  streams = 1,
  bufferDurationUs,
}: StreamLoad & {
  /** Media time, microseconds. */
  readonly bufferDurationUs: number;
}): number {
  requirePositive({ bitsPerSecond, streams, bufferDurationUs });
  return Math.ceil(((streams * bitsPerSecond) / 8) * (bufferDurationUs / 1_000_000) * FRAGMENTATION_FACTOR);
}

/**
 * The options of a stream that go with a store: a buffer duration of whole seconds that 85 % of its share of the store hold, half of it to
 * be replayed, and 85 % of it before latency is told.
 * Throws `KvsError` of status STATUS_INVALID_ARG for what is not above 0, and for a store that does not hold a second.
 */
export function durationsFor({
  bitsPerSecond,
  streams = 1,
  storeBytes,
}: StreamLoad & { readonly storeBytes: number }): Required<
  Pick<StreamOptions, 'bufferDurationUs' | 'replayDurationUs' | 'maxLatencyUs'>
> {
  requirePositive({ bitsPerSecond, streams, storeBytes });
  const seconds = Math.floor(((storeBytes * 8) / bitsPerSecond / streams) * USABLE_SHARE);
  if (seconds < 1)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `${storeBytes} bytes hold less than a second of ${streams} streams`);
  const bufferDurationUs = seconds * 1_000_000;
  return {
    bufferDurationUs,
    replayDurationUs: bufferDurationUs * REPLAY_SHARE,
    maxLatencyUs: bufferDurationUs * LATENCY_SHARE,
  };
}

function requirePositive(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values))
    if (!(value > 0 && value < Infinity))
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `${name} is ${value}: expected a number above 0`);
}
