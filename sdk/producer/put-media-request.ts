/** The head of a PutMedia request. */
import type { PlatformRequest } from '../platform.ts';

export interface PutMediaRequestOptions {
  readonly userAgent: string;
  /** The data endpoint, without a slash at its end. */
  readonly endpoint: string;
  readonly streamName: string;
  readonly timecodeType: 'absolute' | 'relative';
  /** Time of the stream's first frame, microseconds: what relative timecodes count from. */
  readonly startUs: number;
  /** Whether the service is asked for acks. */
  readonly fragmentAcks: boolean;
}

/** The request, not yet signed. Source: c-producer §5.3, with three digits of milliseconds always. */
export function putMediaRequest(options: PutMediaRequestOptions): Omit<PlatformRequest, 'body' | 'signal'> {
  const startMs = Math.floor(options.startUs / 1000);
  return {
    method: 'POST',
    url: `${options.endpoint}/putMedia`,
    headers: {
      'content-type': 'application/json',
      'user-agent': options.userAgent,
      'x-amzn-stream-name': options.streamName,
      'x-amzn-producer-start-timestamp': (startMs / 1000).toFixed(3),
      'x-amzn-fragment-acknowledgment-required': options.fragmentAcks ? '1' : '0',
      'x-amzn-fragment-timecode-type': options.timecodeType.toUpperCase(),
    },
  };
}
