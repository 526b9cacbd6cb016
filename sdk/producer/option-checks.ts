/** Checks what an application says, where the types cannot: plain JavaScript, parsed configuration, NaN. */
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import type { StreamOptions } from './options.ts';
import { isRetryStrategy, type RetryOptions, type RetryStrategy } from './recovery/retry-strategy.ts';

/** Ten years: the service's own limit. */
const MAX_RETENTION_HOURS = 87_600;
/** A day, for every limit of time: longer is a unit mixed up. */
export const MAX_TIME_LIMIT_MS = 86_400_000;

/** Far more than any limit of retries is for; without one, `continuousRetry`. */
const MAX_CALL_RETRIES = 1_000;

/** Highest value of a track's numbers, each at least 1: a block has one octet for its track, PixelWidth two, Channels and BitDepth one. */
const TRACK_NUMBERS = {
  trackNumber: 126,
  width: 0xffff,
  height: 0xffff,
  sampleRate: 0xffff_ffff,
  channels: 0xff,
  bitDepth: 0xff,
} as const;

/** Source: producer-core §20. */
const MAX_KMS_KEY_ID_LENGTH = 2048;

/**
 * Throws `KvsError` that names the first option which cannot be, and what it may be: with the status that the native client has for it, and
 * `STATUS_INVALID_ARG` where it has none.
 */
export function checkStreamOptions(options: StreamOptions): void {
  requireObject('options', options);
  if (!Array.isArray(options.tracks)) refuse('tracks', options.tracks, 'a list of one to three tracks');
  options.tracks.forEach((track, index) => {
    requireObject(`tracks[${index}]`, track);
    requireOneOf(`tracks[${index}].kind`, track.kind, ['video', 'audio', 'data']);
    if (track.framing !== undefined) requireOneOf(`tracks[${index}].framing`, track.framing, ['annexb', 'avcc']);
    if (track.codecPrivateData !== undefined && !(track.codecPrivateData instanceof Uint8Array))
      refuse(`tracks[${index}].codecPrivateData`, track.codecPrivateData, 'a Uint8Array');
    for (const name of Object.keys(TRACK_NUMBERS) as (keyof typeof TRACK_NUMBERS)[])
      requireWhole(`tracks[${index}].${name}`, track[name], 1, TRACK_NUMBERS[name]);
  });
  if (options.fragmentation !== undefined) {
    requireObject('fragmentation', options.fragmentation);
    requireOneOf('fragmentation.mode', options.fragmentation.mode, ['key-frame', 'duration']);
  }
  if (options.whenFull !== undefined) requireOneOf('whenFull', options.whenFull, ['wait', 'drop-oldest', 'reject']);
  if (options.streamingType !== undefined)
    requireOneOf('streamingType', options.streamingType, ['realtime', 'near-realtime', 'offline']);
  // Source: producer-core §7.1, which has one status for both.
  if (options.streamingType === 'offline' && (options.retentionHours === 0 || options.fragmentAcks === false))
    throw new KvsError(
      STATUS.STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION,
      options.fragmentAcks === false
        ? "Option fragmentAcks is false: streamingType 'offline' needs acks"
        : "Option retentionHours is 0: streamingType 'offline' needs a retention",
    );
  if (options.rollBack !== undefined) requireOneOf('rollBack', options.rollBack, ['unpersisted', 'native']);
  if (options.frameOrder !== undefined)
    requireOneOf('frameOrder', options.frameOrder, ['as-put', 'decode-time', 'presentation-time']);
  if (options.timestamps !== undefined) requireOneOf('timestamps', options.timestamps, ['frame', 'arrival']);
  requireWhole('bufferDurationUs', options.bufferDurationUs, 1_000_000, MAX_TIME_LIMIT_MS * 1000);
  requireWhole('endIdleFragmentsAfterMs', options.endIdleFragmentsAfterMs, 0, MAX_TIME_LIMIT_MS);
  requireWhole('maxLatencyUs', options.maxLatencyUs, 1, MAX_TIME_LIMIT_MS * 1000);
  requireWhole('replayDurationUs', options.replayDurationUs, 0, MAX_TIME_LIMIT_MS * 1000);
  if (options.timecodeType !== undefined) requireOneOf('timecodeType', options.timecodeType, ['absolute', 'relative']);
  if (options.fragmentAcks !== undefined && typeof options.fragmentAcks !== 'boolean')
    refuse('fragmentAcks', options.fragmentAcks, 'true or false');
  if (options.callCaching !== undefined)
    requireOneOf('callCaching', options.callCaching, ['until-failure', 'none', 'endpoint-only', 'all']);
  requireWhole('connectionStalenessMs', options.connectionStalenessMs, 0, MAX_TIME_LIMIT_MS);
  for (const name of ['whenLate', 'whenStale'] as const) {
    const value = options[name];
    if (value !== undefined) requireOneOf(name, value, ['recover', 'tell']);
  }
  for (const name of ['continuousRetry', 'recoverOnError'] as const) requireFlag(name, options[name]);
  requireWhole('maxCallRetries', options.maxCallRetries, 1, MAX_CALL_RETRIES);
  if (options.retry !== undefined) checkRetry(options.retry);
  const retentionStatus = STATUS.STATUS_INVALID_RETENTION_PERIOD;
  requireWhole('retentionHours', options.retentionHours, 0, MAX_RETENTION_HOURS, retentionStatus);
  const { kmsKeyId, segmentUuid } = options;
  if (kmsKeyId !== undefined) {
    requireText('kmsKeyId', kmsKeyId);
    if (kmsKeyId.length < 1 || kmsKeyId.length > MAX_KMS_KEY_ID_LENGTH)
      refuse('kmsKeyId', kmsKeyId, `1 to ${MAX_KMS_KEY_ID_LENGTH} characters`, STATUS.STATUS_INVALID_ARG_LEN);
  }
  if (segmentUuid !== undefined && !(segmentUuid instanceof Uint8Array))
    refuse('segmentUuid', segmentUuid, 'a Uint8Array of 16 bytes');
  for (const name of [
    'openTimeoutMs',
    'bufferAvailabilityTimeoutMs',
    'stopTimeoutMs',
    'stallTimeoutMs',
    'sessionDurationMs',
    'callTimeoutMs',
    'endpointCacheMs',
  ] as const)
    requireWhole(name, options[name], 1, MAX_TIME_LIMIT_MS);
}

/** Ranges: producer-core §5.3. */
function checkRetry(retry: RetryOptions | RetryStrategy): void {
  requireObject('retry', retry);
  if (isRetryStrategy(retry)) {
    const { nextWaitMs, reset = nextWaitMs } = retry as { readonly [name in keyof RetryStrategy]?: unknown };
    if (typeof nextWaitMs !== 'function') refuse('retry.nextWaitMs', nextWaitMs, 'a function');
    if (typeof reset !== 'function') refuse('retry.reset', reset, 'a function');
    return;
  }
  requireWhole('retry.factorMs', retry.factorMs, 50, 1_000);
  requireWhole('retry.maxWaitMs', retry.maxWaitMs, 10_000, 25_000);
  requireWhole('retry.quietMs', retry.quietMs, 90_000, 120_000);
  if (retry.jitter !== undefined) requireOneOf('retry.jitter', retry.jitter, ['full', 'fixed', 'none']);
  requireWhole('retry.jitterFactorMs', retry.jitterFactorMs, 50, 600);
}

/** Throws `KvsError` of status `STATUS_INVALID_ARG` for what is no string. */
export function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string') refuse(name, value, 'a string');
}

/** Throws `KvsError` of status `STATUS_INVALID_ARG` for events that there are not, and texts that are none. */
export function requireEvents(events: readonly StreamEventType[], metadata: EventMetadata): void {
  if (!Array.isArray(events) || events.length === 0) refuse('events', events, 'a list of events');
  events.forEach((event, index) => requireOneOf(`events[${index}]`, event, ['image-generation', 'notification']));
  requireObject('metadata', metadata);
  const { imagePrefix, pairs } = metadata;
  if (imagePrefix !== undefined) requireText('imagePrefix', imagePrefix);
  if (pairs !== undefined && !Array.isArray(pairs)) refuse('pairs', pairs, 'a list of names with values');
  pairs?.forEach((pair, index) => {
    if (!Array.isArray(pair) || pair.length !== 2) refuse(`pairs[${index}]`, pair, 'a name with its value');
    requireText(`pairs[${index}][0]`, pair[0]);
    requireText(`pairs[${index}][1]`, pair[1]);
  });
}

export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) refuse(name, value, 'an object');
}

function requireFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') refuse(name, value, 'true or false');
}

function requireOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) refuse(name, value, allowed.map((each) => `'${each}'`).join(' or '));
}

/** Throws `KvsError` for what is no whole number of a range; undefined is what is not given. */
export function requireWhole(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  status: number = STATUS.STATUS_INVALID_ARG,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  refuse(name, value, `a whole number from ${least} to ${most}`, status);
}

/** Longest part of a value that a message repeats, characters. */
const MAX_SHOWN_LENGTH = 80;

/** Throws `KvsError` that says what an option is and what it may be. */
export function refuse(
  name: string,
  value: unknown,
  expected: string,
  status: number = STATUS.STATUS_INVALID_ARG,
): never {
  const shown = String(value).slice(0, MAX_SHOWN_LENGTH);
  const given = typeof value === 'string' ? `'${shown}'` : shown;
  throw new KvsError(status, `Option ${name} is ${given}: expected ${expected}`);
}
