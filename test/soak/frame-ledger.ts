/** What became of every frame of a stream: put, told as lost, and read back. A byte each, reserved at once. */

const STORED = 1;
/** Told by an event: it may have arrived all the same. */
const TOLD = 2;
/** `tryPutFrame` said that it did not take it. */
const NOT_TAKEN = 4;
const READ_BACK = 8;

export interface FrameTotals {
  put: number;
  readBack: number;
  told: number;
  notTaken: number;
  /** Read back once more than once. */
  repeated: number;
}

export class FrameLedger {
  readonly startUs: number;
  readonly frameUs: number;
  readonly #states: Uint8Array;
  readonly #problems: string[];
  #count = 0;
  #repeated = 0;

  /** @param problems gets what is wrong, in words */
  constructor(startUs: number, frameUs: number, capacity: number, problems: string[]) {
    this.startUs = startUs;
    this.frameUs = frameUs;
    this.#states = new Uint8Array(capacity);
    this.#problems = problems;
  }

  /** Frames so far: the index of the next one. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.#states.length;
  }

  timestampUs(index: number): number {
    return this.startUs + index * this.frameUs;
  }

  /** The next frame was put. */
  stored(): void {
    this.#states[this.#count++] = STORED;
  }

  /** The next frame was not taken, and that was said at once. */
  notTaken(): void {
    this.#states[this.#count++] = NOT_TAKEN;
  }

  /** An event tells of these; a frame that is being put may be among them before `notTaken` is called. */
  told(firstTimestampUs: number, lastTimestampUs: number): void {
    const last = Math.min(this.#indexOf(lastTimestampUs), this.#count - 1);
    for (let index = Math.max(0, this.#indexOf(firstTimestampUs)); index <= last; index++)
      this.#states[index] = (this.#states[index] ?? 0) | TOLD;
  }

  /** A frame came back. @returns its index, or −1 for one that was never put */
  readBack(timestampUs: number): number {
    const index = this.#indexOf(timestampUs);
    const state = this.#states[index] ?? 0;
    if (this.timestampUs(index) !== timestampUs || (state & STORED) === 0) {
      this.#problems.push(`a frame at ${timestampUs} µs was never put`);
      return -1;
    }
    if ((state & READ_BACK) !== 0) this.#repeated++;
    this.#states[index] = state | READ_BACK;
    return index;
  }

  /** Adds up, and finds what was lost without a word. */
  settle(name: string): FrameTotals {
    const totals = { put: 0, readBack: 0, told: 0, notTaken: 0, repeated: this.#repeated };
    let silent = 0;
    let firstSilent = -1;
    for (let index = 0; index < this.#count; index++) {
      const state = this.#states[index] as number;
      if ((state & NOT_TAKEN) !== 0) totals.notTaken++;
      else totals.put++;
      if ((state & READ_BACK) !== 0) totals.readBack++;
      else if ((state & STORED) !== 0) {
        if ((state & TOLD) !== 0) totals.told++;
        else if (silent++ === 0) firstSilent = index;
      }
    }
    if (silent > 0)
      this.#problems.push(`${name}: ${silent} frames are lost without a word, the first is ${firstSilent}`);
    return totals;
  }

  #indexOf(timestampUs: number): number {
    return Math.round((timestampUs - this.startUs) / this.frameUs);
  }
}
