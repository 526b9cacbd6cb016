import { MediaStreamError } from './errors.ts';
import type { MediaTag, ServiceMetadata } from './media-types.ts';

/** The tags by which the service describes fragments in a GetMedia response. Source: service-api §3.3. */

const PREFIX = 'AWS_KINESISVIDEO_';
const FRAGMENT_NUMBER = `${PREFIX}FRAGMENT_NUMBER`;
const SERVER_TIMESTAMP = `${PREFIX}SERVER_TIMESTAMP`;
const PRODUCER_TIMESTAMP = `${PREFIX}PRODUCER_TIMESTAMP`;
const MILLIS_BEHIND_NOW = `${PREFIX}MILLIS_BEHIND_NOW`;
const CONTINUATION_TOKEN = `${PREFIX}CONTINUATION_TOKEN`;
const ERROR_CODE = `${PREFIX}ERROR_CODE`;
const ERROR_ID = `${PREFIX}ERROR_ID`;
/** Sent by producers when they close a fragment on purpose. */
const END_OF_FRAGMENT = `${PREFIX}END_OF_FRAGMENT`;

const BOUNDARY_NAMES: ReadonlySet<string> = new Set([
  FRAGMENT_NUMBER,
  SERVER_TIMESTAMP,
  PRODUCER_TIMESTAMP,
  MILLIS_BEHIND_NOW,
  CONTINUATION_TOKEN,
  ERROR_CODE,
  ERROR_ID,
  END_OF_FRAGMENT,
]);

const has = (tags: readonly MediaTag[], name: string): boolean => tags.some((tag) => tag.name === name);

/** Whether these tags name a fragment that begins after them. */
export const beginFragment = (tags: readonly MediaTag[]): boolean => has(tags, FRAGMENT_NUMBER);

/** Whether these tags close the fragment before them: the service's trailing tags, or a producer's end-of-fragment mark. */
export const endFragment = (tags: readonly MediaTag[]): boolean =>
  has(tags, CONTINUATION_TOKEN) || has(tags, MILLIS_BEHIND_NOW) || has(tags, END_OF_FRAGMENT);

/** Whether a tag comes from AWS or its producer libraries, not from the application. */
export const isServiceTag = ({ name }: MediaTag): boolean => name.startsWith(PREFIX);

/** The tags without those that are fields of a fragment or marks between fragments. */
export const producerTags = (tags: readonly MediaTag[]): MediaTag[] =>
  tags.filter(({ name }) => !BOUNDARY_NAMES.has(name));

/** What the tags of a fragment say; of several with one name the last holds. Values that are no numbers count as absent. */
export function serviceMetadata(tags: readonly MediaTag[]): ServiceMetadata {
  const values = new Map(tags.map(({ name, value }) => [name, value]));
  const fields: { [Name in keyof ServiceMetadata]: ServiceMetadata[Name] | undefined } = {
    fragmentNumber: values.get(FRAGMENT_NUMBER),
    producerTimestampMs: secondsToMs(values.get(PRODUCER_TIMESTAMP)),
    serverTimestampMs: secondsToMs(values.get(SERVER_TIMESTAMP)),
    continuationToken: values.get(CONTINUATION_TOKEN),
    millisBehindNow: wholeNumber(values.get(MILLIS_BEHIND_NOW)),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The error that these tags report, if any. */
export function streamError(tags: readonly MediaTag[]): MediaStreamError | null {
  if (!has(tags, ERROR_CODE) && !has(tags, ERROR_ID)) return null;
  const values = new Map(tags.map(({ name, value }) => [name, value]));
  return new MediaStreamError(wholeNumber(values.get(ERROR_ID)), values.get(ERROR_CODE), values.get(FRAGMENT_NUMBER));
}

/** `1511852109.126` → 1511852109126; taken as a decimal, since a double would round some milliseconds up. */
function secondsToMs(text: string | undefined): number | undefined {
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(text ?? '');
  if (match === null) return undefined;
  return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0').slice(0, 3));
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
