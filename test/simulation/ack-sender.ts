/** Sends the acks of one session, and whatever the faults that are on make of them. */
import type { Connection } from './connection.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface Ack {
  readonly EventType: 'BUFFERING' | 'RECEIVED' | 'PERSISTED' | 'ERROR' | 'IDLE';
  readonly FragmentTimecode?: number;
  readonly FragmentNumber?: string;
  readonly ErrorId?: number;
  readonly ErrorCode?: string;
}

const MAX_LATE_MS = 90_000;
const MAX_REORDERED_MS = 5_000;
const MAX_BATCH_MS = 8_000;
const GARBAGE = [
  '\n',
  '{"EventType":"PERSISTED","FragmentTimecode":12,"FragmentNumber":"1"}\n',
  '{"EventType":"PERSISTED","FragmentTimecode":-5}\n',
  '{"EventType":"RECEIVED","FragmentTimecode":99999999999999999999999}\n',
  '{"EventType":"LATER","FragmentTimecode":12}\n',
  '{"EventType":"ERROR"}\n',
  '{"EventType":"PERSISTED"}\n',
  '{EventType}\n',
  '<html>{</html>\n',
];

const encoder = new TextEncoder();

export class AckSender {
  /** Everything was sent at once, in order and complete. */
  isUntouched = true;
  readonly #world: World;
  readonly #random: Random;
  readonly #connection: Connection;
  #batch: { text: string; readonly arrivals: (() => void)[] } | undefined;

  constructor(world: World, random: Random, connection: Connection) {
    this.#world = world;
    this.#random = random;
    this.#connection = connection;
  }

  /** `onArrived`: the client has it. */
  send(ack: Ack, onArrived: () => void = () => undefined): void {
    const isOn = (kind: Parameters<World['isOn']>[0], probability: number): boolean =>
      this.#world.isOn(kind) && this.#random.chance(probability);
    if (isOn('garbage-acks', 0.5)) this.#write(this.#random.pick(GARBAGE), onArrived, true);
    if (ack.EventType === 'ERROR') return this.#flush(this.#format(ack), onArrived);
    if (isOn('missing-acks', 0.5)) {
      this.isUntouched = false;
      return;
    }
    const text = this.#format(ack);
    if (isOn('duplicate-acks', 0.5)) this.#later(this.#random.between(0, 3_000), text, onArrived);
    if (isOn('late-acks', 0.7)) this.#later(this.#random.between(0, MAX_LATE_MS), text, onArrived);
    else if (isOn('reordered-acks', 0.5)) this.#later(this.#random.between(1, MAX_REORDERED_MS), text, onArrived);
    else if (this.#world.isOn('batched-acks')) this.#gather(text, onArrived);
    else this.#write(text, onArrived);
  }

  #later(afterMs: number, text: string, onArrived: () => void): void {
    this.isUntouched = false;
    this.#world.time.after(afterMs, () => this.#write(text, onArrived));
  }

  #gather(text: string, onArrived: () => void): void {
    if (this.#batch === undefined) {
      this.#batch = { text: '', arrivals: [] };
      this.#world.time.after(this.#random.between(100, MAX_BATCH_MS), () => this.#flush('', () => undefined));
    }
    this.#batch.text += text;
    this.#batch.arrivals.push(onArrived);
  }

  /** What was gathered goes in front. */
  #flush(text: string, onArrived: () => void): void {
    const batch = this.#batch;
    this.#batch = undefined;
    const arrivals = [...(batch?.arrivals ?? []), onArrived];
    this.#write((batch?.text ?? '') + text, () => arrivals.forEach((arrive) => arrive()));
  }

  #write(text: string, onArrived: () => void, isGarbage = false): void {
    if (text === '') return;
    const bytes = encoder.encode(text);
    const cuts = this.#world.isOn('split-acks') ? this.#random.whole(1, 4) : 0;
    let from = 0;
    for (let i = 0; i < cuts && from < bytes.length - 1; i++) {
      const to = this.#random.whole(from + 1, bytes.length - 1);
      this.#connection.send(bytes.subarray(from, to));
      from = to;
    }
    this.#connection.send(bytes.subarray(from), isGarbage ? undefined : onArrived);
  }

  #format(ack: Ack): string {
    if (!this.#world.isOn('odd-acks')) return `${JSON.stringify(ack)}\n`;
    const shuffled = Object.entries(ack).sort(() => this.#random.unit() - 0.5);
    const entries = [...shuffled, ['Host', { name: 'a}{"b', tries: [1, { of: 2 }] }] as const];
    return `${JSON.stringify(Object.fromEntries(entries), null, this.#random.whole(0, 2))}\r\n`;
  }
}
