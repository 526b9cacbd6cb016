/** The value of `--from`: where reading a stream begins. */
import { InvalidArgumentError } from 'commander';
import type { StartSelector } from '../sdk/consumer/get-media.ts';

const FORMS = 'now, earliest, fragment:NUMBER, token:TOKEN, server:TIME or producer:TIME';

/** ISO 8601, or seconds since the epoch with an optional fraction. */
function timestampMs(text: string): number {
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-03-01T12:00:00Z or 1772366400.5 (seconds since the epoch).',
    );
  }
  return milliseconds;
}

/** A parser for commander. */
export function startPosition(text: string): StartSelector {
  if (text === 'now') return { type: 'NOW' };
  if (text === 'earliest') return { type: 'EARLIEST' };
  const colonAt = text.indexOf(':');
  const value = text.slice(colonAt + 1);
  const form = value === '' ? '' : text.slice(0, Math.max(colonAt, 0));
  if (form === 'fragment') return { type: 'FRAGMENT_NUMBER', afterFragmentNumber: value };
  if (form === 'token') return { type: 'CONTINUATION_TOKEN', continuationToken: value };
  if (form === 'server') return { type: 'SERVER_TIMESTAMP', timestampMs: timestampMs(value) };
  if (form === 'producer') return { type: 'PRODUCER_TIMESTAMP', timestampMs: timestampMs(value) };
  throw new InvalidArgumentError(`Expected ${FORMS}.`);
}
