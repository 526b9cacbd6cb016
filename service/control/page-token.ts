/** Opaque page tokens in the alphabet that every generation of AWS clients accepts: `[A-Za-z0-9+/=]`. */

import { invalidArgument } from '../errors.ts';

const TOKEN_FORM = /^1\n(?<prefix>[a-zA-Z0-9_.-]*)\n(?<afterName>[a-zA-Z0-9_.-]+)$/;

/** Where a listing of names goes on. */
export interface PagePosition {
  readonly prefix: string;
  readonly afterName: string;
}

/** Encodes a position; its names are ASCII, so base64 of the text needs no further encoding. */
export function encodePageToken(position: PagePosition): string {
  return btoa(`1\n${position.prefix}\n${position.afterName}`);
}

/**
 * Decodes a token that `encodePageToken` made for a listing with this prefix.
 * @throws ServiceError InvalidArgumentException for anything else
 */
export function decodePageToken(token: string, prefix: string): PagePosition {
  const groups = TOKEN_FORM.exec(decodeBase64(token))?.groups;
  if (groups?.['afterName'] === undefined || groups['prefix'] !== prefix) {
    throw invalidArgument('NextToken was not issued for this listing');
  }
  return { prefix, afterName: groups['afterName'] };
}

function decodeBase64(token: string): string {
  try {
    return atob(token);
  } catch {
    return '';
  }
}
