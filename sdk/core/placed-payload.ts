/** The payload of a frame that another thread has copied into the store, and adapted there. Takes the place of a frame's `data`. */
export class PlacedPayload {
  /** Bytes as they were given, before adaptation. */
  readonly length: number;
  /** Bytes in the store. */
  readonly sizeBytes: number;
  /** Addresses of the slot and of the payload in it. */
  slot: number;
  payload: number;
  /** The slot is the core's, or free again. */
  isTaken = false;

  constructor(slot: number, payload: number, sizeBytes: number, length: number) {
    this.slot = slot;
    this.payload = payload;
    this.sizeBytes = sizeBytes;
    this.length = length;
  }
}
