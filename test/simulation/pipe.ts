/** One direction of a connection: first in, first out, as late and as slow as the network is. */
import type { Task } from './virtual-time.ts';
import type { World } from './world.ts';

/** Bytes, what comes in front of them, or their end. */
export type PipeItem = Uint8Array | 'head' | 'end';

interface Underway {
  readonly item: PipeItem;
  readonly dueMs: number;
  readonly onArrived: (() => void) | undefined;
}

const USUAL_BYTES_A_MS = 2_000;
/** Of a slow network: 2 to 20 kB a second. */
const SLOW_BYTES_A_MS: readonly [number, number] = [2, 20];
const LATENCY_MS = 20;
const MAX_DELAY_MS = 3_000;

/** What a packet needs from end to end now, milliseconds. */
export function latencyMs(world: World): number {
  const delay = world.active('delay');
  return LATENCY_MS + (delay === undefined ? 0 : delay.value * MAX_DELAY_MS);
}

/** When what is lost now comes through after all, milliseconds; now where nothing is. */
export function stalledUntilMs(world: World): number {
  const stall = world.active('stall');
  return stall === undefined ? world.time.nowMs : stall.atMs + stall.forMs;
}

export class Pipe {
  /** Bytes on their way. */
  queuedBytes = 0;
  readonly #world: World;
  readonly #deliver: (item: PipeItem, onArrived: (() => void) | undefined) => void;
  readonly #items: Underway[] = [];
  #lastDueMs = 0;
  #head: Task | undefined;
  #isDead = false;

  constructor(world: World, deliver: (item: PipeItem, onArrived: (() => void) | undefined) => void) {
    this.#world = world;
    this.#deliver = deliver;
  }

  push(item: PipeItem, onArrived?: () => void): void {
    if (this.#isDead) return;
    const { time } = this.#world;
    const slow = this.#world.active('slow');
    const [least, most] = SLOW_BYTES_A_MS;
    const bytesAMs = slow === undefined ? USUAL_BYTES_A_MS : least + (most - least) * slow.value;
    const bytes = typeof item === 'string' ? 0 : item.length;
    this.#lastDueMs = Math.max(this.#lastDueMs, time.nowMs + latencyMs(this.#world)) + bytes / bytesAMs;
    this.queuedBytes += bytes;
    this.#items.push({ item, dueMs: this.#lastDueMs, onArrived });
    this.#arm();
  }

  /** Nothing comes through any more. Gives what was underway first. */
  kill(): PipeItem | undefined {
    this.#isDead = true;
    this.#head?.cancel();
    this.#head = undefined;
    return this.#items.splice(0)[0]?.item;
  }

  #arm(): void {
    const first = this.#items[0];
    if (this.#head === undefined && first !== undefined)
      this.#head = this.#world.time.at(first.dueMs, () => this.#arrive());
  }

  #arrive(): void {
    this.#head = undefined;
    const untilMs = stalledUntilMs(this.#world);
    if (untilMs > this.#world.time.nowMs) {
      this.#head = this.#world.time.at(untilMs, () => this.#arrive());
      return;
    }
    const first = this.#items.shift();
    if (first === undefined) return;
    if (typeof first.item !== 'string') this.queuedBytes -= first.item.length;
    this.#deliver(first.item, first.onArrived);
    if (!this.#isDead) this.#arm();
  }
}
