/** Platform integration callbacks, as a platform port. */
import { KvsError } from '../../errors.ts';
import type { LogLevel, Mutex, Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import { credentialsFromToken } from './auth-info.ts';
import type { AuthCallbacks } from './service-call.ts';

/** A mutex as an application made it; only it knows what it is. */
export type MutexHandle = unknown;

export interface LogLine {
  /** Native log level: 2 debug, 3 info, 4 warn, 5 error. */
  readonly level: number;
  /** `penstock`, or the stream's name. */
  readonly tag: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface PlatformCallbacks {
  /** Wall clock, microseconds since the epoch. Timers stay the platform's. */
  getCurrentTime?(): number;
  /** A whole number from 0 to a RAND_MAX of at least 32 767. */
  getRandomNumber?(): number;
  /** The mutex callbacks stand together: all of create, lock and unlock, or none. */
  createMutex?(reentrant: boolean): MutexHandle;
  lockMutex?(mutex: MutexHandle): void | Promise<void>;
  unlockMutex?(mutex: MutexHandle): void;
  /** True when it is now locked. Tried in front of `lockMutex`. */
  tryLockMutex?(mutex: MutexHandle): boolean;
  freeMutex?(mutex: MutexHandle): void;
  logPrint?(line: LogLine): void;
}

/** As natively. Source: c-producer §8. */
const LOG_LEVELS: Readonly<Record<LogLevel, number>> = { debug: 2, info: 3, warn: 4, error: 5 };

const MUTEX_PARTS = ['createMutex', 'lockMutex', 'unlockMutex'] as const;

/** Told of a callback that threw or gave what cannot be. */
type OnFailure = (callback: 'getCurrentTime' | 'getRandomNumber', error: unknown) => void;

/**
 * A platform whose clock, random numbers, mutexes, log and credentials are callbacks, each where it is given. Where clock, random
 * number or log fail, the platform's own is used. Throws `KvsError` of status `STATUS_INVALID_ARG` when only a part of create, lock
 * and unlock is given.
 */
export function platformFromCallbacks(
  platform: Platform,
  callbacks: PlatformCallbacks & Pick<AuthCallbacks, 'getSecurityToken'>,
  onFailure: OnFailure = (callback, error) => platform.log('error', `The callback ${callback} failed`, { error }),
): Platform {
  /** Told once: these are asked all the time. */
  const failed = new Set<string>();
  const number = (name: Parameters<OnFailure>[0]): number | undefined => {
    if (callbacks[name] === undefined) return undefined;
    try {
      const given: unknown = callbacks[name]?.();
      if (Number.isFinite(given)) return given as number;
      throw new TypeError(`it gave ${String(given)}: expected a number`);
    } catch (error) {
      if (!failed.has(name)) {
        failed.add(name);
        onFailure(name, error);
      }
      return undefined;
    }
  };
  const nowMs = (): number => {
    const nowUs = number('getCurrentTime');
    return nowUs === undefined ? platform.now() : nowUs / 1000;
  };
  const randomBytes = (lengthBytes: number): Uint8Array => {
    if (callbacks.getRandomNumber === undefined) return platform.randomBytes(lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    for (let i = 0; i < lengthBytes; i++) {
      const random = number('getRandomNumber');
      if (random === undefined) return platform.randomBytes(lengthBytes);
      // The lowest bits of simple generators are poor, and a RAND_MAX may have no more than 15.
      bytes[i] = random >>> 7;
    }
    return bytes;
  };

  const mutexParts = MUTEX_PARTS.filter((name) => callbacks[name] !== undefined).length;
  if (mutexParts !== 0 && mutexParts !== 3)
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      'createMutex, lockMutex and unlockMutex are given together or not at all',
    );
  // Written out, not spread: a platform may be a class.
  return {
    name: platform.name,
    ...(platform.system === undefined ? {} : { system: platform.system }),
    environment: (name) => platform.environment?.(name),
    fullDuplex: platform.fullDuplex,
    clientCertificates: platform.clientCertificates,
    ...(platform.readFile === undefined ? {} : { readFile: platform.readFile.bind(platform) }),
    loadCore: () => platform.loadCore(),
    fetch: (request) => platform.fetch(request),
    setTimer: (delayMs, callback) => platform.setTimer(delayMs, callback),
    sha256: (data) => platform.sha256(data),
    hmacSha256: (key, data) => platform.hmacSha256(key, data),
    now: nowMs,
    randomBytes,
    ...(platform.threads === undefined ? {} : { threads: platform.threads }),
    createMutex: (memory) => (mutexParts === 0 ? platform.createMutex(memory) : new CallbackMutex(callbacks)),
    credentials: async () => {
      const token = await callbacks.getSecurityToken?.();
      return token === undefined ? platform.credentials() : credentialsFromToken(token.data);
    },
    log: (level, message, fields = {}) => {
      if (callbacks.logPrint === undefined) return platform.log(level, message, fields);
      const { stream } = fields;
      const tag = typeof stream === 'string' ? stream : 'penstock';
      try {
        callbacks.logPrint({ level: LOG_LEVELS[level], tag, message, fields });
      } catch (error) {
        platform.log('error', 'The callback logPrint failed', { error });
        platform.log(level, message, fields);
      }
    },
  };
}

/** Made when it is first wanted and freed when nobody wants it any more: the port's mutexes have no end of their own. */
class CallbackMutex implements Mutex {
  readonly #callbacks: PlatformCallbacks;
  #handle: MutexHandle;
  #users = 0;

  constructor(callbacks: PlatformCallbacks) {
    this.#callbacks = callbacks;
  }

  async run<T>(section: () => Promise<T> | T): Promise<T> {
    const callbacks = this.#callbacks;
    if (this.#users++ === 0) this.#handle = callbacks.createMutex?.(false);
    const handle = this.#handle;
    try {
      if (callbacks.tryLockMutex?.(handle) !== true) await callbacks.lockMutex?.(handle);
      try {
        return await section();
      } finally {
        callbacks.unlockMutex?.(handle);
      }
    } finally {
      if (--this.#users === 0) callbacks.freeMutex?.(handle);
    }
  }
}
