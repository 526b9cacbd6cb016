/** Checks what an application says, where the types cannot: plain JavaScript, parsed configuration, NaN. */
import { KvsError } from '../errors.ts';
import { STATUS } from '../status-codes.ts';
import type { StreamOptions } from './options.ts';

/** Ten years: the service's own limit. */
const MAX_RETENTION_HOURS = 87_600;
/** A day, for every limit of time: longer is a unit mixed up. */
const MAX_TIME_LIMIT_MS = 86_400_000;

/** Highest value of a track's numbers, each at least 1: a block has one octet for its track, PixelWidth two, Channels and BitDepth one. */
const TRACK_NUMBERS = {
  trackNumber: 126,
  width: 0xffff,
  height: 0xffff,
  sampleRate: 0xffff_ffff,
  channels: 0xff,
  bitDepth: 0xff,
} as const;

/** Throws `KvsError` of status `STATUS_INVALID_ARG` that names the first option which cannot be, and what it may be. */
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
  if (options.whenFull !== undefined) requireOneOf('whenFull', options.whenFull, ['wait', 'drop-oldest']);
  if (options.rollBack !== undefined) requireOneOf('rollBack', options.rollBack, ['unpersisted', 'native']);
  if (options.frameOrder !== undefined)
    requireOneOf('frameOrder', options.frameOrder, ['as-put', 'decode-time', 'presentation-time']);
  if (options.timestamps !== undefined) requireOneOf('timestamps', options.timestamps, ['frame', 'arrival']);
  requireWhole('bufferDurationUs', options.bufferDurationUs, 1_000_000, MAX_TIME_LIMIT_MS * 1000);
  requireWhole('endIdleFragmentsAfterMs', options.endIdleFragmentsAfterMs, 0, MAX_TIME_LIMIT_MS);
  requireWhole('maxLatencyUs', options.maxLatencyUs, 1, MAX_TIME_LIMIT_MS * 1000);
  requireWhole('replayDurationUs', options.replayDurationUs, 0, MAX_TIME_LIMIT_MS * 1000);
  if (options.timecodeType !== undefined) requireOneOf('timecodeType', options.timecodeType, ['absolute', 'relative']);
  if (options.callCaching !== undefined)
    requireOneOf('callCaching', options.callCaching, ['until-failure', 'none', 'endpoint-only', 'all']);
  requireWhole('connectionStalenessMs', options.connectionStalenessMs, 0, MAX_TIME_LIMIT_MS);
  requireWhole('retentionHours', options.retentionHours, 0, MAX_RETENTION_HOURS);
  for (const name of [
    'openTimeoutMs',
    'stopTimeoutMs',
    'stallTimeoutMs',
    'sessionDurationMs',
    'callTimeoutMs',
    'endpointCacheMs',
  ] as const)
    requireWhole(name, options[name], 1, MAX_TIME_LIMIT_MS);
}

/** Throws `KvsError` of status `STATUS_INVALID_ARG` for what is no string. */
export function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string') refuse(name, value, 'a string');
}

function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) refuse(name, value, 'an object');
}

function requireOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) refuse(name, value, allowed.map((each) => `'${each}'`).join(' or '));
}

function requireWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  refuse(name, value, `a whole number from ${least} to ${most}`);
}

function refuse(name: string, value: unknown, expected: string): never {
  const given = typeof value === 'string' ? `'${value}'` : String(value);
  throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option ${name} is ${given}: expected ${expected}`);
}
