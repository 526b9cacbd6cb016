/**
 * A lock over shared memory: for short sections that may block, such as a call into the core, and for sections that await.
 *
 * ```
 * word  0        1          2        3            4
 *       | held   | waiting  | claim  | ids given  | beats |
 * ```
 * `held` is 0, or the holder's id with a number that rises with each of its turns, so that no two turns look alike. Whoever waits sleeps until
 * that word changes. A thread that was woken and came too late several times claims the next turn: newcomers stand back until it has had it.
 */
import { LockAbandonedError } from '../errors.ts';
import type { Platform } from '../platform.ts';

/** Words of 32 bits that a lock takes; all 0 is a free lock. */
export const LOCK_WORDS = 8;

const HELD = 0;
const WAITING = 1;
const CLAIM = 2;
const IDS = 3;
const BEATS = 4;

const ID_BITS = 12;
const ID_MASK = (1 << ID_BITS) - 1;
const TURN_MASK = (1 << (31 - ID_BITS)) - 1;

/** Looks at the lock before a thread goes to sleep: a call into the core is over sooner than a sleep begins. */
const SPINS = 100;
/** Turns that a thread may miss before it claims one. */
const TURNS_MISSED = 3;
/** Longest sleep without a look, milliseconds: a wake-up may be lost with the thread that was woken. */
const SLICE_MS = 50;
/** Of one wait, so that no fault can make it endless. */
const MAX_SLEEPS = 1_000_000;
/** A blocking section takes microseconds; a thread that holds the lock for this long has ended, milliseconds. */
export const ABANDONED_AFTER_MS = 5_000;

export class SharedLock {
  /** Of this user of the lock, 1…4095; numbers are used again after as many users. */
  readonly id: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #turns = 0;
  /** What stands in the lock while this user holds it; 0 while it does not. */
  #held = 0;

  /** @param words LOCK_WORDS words of shared memory. Each thread, and each independent user within one, makes its own object over them. */
  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words;
    this.id = (Atomics.add(words, IDS, 1) % ID_MASK) + 1;
  }

  /** Id of the user that holds the lock; 0 for nobody. */
  get holder(): number {
    return Atomics.load(this.#words, HELD) & ID_MASK;
  }

  get isHeld(): boolean {
    return this.#held !== 0;
  }

  /** Takes the lock where it is free and nobody has claimed it. */
  tryLock(): boolean {
    const words = this.#words;
    const claim = Atomics.load(words, CLAIM);
    if (claim !== 0 && claim !== this.id) return false;
    const mine = this.#nextTurn();
    if (Atomics.compareExchange(words, HELD, 0, mine) !== 0) return false;
    this.#held = mine;
    return true;
  }

  /**
   * Takes the lock, blocking the thread until it is free: only for threads that may block, and for sections of microseconds.
   * Throws `LockAbandonedError` when one thread holds it for `abandonedAfterMs` (milliseconds) in one turn.
   */
  lock(abandonedAfterMs: number = ABANDONED_AFTER_MS): void {
    if (this.tryLock()) return;
    for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(this.#words, HELD) === 0 && this.tryLock()) return;
    const wait = new Wait(this.#words, this.id);
    try {
      for (let sleeps = 0; sleeps < MAX_SLEEPS; sleeps++) {
        if (this.tryLock()) return;
        const [index, value] = wait.next();
        if (index < 0) continue;
        const outcome = Atomics.wait(this.#words, index, value, SLICE_MS);
        if (wait.isStuck(outcome === 'timed-out', abandonedAfterMs)) break;
      }
    } finally {
      wait.end();
    }
    throw new LockAbandonedError(this.holder, abandonedAfterMs);
  }

  /**
   * Takes the lock without blocking the thread. One call at a time.
   * @param leaseMs how long a holder may give no sign of life (`beat`); then its turn is taken over, milliseconds
   * @returns whether it was taken over from a holder that has ended in the middle of its section
   */
  async lockAsync(timers: Pick<Platform, 'setTimer'>, leaseMs: number): Promise<boolean> {
    if (this.tryLock()) return false;
    const wait = new Wait(this.#words, this.id);
    try {
      for (let sleeps = 0; sleeps < MAX_SLEEPS; sleeps++) {
        if (this.tryLock()) return false;
        const [index, value] = wait.next();
        if (index < 0) continue;
        const isTimedOut = await sleep(this.#words, index, value, timers);
        if (wait.isStuck(isTimedOut, leaseMs) && this.#takeOver(value)) return true;
      }
    } finally {
      wait.end();
    }
    throw new LockAbandonedError(this.holder, leaseMs);
  }

  /** Tells those who wait that the holder, whose section awaits something, is alive. */
  beat(): void {
    Atomics.add(this.#words, BEATS, 1);
  }

  /** Gives the lock back. Throws `LockAbandonedError` where it was taken over meanwhile. */
  unlock(): void {
    const held = this.#held;
    this.#held = 0;
    const words = this.#words;
    if (Atomics.compareExchange(words, HELD, held, 0) !== held || held === 0) throw new LockAbandonedError(this.id, 0);
    if (Atomics.load(words, WAITING) > 0) Atomics.notify(words, HELD, Atomics.load(words, CLAIM) === 0 ? 1 : Infinity);
  }

  #takeOver(value: number): boolean {
    const mine = this.#nextTurn();
    if (Atomics.compareExchange(this.#words, HELD, value, mine) !== value) return false;
    this.#held = mine;
    return true;
  }

  #nextTurn(): number {
    this.#turns = (this.#turns + 1) & TURN_MASK;
    return (this.#turns << ID_BITS) | this.id;
  }
}

/** One wait for the lock: whose turn it waits for, how often it came too late, and whether anything still moves. */
class Wait {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #id: number;
  #missed = 0;
  #held = 0;
  #beats = 0;
  #stuckMs = 0;

  constructor(words: Int32Array<SharedArrayBuffer>, id: number) {
    this.#words = words;
    this.#id = id;
    Atomics.add(words, WAITING, 1);
  }

  /** The word to sleep on and its value; −1 when the lock looks free. */
  next(): readonly [index: number, value: number] {
    const words = this.#words;
    if (++this.#missed >= TURNS_MISSED) Atomics.compareExchange(words, CLAIM, 0, this.#id);
    const held = Atomics.load(words, HELD);
    const beats = Atomics.load(words, BEATS);
    if (held !== this.#held || beats !== this.#beats) this.#stuckMs = 0;
    this.#held = held;
    this.#beats = beats;
    if (held !== 0) return [HELD, held];
    const claim = Atomics.load(words, CLAIM);
    return claim === 0 || claim === this.#id ? [-1, 0] : [CLAIM, claim];
  }

  /** After a sleep: whether one holder has kept the lock for so long without a sign of life. */
  isStuck(isTimedOut: boolean, limitMs: number): boolean {
    if (!isTimedOut) {
      this.#stuckMs = 0;
      return false;
    }
    // Free, and yet nobody came: the thread that claimed the turn is gone.
    if (this.#held === 0) {
      const claim = Atomics.load(this.#words, CLAIM);
      if (Atomics.load(this.#words, HELD) === 0 && claim !== this.#id) this.#giveUp(claim);
      return false;
    }
    this.#stuckMs += SLICE_MS;
    return this.#stuckMs >= limitMs;
  }

  end(): void {
    Atomics.sub(this.#words, WAITING, 1);
    this.#giveUp(this.#id);
  }

  #giveUp(claim: number): void {
    if (claim === 0 || Atomics.compareExchange(this.#words, CLAIM, claim, 0) !== claim) return;
    Atomics.notify(this.#words, CLAIM);
  }
}

/** Sleeps until a word has another value, or a slice has passed; true for the latter. Where there is no `Atomics.waitAsync`, a timer looks. */
async function sleep(
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  value: number,
  timers: Pick<Platform, 'setTimer'>,
): Promise<boolean> {
  const { waitAsync } = Atomics as { readonly waitAsync?: WaitAsync };
  const waited = waitAsync?.(words, index, value, SLICE_MS);
  if (waited?.async === false) return waited.value === 'timed-out';
  // The timer also keeps the thread's event loop going, which not every runtime does for such a promise.
  return new Promise((resolve) => {
    const timer = timers.setTimer(waited === undefined ? POLL_MS : SLICE_MS + POLL_MS, () => resolve(true));
    void waited?.value.then((outcome) => {
      timer.cancel();
      resolve(outcome === 'timed-out');
    });
  }).then((isTimedOut) => isTimedOut === true && Atomics.load(words, index) === value);
}

/** Between two looks without `Atomics.waitAsync`, milliseconds. */
const POLL_MS = 5;

type WaitAsync = (
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  value: number,
  timeoutMs: number,
) =>
  | { readonly async: false; readonly value: 'not-equal' | 'timed-out' }
  | { readonly async: true; readonly value: Promise<'ok' | 'timed-out'> };
