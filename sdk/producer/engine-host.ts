/** The stream as its engine sees it. */
import type { StreamDescription } from '../aws/control-api.ts';
import type { StreamEvent } from './events.ts';
import type { SessionEnd, SessionSource } from './upload-session.ts';

/** How a connection begins. */
export interface SessionStart {
  /** Time of the stream's first frame, microseconds. */
  readonly startUs: number;
  /** Fragments that are sent again, beside those that `endSession` told of. */
  readonly resentFragments: number;
}

export interface EngineHost extends SessionSource {
  /** There is something to send, or something to be acknowledged. */
  hasWork(): boolean;
  /** A connection is about to be made: its body starts with a header. */
  beginSession(session: number): SessionStart;
  /** The connection is to carry no more than the fragments that it has begun. */
  handOver(): void;
  /**
   * A connection is over: unless it was handed over, goes back to the first fragment that is not persisted. Returns how many are to be sent
   * again.
   */
  endSession(end: SessionEnd): number;
  /** True when fragments were persisted or given up since the last call. */
  tookProgress(): boolean;
  onDescribed(description: StreamDescription): void;
  /** The endpoint is known. */
  onReady(): void;
  onEvent(event: StreamEvent): void;
}
