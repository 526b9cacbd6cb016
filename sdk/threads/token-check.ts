import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import { LOCK_WORDS } from './shared-lock.ts';
import { RING_BYTES } from './put-ring.ts';
import { type StreamToken, TOKEN_TYPE } from './share-message.ts';

const isShared = (value: unknown, sizeBytes: number): boolean =>
  value instanceof SharedArrayBuffer && value.byteLength >= sizeBytes;

/** What each field of a token has to be. */
const FIELDS: Readonly<Record<Exclude<keyof StreamToken, 'type'>, (value: unknown) => boolean>> = {
  streamName: (value) => typeof value === 'string',
  module: (value) => Object.prototype.toString.call(value) === '[object WebAssembly.Module]',
  memory: (value) => (value as WebAssembly.Memory | null)?.buffer instanceof SharedArrayBuffer,
  lock: (value) => isShared(value, LOCK_WORDS * Int32Array.BYTES_PER_ELEMENT),
  ring: (value) => isShared(value, RING_BYTES),
  port: (value) => typeof (value as StreamToken['port'] | null)?.postMessage === 'function',
  store: Number.isInteger,
  stream: Number.isInteger,
  isStamped: (value) => typeof value === 'boolean',
  tracks: Array.isArray,
};

/** Throws `KvsError` of status STATUS_INVALID_ARG for what is not the token of a share, by the field that is wrong. */
export function requireToken(token: StreamToken): void {
  if (typeof token !== 'object' || token === null || token.type !== TOKEN_TYPE)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'attachStream takes the token of a shared stream');
  for (const [name, fits] of Object.entries(FIELDS))
    if (!fits(token[name as keyof StreamToken]))
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `The token of a shared stream is spoilt: ${name}`);
}
