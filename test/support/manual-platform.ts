/** The service's platform under a clock that only the test moves. */
import { createHash, createHmac } from 'node:crypto';
import { createSerialMutex } from '../../sdk/threads/serial-mutex.ts';
import type { CoreSource } from '../../sdk/platform.ts';
import type { ServicePlatform } from '../../service/context.ts';
import { coreSource } from './load-core.ts';

/** Compiled once: tests open hundreds of uploads. */
let core: CoreSource | undefined;

interface PendingTimer {
  dueMs: number;
  readonly callback: () => void;
}

export class ManualPlatform implements ServicePlatform {
  nowMs: number;
  readonly logged: string[] = [];
  readonly #timers = new Set<PendingTimer>();
  #randomState = 1;

  constructor(nowMs = 1_700_000_000_000) {
    this.nowMs = nowMs;
  }

  /** Timers that wait. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves the clock, running what falls due in order, and lets promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.nowMs + byMs;
    await settle();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers.delete(next);
      this.nowMs = next.dueMs;
      next.callback();
      await settle();
    }
    this.nowMs = untilMs;
    await settle();
  }

  /** Sets the wall clock by this much, forward or back, as NTP or a person does. Timers run on as they did. */
  jump(byMs: number): void {
    this.nowMs += byMs;
    for (const timer of this.#timers) timer.dueMs += byMs;
  }

  now(): number {
    return this.nowMs;
  }

  setTimer(delayMs: number, callback: () => void): { cancel(): void } {
    const timer = { dueMs: this.nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Not random: the same numbers every time. */
  randomBytes(lengthBytes: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: lengthBytes }, () => {
      this.#randomState = (this.#randomState * 1103515245 + 12345) & 0x7fffffff;
      return this.#randomState >> 16;
    });
  }

  sha256(data: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(createHash('sha256').update(data).digest()));
  }

  hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(createHmac('sha256', key).update(data).digest()));
  }

  readonly createMutex = createSerialMutex;

  loadCore(): ReturnType<ServicePlatform['loadCore']> {
    core ??= coreSource('plain');
    return Promise.resolve(core);
  }

  log(level: string, message: string): void {
    this.logged.push(`${level} ${message}`);
  }
}

/** Lets everything that waits only for promises go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
