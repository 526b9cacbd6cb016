/** Who can reach an address, and what that asks of the credentials. */

import { hostname } from 'node:os';
import { DEVELOPMENT_CREDENTIALS } from '../credentials.ts';
import type { ServiceCredentials } from '../credentials.ts';

/** The service would be reachable by others with a key pair that everybody knows. */
export class CredentialsRequiredError extends Error {
  override readonly name = 'CredentialsRequiredError';
  /** The address that was asked for. */
  readonly host: string;

  constructor(host: string) {
    super(
      `Cannot listen on ${host} with the public development credentials: set credentials of your own, or use 127.0.0.1`,
    );
    this.host = host;
  }
}

/** True when only this machine can connect. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The credentials to accept on an address: those given, else, on loopback only, the development pair.
 * @throws CredentialsRequiredError when the address is not loopback and the pair is not a secret
 */
export function credentialsFor(host: string, given: readonly ServiceCredentials[] = []): readonly ServiceCredentials[] {
  const credentials = given.length > 0 ? given : [DEVELOPMENT_CREDENTIALS];
  const isPublic = credentials.some((pair) => pair.secretAccessKey === DEVELOPMENT_CREDENTIALS.secretAccessKey);
  if (isPublic && !isLoopback(host)) throw new CredentialsRequiredError(host);
  return credentials;
}

/** URL under which clients reach an address. The addresses that mean "all" are replaced by the machine's name. */
export function urlOf(protocol: 'http' | 'https', host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `${protocol}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
