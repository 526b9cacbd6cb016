/** The calls of a putting thread that are on their way: each has an entry of the ring, or waits for one, in order. */
import type { ThreadPort } from '../platform.ts';
import { ENTRY_ANSWER, ENTRY_KIND, ENTRY_STATE, type PutRing, RING_ENTRIES, RING_WORD } from './put-ring.ts';
import type { Request } from './share-message.ts';

interface Call {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly call: Call;
  readonly begin: (sequence: number) => void;
}

export class PutCalls {
  readonly #ring: PutRing;
  readonly #port: ThreadPort;
  readonly #giveBack: (sequence: number) => void;
  /** By sequence, oldest first. */
  readonly #calls = new Map<number, Call>();
  readonly #waiting: Waiting[] = [];
  readonly #idle: Array<() => void> = [];
  /** Entries whose callers do not wait any more, and that the owner has not answered. */
  readonly #givenUp = new Set<number>();
  #sequence = 0;

  /** @param giveBack frees the slot of an entry that the owner has not taken */
  constructor(ring: PutRing, port: ThreadPort, giveBack: (sequence: number) => void) {
    this.#ring = ring;
    this.#port = port;
    this.#giveBack = giveBack;
  }

  /**
   * Makes a call when there is an entry for it; resolves when it is answered. `begin` fills the entry, or throws. Rejects with the signal's reason,
   * unless the owner was done with the call before it heard of that.
   */
  enter(begin: (sequence: number) => void, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => this.#abort(call);
      const settled = (settle: () => void): void => {
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const call: Call = {
        signal,
        resolve: () => settled(resolve),
        reject: (error) => settled(() => reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push({ begin, call });
      if (this.#calls.size === 0) this.#port.ref?.();
      this.#pump();
    });
  }

  /** An entry for a call that blocks; undefined while there is none, or others wait for one. */
  takeNow(): number | undefined {
    if (this.#waiting.length > 0 || !this.#hasEntry()) return undefined;
    return this.#sequence++;
  }

  /** Fills an entry with something that goes by message. */
  send(sequence: number, request: Request, blocks: boolean): void {
    this.#port.postMessage({ sequence, request });
    this.#ring.setSlot(sequence, 0);
    this.#ring.setUp(sequence, ENTRY_KIND.message, blocks);
    this.#ring.setState(sequence, ENTRY_STATE.put);
    this.wakeOwner();
  }

  /** An entry was put. */
  wakeOwner(): void {
    if (this.#ring.clear(RING_WORD.ownerSleeps)) this.#port.postMessage(null);
  }

  /** Takes the answers that there are. */
  collect(): void {
    this.#takeAnswers();
    if (this.#calls.size > 0 || this.#waiting.length > 0) {
      this.#ring.set(RING_WORD.putterWaits, 1);
      // Answered after the look, and before this thread said that it waits.
      this.#takeAnswers();
    }
    this.#pump();
  }

  /** The owner's error for an entry. */
  fail(sequence: number, error: unknown): void {
    const call = this.#calls.get(sequence);
    this.#calls.delete(sequence);
    this.release(sequence);
    call?.reject(call.signal?.aborted === true ? call.signal.reason : error);
    this.collect();
  }

  /** Gives an answered entry back. */
  release(sequence: number): void {
    this.#ring.setState(sequence, ENTRY_STATE.free);
  }

  /** Waits no more for an entry that the owner has. */
  giveUp(sequence: number): void {
    this.#givenUp.add(sequence);
  }

  /** Takes an entry back; false when the owner has it already. */
  withdraw(sequence: number): boolean {
    if (!this.#ring.changeState(sequence, ENTRY_STATE.put, ENTRY_STATE.withdrawn)) return false;
    try {
      this.#giveBack(sequence);
    } catch {
      // The core has failed, which its owner tells.
    }
    return true;
  }

  /** The stream has ended: what the owner has not taken, and what waits, is rejected. */
  withdrawAll(reason: unknown): void {
    this.#takeAnswers();
    for (const [sequence, call] of this.#calls) {
      if (!this.withdraw(sequence)) continue;
      this.#calls.delete(sequence);
      call.reject(reason);
    }
    for (const { call } of this.#waiting.splice(0)) call.reject(reason);
    this.collect();
  }

  /** Nobody answers any more: what is on its way, and what waits, is rejected. */
  abandon(reason: unknown): void {
    this.#takeAnswers();
    const waiting = this.#waiting.splice(0).map(({ call }) => call);
    for (const { reject } of [...this.#calls.values(), ...waiting]) reject(reason);
    this.#calls.clear();
    this.#pump();
  }

  /** Resolves when no call is on its way. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#pump();
    });
  }

  /** An entry that was not filled is passed over. */
  passOver(sequence: number): void {
    // The slot that stands there may be of an earlier round of the ring, and not this entry's to free.
    this.#ring.setSlot(sequence, 0);
    this.#ring.setState(sequence, ENTRY_STATE.withdrawn);
    this.wakeOwner();
  }

  /** Whether the next entry is free. */
  #hasEntry(): boolean {
    const before = this.#sequence - RING_ENTRIES;
    if (this.#givenUp.has(before) && this.#ring.state(before) === ENTRY_STATE.answered) {
      this.#givenUp.delete(before);
      this.release(before);
    }
    return this.#ring.state(this.#sequence) === ENTRY_STATE.free;
  }

  #takeAnswers(): void {
    for (const [sequence, { resolve }] of this.#calls) {
      // An error comes by message.
      if (this.#ring.state(sequence) !== ENTRY_STATE.answered || this.#ring.answer(sequence) === ENTRY_ANSWER.error)
        continue;
      this.#calls.delete(sequence);
      this.release(sequence);
      resolve();
    }
  }

  #abort(call: Call): void {
    const reason: unknown = call.signal?.reason;
    const index = this.#waiting.findIndex((waiting) => waiting.call === call);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      call.reject(reason);
      return this.#pump();
    }
    for (const [sequence, other] of this.#calls) {
      if (other !== call) continue;
      // The owner has it: it answers, in one way or the other.
      if (!this.withdraw(sequence)) return this.#port.postMessage({ abort: sequence });
      this.#calls.delete(sequence);
      call.reject(reason);
      return this.#pump();
    }
  }

  /** Lets calls go that wait for an entry. */
  #pump(): void {
    while (this.#waiting.length > 0 && this.#hasEntry()) {
      const { begin, call } = this.#waiting.shift() as Waiting;
      const sequence = this.#sequence++;
      this.#calls.set(sequence, call);
      // In front of the put, so that its answer is told however soon it comes.
      this.#ring.set(RING_WORD.putterWaits, 1);
      try {
        begin(sequence);
      } catch (error) {
        this.#calls.delete(sequence);
        this.passOver(sequence);
        call.reject(error);
      }
    }
    if (this.#calls.size > 0 || this.#waiting.length > 0) return;
    this.#port.unref?.();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
