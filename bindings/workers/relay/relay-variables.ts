/** The relay's options as variables and secrets of a Worker. */
import type { JSONWebKeySet } from 'jose';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { DEFAULT_LIMITS, type RelayLimits, type RelayOptions } from './relay-options.ts';
import type { RelayAccess } from './token-check.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws `KvsError` of status STATUS_INVALID_ARG that names the variable which is missing, or cannot be. */
export function relayOptionsOf(variables: Variables): RelayOptions {
  const { AWS_REGION: region, KVS_ENDPOINT: endpoint, RELAY_ALLOWED_ORIGINS: origins } = variables;
  return {
    access: accessOf(variables),
    allowedOrigins: (origins ?? '').split(/[\s,]+/).filter((origin) => origin !== ''),
    ...(region ? { region } : {}),
    ...(endpoint ? { endpoint } : {}),
    createIfMissing: variables['RELAY_CREATE_STREAMS'] === 'true',
    limits: limitsOf(variables['RELAY_LIMITS']),
  };
}

function accessOf({ RELAY_TOKEN_SECRET: secret, RELAY_PUBLIC_KEYS: publicKeys }: Variables): RelayAccess {
  if (secret) return { secret };
  if (publicKeys) return { publicKeys: objectOf('RELAY_PUBLIC_KEYS', publicKeys) as unknown as JSONWebKeySet };
  throw new KvsError(STATUS.STATUS_INVALID_ARG, 'Neither RELAY_TOKEN_SECRET nor RELAY_PUBLIC_KEYS is set');
}

function limitsOf(text: string | undefined): Partial<RelayLimits> {
  const limits = text ? objectOf('RELAY_LIMITS', text) : {};
  for (const name of Object.keys(limits))
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `RELAY_LIMITS has no limit ${name}`);
  return limits;
}

function objectOf(name: string, text: string): Record<string, never> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, never>;
  } catch {
    // The error below says the same.
  }
  throw new KvsError(STATUS.STATUS_INVALID_ARG, `${name} is not a JSON object`);
}
