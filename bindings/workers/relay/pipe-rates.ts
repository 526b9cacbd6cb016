/** How fast one client of a pipe may be: its own, over all the sockets that it comes with, so that nobody is faster for connecting again. */
import type { Platform } from '../../../sdk/platform.ts';
import { RateBucket } from './rate-bucket.ts';

/** How much of the bit rate may be used at once after a pause, seconds. */
const BURST_S = 2;
/** Exchanges that may be begun: at once, and then by the second. A producer begins four for a connection. */
const CALL_BURST = 40;
export const CALLS_PER_SECOND = 4;
/** Messages without body, at once and by the second: a call has four of them, an ack stream one for each half of a window, and silence one in 10 s. */
const MESSAGE_BURST = 500;
export const MESSAGES_PER_SECOND = 50;

export class PipeRates {
  readonly bits: RateBucket;
  readonly calls: RateBucket;
  readonly messages: RateBucket;

  constructor(platform: Pick<Platform, 'now'>, maxBitrateBps: number) {
    this.bits = new RateBucket(platform, maxBitrateBps, maxBitrateBps * BURST_S);
    this.calls = new RateBucket(platform, CALLS_PER_SECOND, CALL_BURST);
    this.messages = new RateBucket(platform, MESSAGES_PER_SECOND, MESSAGE_BURST);
  }

  /** The client has come with another token. */
  setBitrate(maxBitrateBps: number): void {
    this.bits.set(maxBitrateBps, maxBitrateBps * BURST_S);
  }

  /** Nothing would be lost by beginning anew. */
  get areFull(): boolean {
    return this.bits.isFull && this.calls.isFull && this.messages.isFull;
  }
}
