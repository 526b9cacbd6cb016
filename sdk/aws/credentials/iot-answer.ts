/** What the endpoint of a role alias answers. Source: c-producer §4.1. */
import type { Credentials, PlatformResponse } from '../../platform.ts';
import { readBounded } from '../bounded-body.ts';
import { checkCredentials } from './checked.ts';
import { credentialError } from './credential-status.ts';
import { parseTimestamp } from './timestamp.ts';

/** Native: as much as an `AuthInfo` holds. */
const MAX_ANSWER_BYTES = 10_000;
const MAX_REASON_LENGTH = 200;

/** What an answer can be that a later request may not get: a device that is not let in will not be. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

/** Credentials with the time at which they expire. */
export type ExpiringCredentials = Credentials & { readonly expiresAtMs: number };

/**
 * Reads credentials that have not expired at `nowMs`. Rejects with `CredentialsError` of the native IoT statuses, or with what the body fails with.
 * A text of a wrong answer is told only where the service calls it its message.
 */
export async function readIotAnswer(response: PlatformResponse, nowMs: () => number): Promise<ExpiringCredentials> {
  const text = await readBounded(response.body, MAX_ANSWER_BYTES);
  if (response.status !== 200) {
    const type = response.header('x-amzn-errortype')?.split(':')[0] ?? '';
    const message = text === undefined ? undefined : parsed(text)?.['message'];
    const told = [type, typeof message === 'string' ? message : ''].filter((part) => part !== '').map(plain);
    const reason = `the IoT endpoint answered ${[`HTTP ${response.status}`, ...told].join(': ')}`;
    throw credentialError('STATUS_IOT_FAILED', reason, { retryable: !FINAL_STATUSES.has(response.status) });
  }
  if (text === undefined || text.length === 0) {
    const size = text === undefined ? `more than ${MAX_ANSWER_BYTES}` : '0';
    const reason = `the IoT endpoint's answer has ${size} bytes: 1 to ${MAX_ANSWER_BYTES} are expected`;
    throw credentialError('STATUS_IOT_INVALID_RESPONSE_LENGTH', reason);
  }
  const refuse = (reason: string): Error => credentialError('STATUS_IOT_NULL_AWS_CREDS', reason);
  const answer = parsed(text);
  if (answer === undefined) throw refuse("the IoT endpoint's answer is no JSON object: it may have been cut");
  const given: unknown = own(answer, 'credentials');
  const source = "the credentials of the IoT endpoint's answer";
  const fields = isObject(given)
    ? {
        accessKeyId: own(given, 'accessKeyId'),
        secretAccessKey: own(given, 'secretAccessKey'),
        sessionToken: own(given, 'sessionToken'),
        expiration: own(given, 'expiration'),
      }
    : undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = checkCredentials(fields, source, refuse);
  if (sessionToken === undefined) throw refuse(`${source} have no sessionToken`);
  const expiration = fields?.expiration;
  if (expiration === undefined || expiration === null) throw refuse(`${source} have no expiration`);
  const expiresAtMs = parseTimestamp(expiration);
  if (Number.isNaN(expiresAtMs))
    throw credentialError(
      'STATUS_IOT_EXPIRATION_PARSING_FAILED',
      `${source} have an expiration that is no time: expected YYYY-MM-DDTHH:mm:SSZ`,
    );
  if (expiresAtMs <= nowMs())
    throw credentialError(
      'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST',
      `${source} expired at ${new Date(expiresAtMs).toISOString()}: is this clock right?`,
    );
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}

/** A field of the object itself: none of what all objects have. */
function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Undefined for what is no JSON object. What the parser says of it quotes it, and is not passed on. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One line of a limited length. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_REASON_LENGTH);
}
