/**
 * Times as AWS's sources write them. The native library takes `YYYY-MM-DDTHH:mm:SSZ` alone, and is an hour off around changes to
 * daylight saving time; here fractions and offsets are taken too, and nothing depends on the local time. Source: c-producer §4, RFC 3339 §5.6.
 */
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** Milliseconds since the epoch; NaN for what is no such time, a 30th of February as well. */
export function parseTimestamp(text: unknown): number {
  const parts = typeof text === 'string' ? TIMESTAMP.exec(text) : null;
  if (parts === null) return NaN;
  const number = (at: number): number => Number(parts[at] ?? 0);
  const [year, month, day, hours, minutes, seconds] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHours, offsetMinutes] = [number(9), number(10)];
  if (hours > 23 || minutes > 59 || seconds > 59 || offsetHours > 23 || offsetMinutes > 59) return NaN;
  const midnightMs = Date.UTC(year, month - 1, day);
  const date = new Date(midnightMs);
  // Date.UTC carries over: what comes out as another day was no day; and it takes years below 100 for others.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return NaN;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (parts[8] === '-' ? -1 : 1);
  const fractionMs = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000);
  return midnightMs + ((hours * 60 + minutes) * 60 + seconds) * 1000 + fractionMs - offsetMs;
}
