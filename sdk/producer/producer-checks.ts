/** Checks what an application says of a producer, and of tags. Each limit has the status that the native client refuses it with. */
import { MAX_USER_AGENT_NAME, MAX_USER_AGENT_SUFFIX } from '../aws/user-agent.ts';
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import { CALLBACK_SETS } from './callbacks/callback-options.ts';
import {
  type Choices,
  FLAG,
  MAX_TIME_LIMIT_MS,
  type Ranges,
  refuse,
  requireChoices,
  requireLength,
  requireObject,
  requireRanges,
  requireText,
} from './option-checks.ts';
import type { ProducerOptions } from './options.ts';

/** What one wasm memory can hold beside the core itself. Native: 1 MiB … 10 GiB. */
const MIN_STORE_BYTES = 4096;
const MAX_STORE_BYTES = 2032 << 20;
/** Source: producer-core §20. */
const MAX_STREAMS = 1_000_000;
const MAX_DEVICE_NAME_LENGTH = 128;
const MAX_CLIENT_ID_BYTES = 64;
const MAX_TAGS = 50;
const MAX_TAG_NAME_LENGTH = 128;
const MAX_TAG_VALUE_LENGTH = 1024;

const CALLBACK_OPTIONS = ['callbackProvider', ...CALLBACK_SETS] as const;

const CHOICES: Choices<ProducerOptions> = { dualStack: FLAG, fips: FLAG, sharedMemory: FLAG };

const RANGES: Ranges<ProducerOptions> = {
  maxStreams: [1, MAX_STREAMS, STATUS.STATUS_MIN_STREAM_COUNT],
  storeBytes: [MIN_STORE_BYTES, MAX_STORE_BYTES, STATUS.STATUS_INVALID_STORAGE_SIZE],
};

/** Throws `KvsError` that names the first option which cannot be, in the order of the native client. Source: producer-core §6.1. */
export function checkProducerOptions(options: ProducerOptions): void {
  requireObject('options', options);
  const { maxStreams, deviceName, clientId, deviceTags } = options;
  if (typeof maxStreams === 'number' && maxStreams > MAX_STREAMS)
    refuse('maxStreams', maxStreams, `at most ${MAX_STREAMS}`, STATUS.STATUS_MAX_STREAM_COUNT);
  requireRanges(options, RANGES);
  requireLength('deviceName', deviceName, 1, MAX_DEVICE_NAME_LENGTH, STATUS.STATUS_INVALID_DEVICE_NAME_LENGTH);
  checkTags('deviceTags', deviceTags);
  if (clientId !== undefined) {
    requireText('clientId', clientId);
    if (new TextEncoder().encode(clientId).length > MAX_CLIENT_ID_BYTES)
      refuse(
        'clientId',
        clientId,
        `at most ${MAX_CLIENT_ID_BYTES} bytes of UTF-8`,
        STATUS.STATUS_INVALID_CLIENT_ID_STRING_LENGTH,
      );
  }
  requireChoices(options, CHOICES);
  checkUserAgent('userAgentName', options.userAgentName, MAX_USER_AGENT_NAME);
  checkUserAgent('userAgentSuffix', options.userAgentSuffix, MAX_USER_AGENT_SUFFIX);
  requireRanges<ProducerOptions>(options, { startTimeoutMs: [1, MAX_TIME_LIMIT_MS] });
  for (const name of CALLBACK_OPTIONS) {
    const given: unknown = options[name];
    if (Array.isArray(given)) given.forEach((each: unknown, index) => requireObject(`${name}[${index}]`, each));
    else if (given !== undefined) requireObject(name, given);
  }
}

/** A header takes no line breaks, and not every runtime takes more than ASCII. */
function checkUserAgent(option: string, text: string | undefined, maxLength: number): void {
  requireLength(option, text, 1, maxLength);
  if (text !== undefined && !/^[\x21-\x7e]( ?[\x21-\x7e])*$/.test(text))
    refuse(option, text, 'printable ASCII, with single spaces within');
}

/**
 * Throws `KvsError` for tags that cannot be: more than 50, a name that is empty or longer than 128 characters, a value longer than 1024.
 * Source: producer-core §6.1, §7.1.
 */
export function checkTags(option: string, tags: Readonly<Record<string, string>> | undefined): void {
  if (tags === undefined) return;
  requireObject(option, tags);
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS)
    throw new KvsError(STATUS.STATUS_MAX_TAG_COUNT, `Option ${option} has ${entries.length} tags: at most ${MAX_TAGS}`);
  for (const [name, value] of entries) {
    requireLength(`${option}: a name`, name, 1, MAX_TAG_NAME_LENGTH, STATUS.STATUS_INVALID_TAG_NAME_LEN);
    requireText(`${option}.${name}`, value);
    requireLength(`${option}.${name}`, value, 0, MAX_TAG_VALUE_LENGTH, STATUS.STATUS_INVALID_TAG_VALUE_LEN);
  }
}
