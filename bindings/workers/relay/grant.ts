/** What a verified token allows its bearer: one stream, one way to use it, at most so fast, until then. */
export interface RelayGrant {
  /** The stream that may be written to. */
  readonly streamName: string;
  readonly mode: 'frames' | 'pipe';
  /** The most that the client may send, bits per second over a few seconds. */
  readonly maxBitrateBps: number;
  /** Wall clock, milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /** The token's `jti`. */
  readonly tokenId: string;
}
