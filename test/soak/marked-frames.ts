/** Frames of a camera's sizes whose bytes follow from their number, in the form that is put and in the form that comes back. */
import { annexBFrame } from '../../bench/payload.ts';
import type { Core } from '../../sdk/core/core.ts';
import { annexBToAvcc } from '../../sdk/core/nal.ts';

/** Delta frames of a group differ as a moving picture's do: shares of the mean size. */
const SHARES = [0.6, 0.8, 0.9, 1, 1, 1.1, 1.2, 1.4];
/** A key frame is this many times as large as a mean delta frame. */
const KEY_SHARE = 8;
const SMALLEST_FRAME_BYTES = 256;
/** Digits of the frame's number, near the end of the last slice. */
const MARK_DIGITS = 9;
const MARK_FROM_END = 16;
/** No digit makes a start code with its neighbours. */
const ZERO = 0x30;

interface Template {
  readonly annexB: Uint8Array;
  readonly avcc: Uint8Array;
}

export class MarkedFrames {
  readonly #keyInterval: number;
  readonly #key: Template;
  readonly #deltas: readonly Template[];

  /** @param meanBytes of a delta frame; key frames come every `keyInterval` frames */
  constructor(core: Core, meanBytes: number, keyInterval: number) {
    const template = (share: number, isKey: boolean, seed: number): Template => {
      const annexB = annexBFrame(Math.max(SMALLEST_FRAME_BYTES, Math.round(meanBytes * share)), isKey, seed);
      return { annexB, avcc: annexBToAvcc(core, annexB) };
    };
    this.#keyInterval = keyInterval;
    this.#key = template(KEY_SHARE, true, 0);
    this.#deltas = SHARES.map((share, index) => template(share, false, index + 1));
  }

  isKey(index: number): boolean {
    return index % this.#keyInterval === 0;
  }

  /** The frame to put; its bytes are used again for another. */
  frame(index: number): Uint8Array {
    return mark(this.#template(index).annexB, index);
  }

  isSame(index: number, received: Uint8Array): boolean {
    return Buffer.compare(mark(this.#template(index).avcc, index), received) === 0;
  }

  #template(index: number): Template {
    return this.isKey(index) ? this.#key : (this.#deltas[(index * 5) % SHARES.length] as Template);
  }
}

function mark(frame: Uint8Array, index: number): Uint8Array {
  let left = index;
  for (let digit = 0; digit < MARK_DIGITS; digit++) {
    frame[frame.length - MARK_FROM_END + MARK_DIGITS - 1 - digit] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
  return frame;
}
