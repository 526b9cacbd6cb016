/** Event metadata: what the service is asked to do at a fragment. */

/** Events that a fragment can carry. */
export type StreamEventType = 'image-generation' | 'notification';

/** What goes with an event. */
export interface EventMetadata {
  /** Prefix of the S3 keys of generated images; at most 256 bytes, not beginning with AWS. */
  readonly imagePrefix?: string;
  /** At most ten names (1…128 bytes, not beginning with AWS) and values (at most 256 bytes), handed on to where the event goes. */
  readonly pairs?: readonly (readonly [name: string, value: string])[];
}

const EVENT_BIT: Readonly<Record<StreamEventType, number>> = { 'image-generation': 1, notification: 2 };

/** Events as the ABI has them. */
export function eventBits(events: readonly StreamEventType[]): number {
  return events.reduce((bits, event) => bits | EVENT_BIT[event], 0);
}

/** Prefix and pairs in the layout of `assembly/stream/event-tags.ts`. */
export function encodeEventMetadata({ imagePrefix = '', pairs = [] }: EventMetadata): Uint8Array {
  const text = new TextEncoder();
  const prefix = text.encode(imagePrefix);
  const texts = pairs.flat().map((part) => text.encode(part));
  const words = Uint32Array.of(prefix.length, pairs.length, ...texts.map((bytes) => bytes.length));
  const parts = [new Uint8Array(words.buffer), prefix, ...texts];
  const block = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    block.set(part, at);
    at += part.length;
  }
  return block;
}
