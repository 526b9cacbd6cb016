/** Checks what an application says, where the types cannot: plain JavaScript, parsed configuration, NaN. */
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import type { StreamOptions, TrackOptions } from './options.ts';
import { isRetryStrategy, type RetryOptions, type RetryStrategy } from './recovery/retry-strategy.ts';

/** The values that options may have, by their names. */
export type Choices<T> = { readonly [Name in keyof T]?: readonly unknown[] };
/** The least and the most that numbers may be, by their names, and the status of what is neither. @default STATUS_INVALID_ARG */
export type Ranges<T> = { readonly [Name in keyof T]?: readonly [least: number, most: number, status?: number] };

export const FLAG: readonly boolean[] = [true, false];

/** Ten years: the service's own limit. */
const MAX_RETENTION_HOURS = 87_600;
/** A day, for every limit of time: longer is a unit mixed up. */
export const MAX_TIME_LIMIT_MS = 86_400_000;

/** Far more than any limit of retries is for; without one, `continuousRetry`. */
const MAX_CALL_RETRIES = 1_000;

/** The values that each option of a stream may have. */
const STREAM_CHOICES: Choices<StreamOptions> = {
  whenFull: ['wait', 'drop-oldest', 'reject'],
  streamingType: ['realtime', 'near-realtime', 'offline'],
  rollBack: ['unpersisted', 'native'],
  frameOrder: ['as-put', 'decode-time', 'presentation-time'],
  timestamps: ['frame', 'arrival'],
  timecodeType: ['absolute', 'relative'],
  fragmentAcks: FLAG,
  callCaching: ['until-failure', 'none', 'endpoint-only', 'all'],
  whenLate: ['recover', 'tell'],
  whenStale: ['recover', 'tell'],
  continuousRetry: FLAG,
  recoverOnError: FLAG,
};

const TIME_LIMIT_MS = [1, MAX_TIME_LIMIT_MS] as const;

/** The least and the most that each number may be, and the status of what is neither. */
const STREAM_RANGES: Ranges<StreamOptions> = {
  bufferDurationUs: [1_000_000, MAX_TIME_LIMIT_MS * 1000],
  endIdleFragmentsAfterMs: [0, MAX_TIME_LIMIT_MS],
  maxLatencyUs: [1, MAX_TIME_LIMIT_MS * 1000],
  replayDurationUs: [0, MAX_TIME_LIMIT_MS * 1000],
  connectionStalenessMs: [0, MAX_TIME_LIMIT_MS],
  maxCallRetries: [1, MAX_CALL_RETRIES],
  retentionHours: [0, MAX_RETENTION_HOURS, STATUS.STATUS_INVALID_RETENTION_PERIOD],
  openTimeoutMs: TIME_LIMIT_MS,
  bufferAvailabilityTimeoutMs: TIME_LIMIT_MS,
  stopTimeoutMs: TIME_LIMIT_MS,
  stallTimeoutMs: TIME_LIMIT_MS,
  sessionDurationMs: TIME_LIMIT_MS,
  callTimeoutMs: TIME_LIMIT_MS,
  endpointCacheMs: TIME_LIMIT_MS,
};

const TRACK_CHOICES: Choices<TrackOptions> = { framing: ['annexb', 'avcc'] };

/** A block has one octet for its track, PixelWidth two, Channels and BitDepth one. */
const TRACK_RANGES: Ranges<TrackOptions> = {
  trackNumber: [1, 126],
  width: [1, 0xffff],
  height: [1, 0xffff],
  sampleRate: [1, 0xffff_ffff],
  channels: [1, 0xff],
  bitDepth: [1, 0xff],
};

const RETRY_CHOICES: Choices<RetryOptions> = { jitter: ['full', 'fixed', 'none'] };

/** Source: producer-core §5.3. */
const RETRY_RANGES: Ranges<RetryOptions> = {
  factorMs: [50, 1_000],
  maxWaitMs: [10_000, 25_000],
  quietMs: [90_000, 120_000],
  jitterFactorMs: [50, 600],
};

/** Source: producer-core §20. */
const MAX_KMS_KEY_ID_LENGTH = 2048;

/**
 * Throws `KvsError` that names the first option which cannot be, and what it may be: with the status that the native client has for it, and
 * `STATUS_INVALID_ARG` where it has none.
 */
export function checkStreamOptions(options: StreamOptions): void {
  requireObject('options', options);
  const { tracks, fragmentation, retry, kmsKeyId, segmentUuid } = options;
  if (!Array.isArray(tracks)) refuse('tracks', tracks, 'a list of one to three tracks');
  tracks.forEach((track, index) => checkTrack(`tracks[${index}]`, track));
  if (fragmentation !== undefined) {
    requireObject('fragmentation', fragmentation);
    requireOneOf('fragmentation.mode', fragmentation.mode, ['key-frame', 'duration']);
  }
  requireChoices(options, STREAM_CHOICES);
  requireRanges(options, STREAM_RANGES);
  // Source: producer-core §7.1, which has one status for both.
  if (options.streamingType === 'offline' && (options.retentionHours === 0 || options.fragmentAcks === false))
    throw new KvsError(
      STATUS.STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION,
      options.fragmentAcks === false
        ? "Option fragmentAcks is false: streamingType 'offline' needs acks"
        : "Option retentionHours is 0: streamingType 'offline' needs a retention",
    );
  if (retry !== undefined) checkRetry(retry);
  requireLength('kmsKeyId', kmsKeyId, 1, MAX_KMS_KEY_ID_LENGTH);
  if (segmentUuid !== undefined && !(segmentUuid instanceof Uint8Array))
    refuse('segmentUuid', segmentUuid, 'a Uint8Array of 16 bytes');
}

function checkTrack(name: string, track: TrackOptions): void {
  requireObject(name, track);
  const { kind, codecPrivateData } = track;
  requireOneOf(`${name}.kind`, kind, ['video', 'audio', 'data']);
  requireChoices(track, TRACK_CHOICES, `${name}.`);
  if (codecPrivateData !== undefined && !(codecPrivateData instanceof Uint8Array))
    refuse(`${name}.codecPrivateData`, codecPrivateData, 'a Uint8Array');
  requireRanges(track, TRACK_RANGES, `${name}.`);
}

function checkRetry(retry: RetryOptions | RetryStrategy): void {
  requireObject('retry', retry);
  if (isRetryStrategy(retry)) {
    const { nextWaitMs, reset = nextWaitMs } = retry as { readonly [name in keyof RetryStrategy]?: unknown };
    if (typeof nextWaitMs !== 'function') refuse('retry.nextWaitMs', nextWaitMs, 'a function');
    if (typeof reset !== 'function') refuse('retry.reset', reset, 'a function');
    return;
  }
  requireRanges(retry, RETRY_RANGES, 'retry.');
  requireChoices(retry, RETRY_CHOICES, 'retry.');
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

function requireOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  refuse(name, value, allowed.map((each) => (typeof each === 'string' ? `'${each}'` : String(each))).join(' or '));
}

/** Throws `KvsError` of status `STATUS_INVALID_ARG` for the first option that is given and is none of its values. */
export function requireChoices<T extends object>(options: T, choices: Choices<T>, prefix = ''): void {
  for (const name of Object.keys(choices) as Array<keyof T & string>)
    if (options[name] !== undefined) requireOneOf(prefix + name, options[name], choices[name] ?? []);
}

/** Throws `KvsError` for the first option that is given and is no whole number of its range. */
export function requireRanges<T extends object>(options: T, ranges: Ranges<T>, prefix = ''): void {
  for (const name of Object.keys(ranges) as Array<keyof T & string>) {
    const [least, most, status] = ranges[name] as readonly [number, number, number?];
    const value: unknown = options[name];
    if (value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)) continue;
    refuse(prefix + name, value, `a whole number from ${least} to ${most}`, status);
  }
}

/** Throws `KvsError` for what is given and no string, or of another length in characters. */
export function requireLength(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
  status: number = STATUS.STATUS_INVALID_ARG_LEN,
): void {
  if (text === undefined) return;
  requireText(name, text);
  if (text.length < least || text.length > most)
    refuse(name, text, `${least === 0 ? 'at most' : `${least} to`} ${most} characters`, status);
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
