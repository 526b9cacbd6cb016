/** A stream's events for the person at the terminal. */
import type { StreamEvent } from '../sdk/producer/events.ts';
import { count, formatBytes } from './numbers.ts';

const DROP_REASONS = {
  'store-full': 'Store full',
  'buffer-duration': 'Kept too long',
  'roll-back': 'Connection lost',
  reset: 'Stream begun anew',
} as const;

/** One line for what a person wants to know while it happens; null for the rest. */
export function eventLine(event: StreamEvent): string | null {
  switch (event.type) {
    case 'disconnected':
      return `Connection ${event.session} ended (${event.reason}); ${count(event.resentFragments, 'fragment')} will be sent again`;
    case 'retrying':
      return `${event.error.message}; next attempt in ${(event.delayMs / 1000).toFixed(1)} s`;
    case 'store-full':
      return `Store full (${formatBytes(event.storeUsedBytes)}): waiting for the service to persist what it has`;
    case 'frames-skipped':
      return `Track ${event.trackNumber}: frames up to the next key frame are left out`;
    case 'track-silent':
      return `Track ${event.trackNumber} gives no frames: the others go on without it`;
    case 'private-data-missing':
      return `Track ${event.trackNumber} has no codec private data: players will not be able to decode it`;
    case 'codec-private-data-changed':
      return `Track ${event.trackNumber} has changed${event.width > 0 ? ` to ${event.width} × ${event.height}` : ''}: going on over a new connection`;
    case 'frames-dropped':
      return `${DROP_REASONS[event.reason]}: dropped ${count(event.frames, 'frame')} (${formatBytes(event.bytes)})`;
    case 'latency-pressure':
      return `${(event.unsentUs / 1_000_000).toFixed(1)} s of media wait to be sent`;
    case 'buffer-pressure':
      return `Kept nearly as long as allowed: room for ${(event.remainingUs / 1_000_000).toFixed(1)} s of media`;
    case 'throttle-wanted':
      return `The link takes less than is put: ${(event.unsentUs / 1_000_000).toFixed(1)} s of media wait`;
    case 'connection-stale':
      return `Connection ${event.session}: no ack for ${(event.unacknowledgedMs / 1_000).toFixed(1)} s of media`;
    case 'store-pressure':
      return `Store nearly full (${formatBytes(event.storeUsedBytes)})`;
    case 'fragment-rejected':
      return `The service refused the fragment at ${event.timecode}: ${event.error.message}`;
    case 'tagging-failed':
      return event.error.message;
    case 'callback-failed':
      return `The callback ${event.callback} failed`;
    case 'created': // before anyone can listen
    case 'connected':
    case 'ack-ignored':
    case 'failed': // whatever waits for the stream is rejected with the same error
      return null;
  }
}
