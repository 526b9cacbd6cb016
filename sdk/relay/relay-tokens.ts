/** The token of a stream through a relay: got when it is needed, and replaced before it expires. */
import { CredentialsError, KvsError } from '../errors.ts';
import type { Platform, Timer } from '../platform.ts';
import type { RelayError } from './refusals.ts';

/** How long before a token expires its successor is asked for, milliseconds; half of what is left where that is less. */
const RENEW_BEFORE_MS = 60_000;
const RETRY_RENEWAL_MS = 5_000;

export class RelayTokens {
  readonly #platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly #source: string | (() => Promise<string>);
  /** Hands a fresh token to the relay. */
  readonly #renew: (token: string) => void;
  #token: string | undefined;
  #timer: Timer | undefined;
  #isReplacing = false;

  constructor(
    platform: Pick<Platform, 'now' | 'setTimer'>,
    source: string | (() => Promise<string>),
    renew: (token: string) => void,
  ) {
    this.#platform = platform;
    this.#source = source;
    this.#renew = renew;
  }

  /** For a connection: the last one, until it was refused. Rejects with `CredentialsError`. */
  async get(): Promise<string> {
    this.#token ??= await this.#fresh();
    return this.#token;
  }

  /** The relay holds the connection until then, milliseconds since the epoch. */
  onGranted(expiresAtMs: number): void {
    this.#isReplacing = false;
    if (typeof this.#source !== 'function') return;
    const leftMs = Math.max(0, expiresAtMs - this.#platform.now());
    this.#renewIn(Math.max(leftMs - RENEW_BEFORE_MS, leftMs / 2));
  }

  onDisconnected(): void {
    this.#timer?.cancel();
  }

  /** True when the relay refused the token and there may be another, which is asked for: once for each time it is refused. */
  canReplace({ httpStatus, code }: RelayError): boolean {
    const isOfToken = httpStatus === 401 || code === 'token-used';
    if (!isOfToken || typeof this.#source !== 'function' || this.#isReplacing) return false;
    this.#isReplacing = true;
    this.#token = undefined;
    return true;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #renewIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#platform.setTimer(delayMs, () => {
      this.#fresh().then(
        (token) => {
          this.#token = token;
          this.#renew(token);
        },
        // The old one holds for a while.
        () => this.#renewIn(RETRY_RENEWAL_MS),
      );
    });
  }

  async #fresh(): Promise<string> {
    if (typeof this.#source !== 'function') return this.#source;
    try {
      return await this.#source();
    } catch (error) {
      const retryable = !(error instanceof KvsError) || error.retryable;
      throw new CredentialsError('no token for the relay', { cause: error, retryable });
    }
  }
}
