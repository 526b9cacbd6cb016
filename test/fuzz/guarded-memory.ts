import type { Core } from '../../sdk/core/core.ts';

const PAGE_BYTES = 65_536;
const GUARD_BYTES = 64;
/** What guards and free room are filled with, by turns: an out-of-bounds read makes the results differ. */
const FILLS = [0x00, 0xa5, 0x01, 0xff];
const ALIGNMENT = 16;

export interface Placing {
  readonly isSplit: boolean;
  /** Free bytes in front of the input. */
  readonly roomBytes?: number;
  /** Bytes of a region of its own for results. */
  readonly outputBytes?: number;
}

/**
 * The end of linear memory, where a function finds its input between guard bytes, or against the very end, behind which a read traps.
 * The pages are this object's own as long as nothing is opened in the same core.
 */
export class GuardedMemory {
  readonly #core: Core;
  readonly #pages: number;
  #turn = 0;
  #fill = 0;
  #guards: Array<readonly [from: number, to: number]> = [];
  /** Of the input. */
  address = 0;
  outputAddress = 0;

  /** @param sizeBytes most that one placing may take */
  constructor(core: Core, sizeBytes: number) {
    this.#core = core;
    this.#pages = Math.ceil(sizeBytes / PAGE_BYTES);
    core.run(({ memory }) => (memory as WebAssembly.Memory).grow(this.#pages));
  }

  place(input: Uint8Array, { isSplit, roomBytes = 0, outputBytes = 0 }: Placing): void {
    const { bytes } = this.#core;
    const end = bytes.length;
    this.#fill = FILLS[this.#turn++ % FILLS.length] as number;
    // Against the end the address has any alignment, since the length has; in the middle it is moved by an odd number.
    const inputEnd = isSplit ? end - GUARD_BYTES - (this.#turn % ALIGNMENT) : end;
    this.address = inputEnd - input.length;
    const front = this.address - roomBytes;
    this.outputAddress = (front - 3 * GUARD_BYTES - outputBytes) & -ALIGNMENT;
    if (this.outputAddress - GUARD_BYTES < end - this.#pages * PAGE_BYTES) throw new Error('The input is too long');
    this.#guards = [
      [this.outputAddress - GUARD_BYTES, this.outputAddress],
      [this.outputAddress + outputBytes, front],
      [inputEnd, end],
    ];
    bytes.fill(this.#fill, this.outputAddress - GUARD_BYTES, this.address);
    bytes.set(input, this.address);
    bytes.fill(this.#fill, inputEnd, end);
  }

  /** A copy. */
  read(address: number, length: number): Uint8Array {
    return this.#core.bytes.slice(address, address + length);
  }

  /** Whether the output still is as it was placed. */
  isOutputUntouched(outputBytes: number): boolean {
    return this.#isFilled(this.outputAddress, this.outputAddress + outputBytes);
  }

  /** @throws when something was written outside of input, room and output */
  check(): void {
    for (const [from, to] of this.#guards) {
      if (!this.#isFilled(from, to)) throw new Error('Wrote out of bounds');
    }
  }

  #isFilled(from: number, to: number): boolean {
    const { bytes } = this.#core;
    for (let at = from; at < to; at++) if (bytes[at] !== this.#fill) return false;
    return true;
  }
}
