/** Option values: text from the command line into numbers with a range. */
import { InvalidArgumentError } from 'commander';

/** A parser for commander: a finite number between the bounds, or a usage error that names them. */
export function numberBetween(
  minimum: number,
  maximum: number,
  options: { integer?: boolean } = {},
): (text: string) => number {
  const kind = options.integer ? 'a whole number' : 'a number';
  return (text) => {
    const value = Number(text);
    const inRange = text.trim() !== '' && value >= minimum && value <= maximum;
    if (!inRange || (options.integer && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`Expected ${kind} from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

const DURATION_UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600 };

/** A parser for commander: `90`, `90s`, `1.5m`, `500ms` or `2h`, in seconds. */
export function durationSeconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * DURATION_UNIT_SECONDS[match[2] ?? '']! : NaN;
  if (!(seconds > 0)) throw new InvalidArgumentError('Expected a duration such as 90, 90s, 1.5m or 2h.');
  return seconds;
}

/** "12.3 MB", in powers of ten as network and storage figures are. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** "1 frame", "3 frames". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
