/**
 * The time that requests are signed with: the host's clock, corrected by what the service's answers say of it. Nothing else goes by it; the
 * timestamps of media are the host's.
 *
 * A service refuses what was signed by a clock that is minutes off, and tells its own time in the `Date` of every answer. That header is
 * not signed, and whoever stands between may write what he likes. So a correction is a trial: it holds once the service has accepted a
 * request that was signed by it, and otherwise what was accepted before is taken up again.
 */
import type { Platform, PlatformResponse } from '../platform.ts';

/** Clocks that differ by less are let be: the service takes 15 minutes, AWS's other services 5. Source: service-api §1.2. */
const TOLERANCE_MS = 4 * 60_000;
/** No date outside of these is the service's. */
const EARLIEST_MS = Date.UTC(2015, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** Names by which AWS's services refuse the time of a signature, or the signature as such. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time of a `Date` header (RFC 9110 §5.6.7), milliseconds since the epoch; NaN for what no service would say. */
export function serviceDate(header: string | null): number {
  const [, day, month, year, hour, minute, second] =
    /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) GMT$/.exec(header ?? '') ??
    [];
  const monthIndex = MONTHS.indexOf(month ?? '');
  if (monthIndex < 0) return NaN;
  const timeMs = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  return timeMs >= EARLIEST_MS && timeMs < LATEST_MS ? timeMs : NaN;
}

export class ServiceClock {
  readonly #platform: Pick<Platform, 'now'>;
  #offsetMs = 0;
  /** That of the last request which the service accepted. */
  #acceptedOffsetMs = 0;
  /** A date that the service sent with what it accepted was wrong: only refusals count from now on. */
  #isMisled = false;
  /** No answer has come since the clock was last doubted. */
  #isDoubted = false;

  constructor(platform: Pick<Platform, 'now'>) {
    this.#platform = platform;
  }

  /** What is added to the host's clock now, milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The service's time as far as it is known, milliseconds since the epoch. */
  now(): number {
    return this.#platform.now() + this.#offsetMs;
  }

  /** As `now`, for judging what has expired: while the clock is doubted, nothing has. */
  expiryNow(): number {
    return this.#isDoubted ? 0 : this.now();
  }

  /** The clock may have jumped: nothing expires before the next answer. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /**
   * Hears the head of an answer to a request that was signed with `usedOffsetMs`.
   * @returns whether the request was refused for its time, as far as can be told, and would be signed by another now
   */
  heed(response: Pick<PlatformResponse, 'status' | 'header'>, usedOffsetMs: number): boolean {
    this.#isDoubted = false;
    const name = response.header('x-amzn-errortype')?.split(':')[0]?.split('#').at(-1) ?? '';
    const offsetMs = serviceDate(response.header('date')) - this.#platform.now();
    const isOff = Math.abs(offsetMs - usedOffsetMs) > TOLERANCE_MS;
    const isRefused =
      REFUSALS.has(name) || (isOff && (response.status === 400 || response.status === 401 || response.status === 403));
    // Signed before another answer corrected the clock: it has nothing to say about the correction.
    if (usedOffsetMs !== this.#offsetMs) return isRefused;
    if (isRefused) {
      if (usedOffsetMs !== this.#acceptedOffsetMs) this.#fallBack();
      else if (isOff) this.#offsetMs = offsetMs;
    } else {
      if (response.status >= 200 && response.status < 300) this.#accept(usedOffsetMs);
      if (isOff && !this.#isMisled) this.#offsetMs = offsetMs;
    }
    return isRefused && this.#offsetMs !== usedOffsetMs;
  }

  #accept(offsetMs: number): void {
    // A correction that holds: dates can be believed.
    if (offsetMs !== this.#acceptedOffsetMs) this.#isMisled = false;
    this.#acceptedOffsetMs = offsetMs;
  }

  #fallBack(): void {
    this.#isMisled = true;
    this.#offsetMs = this.#acceptedOffsetMs;
  }
}
