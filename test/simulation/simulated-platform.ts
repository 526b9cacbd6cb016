/** The platform port of a producer inside a simulation: a wall clock that may jump, timers that may be late, tokens that end. */
import { createSerialMutex } from '../../sdk/threads/serial-mutex.ts';
import type { CoreExports } from '../../sdk/core/exports.ts';
import { instantiateCore } from '../../sdk/core/instantiate.ts';
import type {
  CoreSource,
  Credentials,
  Platform,
  PlatformRequest,
  PlatformResponse,
  Timer,
} from '../../sdk/platform.ts';
import { coreSource } from '../support/load-core.ts';
import type { Random } from './random.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

/** Compiled once for all simulations of a process. */
const SOURCE = coreSource('simd');

export type SimulatedFetch = (request: PlatformRequest) => Promise<PlatformResponse>;

/** Room for handing settings over, which the core keeps. */
const SCRATCH_BYTES = 4096;
/** Most that a slow machine's timers are late, milliseconds. */
const MAX_LATE_MS = 5_000;
/** Half of a clock's jumps are within this, and so are taken by the service. */
const SMALL_JUMP_MS = 240_000;
const LARGE_JUMP_MS = 40 * 86_400_000;

export class SimulatedPlatform implements Platform {
  readonly name = 'simulation';
  readonly fullDuplex = true;
  readonly fetch: SimulatedFetch;
  readonly credentials: () => Promise<Credentials>;
  /** Timers that wait. */
  timerCount = 0;
  /** The core of the producer, once it is loaded, and what its memory spans when a store was opened and closed in it; bytes. */
  core: CoreExports | undefined;
  memoryAtStart = 0;
  readonly #world: World;
  readonly #random: Random;

  readonly #storeBytes: number;

  constructor(world: World, fetch: SimulatedFetch, tokens: Tokens, name: string, storeBytes: number) {
    this.#storeBytes = storeBytes;
    this.#world = world;
    this.fetch = fetch;
    this.credentials = () => tokens.issue();
    this.#random = world.random.fork(`platform ${name}`);
  }

  loadCore(): Promise<CoreSource> {
    // Given as a translated core would be, so that the simulation keeps sight of the instance.
    const instantiate = (): object => {
      const core = instantiateCore(SOURCE);
      const store = core.storeOpen(this.#storeBytes);
      core.scratchReserve(SCRATCH_BYTES);
      core.storeClose(store);
      this.memoryAtStart = core.memoryInUse();
      this.core = core;
      return core;
    };
    return Promise.resolve({ flavour: 'js', instantiate });
  }

  now(): number {
    const jump = this.#world.active('clock-jump');
    return this.#world.trueMs + (jump === undefined ? 0 : jumpMs(jump.value));
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const slow = this.#world.active('slow-timers');
    const lateMs = slow === undefined ? 0 : slow.value * this.#random.between(0, MAX_LATE_MS);
    let isWaiting = true;
    this.timerCount++;
    const settle = (): boolean => {
      if (!isWaiting) return false;
      isWaiting = false;
      this.timerCount--;
      return true;
    };
    const task = this.#world.time.after(delayMs + lateMs, () => settle() && callback());
    return { cancel: () => void (settle() && task.cancel()) };
  }

  readonly createMutex = createSerialMutex;

  randomBytes(lengthBytes: number): Uint8Array {
    return Uint8Array.from({ length: lengthBytes }, () => this.#random.whole(0, 255));
  }

  sha256(data: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(quickHash(data, 0));
  }

  hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(quickHash(data, quickHash(key, 1)[0] as number));
  }

  log(): void {
    // What matters of it are events.
  }
}

/** How far a jump of this value leads, milliseconds; forward or back. */
function jumpMs(value: number): number {
  const isSmall = value < 0.5;
  const share = ((isSmall ? value * 2 : value * 2 - 1) - 0.5) * 2;
  return Math.round(share * (isSmall ? SMALL_JUMP_MS : LARGE_JUMP_MS));
}

/** Stands for SHA-256: nobody here checks a signature, and real ones were a tenth of all work. */
function quickHash(data: Uint8Array, seed: number): Uint8Array {
  let mixed = 0x811c9dc5 ^ seed;
  for (const byte of data) mixed = Math.imul(mixed ^ byte, 0x01000193);
  const hash = new Uint32Array(8);
  for (let i = 0; i < hash.length; i++) hash[i] = mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) + i;
  return new Uint8Array(hash.buffer);
}
