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
  const [, form, value] = /^(fragment|token|server|producer):(.+)$/.exec(text) ?? [];
  switch (form) {
    case 'fragment':
      return { type: 'FRAGMENT_NUMBER', afterFragmentNumber: value! };
    case 'token':
      return { type: 'CONTINUATION_TOKEN', continuationToken: value! };
    case 'server':
      return { type: 'SERVER_TIMESTAMP', timestampMs: timestampMs(value!) };
    case 'producer':
      return { type: 'PRODUCER_TIMESTAMP', timestampMs: timestampMs(value!) };
    default:
      throw new InvalidArgumentError(`Expected ${FORMS}.`);
  }
}
