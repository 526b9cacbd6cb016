/**
 * What the client keeps because the service may not have it: every numbered message until it is persisted, in order, without gaps.
 *
 *     firstSequence … acceptedThrough … sentThrough … lastSequence
 *     └ in the relay's memory ─┘└ on its way ┘└ not sent yet ┘
 */
import type { UnpersistedMedia } from '../errors.ts';
import type { MetadataItem } from './client-message.ts';
import { FRAME_BIT, HEAD_BYTES, MESSAGE } from './protocol.ts';
import { readU64 } from './wire.ts';

interface RetainedMessage {
  readonly bytes: Uint8Array;
  /** Set for persistent metadata, which outlive their message. */
  readonly persistentMetadata: MetadataItem | undefined;
}

/** How much may be sent and not accepted. */
export interface Credit {
  readonly bytes: number;
  readonly messages: number;
}

export class RetainedMedia {
  readonly capacityBytes: number;
  #messages: RetainedMessage[] = [];
  #firstSequence = 1;
  #usedBytes = 0;
  #sentThrough = 0;
  #acceptedThrough = 0;
  #unacceptedBytes = 0;
  readonly #metadata = new Map<string, string>();

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  /** Of the oldest message kept, or the next one. */
  get firstSequence(): number {
    return this.#firstSequence;
  }

  /** Of the newest message put; 0 for none. */
  get lastSequence(): number {
    return this.#firstSequence + this.#messages.length - 1;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get persistedThrough(): number {
    return this.#firstSequence - 1;
  }

  get acceptedThrough(): number {
    return this.#acceptedThrough;
  }

  /** Messages that were sent over this connection and are not accepted, bytes. */
  get unacceptedBytes(): number {
    return this.#unacceptedBytes;
  }

  /** Persistent metadata of messages that are no longer kept, as they were last put. */
  get metadata(): readonly MetadataItem[] {
    return [...this.#metadata].map(([name, value]) => ({ name, value }));
  }

  /** Frames that are kept; of a fragment there may be a part. */
  owed(): UnpersistedMedia {
    const times = this.#messages.flatMap(({ bytes }) => (bytes[1] === MESSAGE.frame ? [timestampOf(bytes)] : []));
    const keys = this.#messages.filter(
      ({ bytes: [, type, flags = 0] }) => type === MESSAGE.frame && flags & FRAME_BIT.key,
    );
    return {
      fragments: times.length === 0 ? 0 : Math.max(1, keys.length),
      frames: times.length,
      firstTimestampUs: times.length === 0 ? NaN : times.reduce((one, other) => Math.min(one, other)),
      lastTimestampUs: times.length === 0 ? NaN : times.reduce((one, other) => Math.max(one, other)),
    };
  }

  /** Keeps a message, whose sequence is the next one. The limit is the caller's to hold. */
  push(bytes: Uint8Array, persistentMetadata?: MetadataItem): void {
    this.#messages.push({ bytes, persistentMetadata });
    this.#usedBytes += bytes.length;
  }

  /** The next message to send, when the relay has credit for it; it counts as sent. */
  takeNext(credit: Credit): Uint8Array | undefined {
    const bytes = this.#messages[this.#sentThrough + 1 - this.#firstSequence]?.bytes;
    if (bytes === undefined || this.#unacceptedBytes + bytes.length > credit.bytes) return undefined;
    if (this.#sentThrough - this.#acceptedThrough >= credit.messages) return undefined;
    this.#sentThrough++;
    this.#unacceptedBytes += bytes.length;
    return bytes;
  }

  /** A connection begins with a relay that has received so much. False when that cannot be. */
  restart(receivedThrough: number, acceptedThrough: number): boolean {
    if (receivedThrough < this.persistedThrough || receivedThrough > this.lastSequence) return false;
    if (acceptedThrough > receivedThrough) return false;
    this.#sentThrough = receivedThrough;
    this.#acceptedThrough = Math.max(acceptedThrough, this.persistedThrough);
    this.#unacceptedBytes = 0;
    for (let at = this.#acceptedThrough + 1; at <= receivedThrough; at++) this.#unacceptedBytes += this.#sizeOf(at);
    return true;
  }

  /** The relay has taken everything up to a sequence. False when it was not sent. */
  accept(through: number): boolean {
    if (through > this.#sentThrough) return false;
    for (; this.#acceptedThrough < through; this.#acceptedThrough++)
      this.#unacceptedBytes -= this.#sizeOf(this.#acceptedThrough + 1);
    return true;
  }

  /** Everything up to a sequence is safe, and is kept no longer. Call `accept` or `restart` before. */
  release(through: number): void {
    const released = this.#messages.splice(0, Math.max(0, through - this.persistedThrough));
    this.#firstSequence += released.length;
    for (const { bytes, persistentMetadata } of released) {
      this.#usedBytes -= bytes.length;
      if (persistentMetadata !== undefined) this.#metadata.set(persistentMetadata.name, persistentMetadata.value);
    }
  }

  #sizeOf(sequence: number): number {
    return this.#messages[sequence - this.#firstSequence]?.bytes.length ?? 0;
  }
}

function timestampOf(bytes: Uint8Array): number {
  return readU64(new DataView(bytes.buffer, bytes.byteOffset), HEAD_BYTES, 'the timestamp');
}
