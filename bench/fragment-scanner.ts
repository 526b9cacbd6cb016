/** Finds fragments and frames in the body of an upload, looking at nothing but the heads of elements. */
import { CLUSTER, CLUSTER_TIMECODE, SEGMENT, SIMPLE_BLOCK, TAGS } from '../assembly/ebml/ids.ts';

export interface FragmentEvents {
  onBegin(timecodeMs: number): void;
  /** A frame has come in whole. */
  onFrame(): void;
  /** What follows belongs to the next fragment, or the upload is over. */
  onEnd(timecodeMs: number): void;
}

const ID = 0;
const SIZE = 1;
const TIMECODE = 2;

/** Takes the bytes of one upload, cut anywhere. A payload costs the same, however large it is. */
export class FragmentScanner {
  readonly #events: FragmentEvents;
  #state = ID;
  /** Bytes of an id, a size or a number that are still to come; 0 in front of the first. */
  #left = 0;
  #value = 0;
  #id = 0;
  /** Payload that nobody looks at. */
  #skipBytes = 0;
  /** Timecode of the open fragment, milliseconds; −1 for none. */
  #open = -1;

  constructor(events: FragmentEvents) {
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, bytes.length - at);
        this.#skipBytes -= skipped;
        at += skipped;
        if (this.#skipBytes === 0 && this.#id === SIMPLE_BLOCK) this.#events.onFrame();
      } else this.#take(bytes[at++]!);
    }
  }

  /** The body has ended. */
  finish(): void {
    this.#close();
  }

  #take(byte: number): void {
    if (this.#state === TIMECODE) this.#add(byte);
    else if (this.#left === 0) {
      // A variable-length number: its length is the count of leading zeros and one. Source: RFC 8794 §4; an id keeps its marker.
      const length = Math.clz32(byte) - 23;
      this.#value = this.#state === ID ? byte : byte & (0xff >> length);
      this.#left = length - 1;
    } else this.#add(byte);
    if (this.#left === 0) this.#step();
  }

  #add(byte: number): void {
    this.#value = this.#value * 256 + byte;
    this.#left--;
  }

  #step(): void {
    if (this.#state === ID) {
      this.#id = this.#value;
      this.#state = SIZE;
      if (this.#id === CLUSTER || this.#id === TAGS) this.#close();
    } else if (this.#state === TIMECODE) {
      this.#open = this.#value;
      this.#events.onBegin(this.#open);
      this.#state = ID;
    } else if (this.#id === CLUSTER_TIMECODE) {
      this.#left = this.#value;
      this.#value = 0;
      this.#state = TIMECODE;
    } else {
      // A segment and its clusters have no size: what is in them comes next.
      if (this.#id !== SEGMENT && this.#id !== CLUSTER) this.#skipBytes = this.#value;
      this.#state = ID;
    }
  }

  #close(): void {
    if (this.#open < 0) return;
    const closed = this.#open;
    this.#open = -1;
    this.#events.onEnd(closed);
  }
}
