/** Identifiers that the service makes up. Source: service-api §1 for their shapes. */

import { toHex } from '../../sdk/hex.ts';
import type { ServicePlatform } from '../context.ts';

const VERSION_LENGTH = 20;
const VERSION_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new value for a stream's `Version`: 20 random characters, as AWS's have. */
export function newVersion(platform: ServicePlatform): string {
  const random = platform.randomBytes(VERSION_LENGTH);
  return Array.from(random, (byte) => VERSION_ALPHABET[byte % VERSION_ALPHABET.length]).join('');
}

/** A new internal stream id: 16 hexadecimal digits, safe in file names. */
export function newStreamId(platform: ServicePlatform): string {
  return toHex(platform.randomBytes(8));
}

/** A new request id in UUID form (RFC 9562 §5.4, version 4). */
export function newRequestId(platform: ServicePlatform): string {
  const bytes = platform.randomBytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** ARN of a stream. It ends in the creation time, so that a name created again gets a new ARN. */
export function streamArn(region: string, accountId: string, name: string, creationTimeMs: number): string {
  return `arn:aws:kinesisvideo:${region}:${accountId}:stream/${name}/${creationTimeMs}`;
}

/** The key that AWS reports for streams without one of their own. */
export function defaultKeyArn(region: string, accountId: string): string {
  return `arn:aws:kms:${region}:${accountId}:alias/aws/kinesisvideo`;
}
