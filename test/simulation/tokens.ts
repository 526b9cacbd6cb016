/** Security tokens: issued to producers, checked by the service, which knows of each when it ends. */
import { CredentialsError } from '../../sdk/errors.ts';
import type { Credentials, PlatformRequest } from '../../sdk/platform.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Life of a token, milliseconds. */
const USUAL_LIFE_MS: readonly [number, number] = [900_000, 3_600_000];
const SHORT_LIFE_MS: readonly [number, number] = [20_000, 120_000];
/** Requests signed by a clock that is off by more are refused. Source: AWS Signature Version 4. */
const MAX_SKEW_MS = 300_000;

export class Tokens {
  readonly #world: World;
  readonly #random: Random;
  /** By number: the end of each, on the true clock. */
  readonly #endsMs: number[] = [];
  readonly #asked = new Set<Promise<Credentials>>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('tokens');
    world.on('revoked-token', () => void this.#endsMs.fill(0));
  }

  issue(): Promise<Credentials> {
    const issued = this.#issue().finally(() => this.#asked.delete(issued));
    this.#asked.add(issued);
    return issued;
  }

  /** Resolves when every token that was asked for is given or refused. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  async #issue(): Promise<Credentials> {
    await this.#world.time.wait(this.#random.between(1, 200));
    const bad = this.#world.active('bad-tokens');
    if (bad !== undefined && bad.value < 0.3) throw new CredentialsError('the provider is away');
    if (bad !== undefined && bad.value < 0.6) throw new Error('The metadata service does not answer');
    const isExpired = bad !== undefined && bad.value < 0.8;
    const [least, most] = this.#world.isOn('short-tokens') ? SHORT_LIFE_MS : USUAL_LIFE_MS;
    const endsMs = this.#world.trueMs + (isExpired ? -1 : this.#random.between(least, most));
    this.#endsMs.push(bad === undefined ? endsMs : 0);
    const number = this.#endsMs.length;
    return {
      accessKeyId: `AKID${number}`,
      secretAccessKey: 'SECRET',
      sessionToken: `TOKEN${number}`,
      // Some providers do not tell.
      ...(this.#random.chance(0.2) ? {} : { expiresAtMs: endsMs }),
    };
  }

  /** Why the service refuses the request; undefined when it does not. */
  refusal({ headers }: PlatformRequest): string | undefined {
    const [, number = '0'] = /^TOKEN(\d+)$/.exec(headers['x-amz-security-token'] ?? '') ?? [];
    const date = (headers['x-amz-date'] ?? '').replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
    const skewMs = Math.abs(Date.parse(date) - this.#world.trueMs);
    if (!headers['authorization']?.includes(`Credential=AKID${number}/`)) return 'MissingAuthenticationTokenException';
    if (!(skewMs <= MAX_SKEW_MS)) return 'InvalidSignatureException';
    return (this.#endsMs[Number(number) - 1] ?? 0) <= this.#world.trueMs ? 'ExpiredTokenException' : undefined;
  }
}
