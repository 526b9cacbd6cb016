/** The part of the platform port that the service needs, on Node. */

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LogLevel, Mutex, Timer } from '../../sdk/platform.ts';
import type { ServicePlatform } from '../context.ts';

export type Log = ServicePlatform['log'];

/** The service's platform on Node; warnings and errors go to standard error unless a log is given. */
export function nodeServicePlatform(log: Log = logToStandardError): ServicePlatform {
  return {
    now: () => Date.now(),
    setTimer,
    createMutex,
    randomBytes: (lengthBytes) => new Uint8Array(randomBytes(lengthBytes)),
    sha256: async (data) => new Uint8Array(createHash('sha256').update(data).digest()),
    hmacSha256: async (key, data) => new Uint8Array(createHmac('sha256', key).update(data).digest()),
    loadCore: async () => ({
      flavour: 'simd',
      module: await WebAssembly.compile(await readFile(new URL('../../build/core.simd.wasm', import.meta.url))),
    }),
    log,
  };
}

function setTimer(delayMs: number, callback: () => void): Timer {
  const timer = setTimeout(callback, delayMs);
  return { cancel: () => clearTimeout(timer) };
}

function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(section) {
      const result = last.then(section);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

function logToStandardError(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
  if (level === 'warn' || level === 'error') console.error(`penstock ${level}: ${message}`, fields ?? '');
}
