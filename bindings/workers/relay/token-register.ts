/**
 * Which tokens were used, and by which client. A token opens one session; the same token again is taken from nobody but the client with the resume key
 * that it came with first. Kept in the Durable Object's storage until the token has expired, so that a relay that is started anew knows it too.
 */
import type { Platform } from '../../../sdk/platform.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import type { RelayGrant } from './grant.ts';

/** As far as it is needed of a Durable Object's storage. */
export interface RegisterStorage {
  list<T>(options: { readonly prefix: string }): Promise<Map<string, T>>;
  put(key: string, value: unknown): Promise<void>;
  delete(keys: string[]): Promise<number>;
}

interface Use {
  /** SHA-256 of the resume key, hexadecimal: who reads the storage cannot resume with it. */
  readonly keyHash: string;
  readonly expiresAtMs: number;
}

const PREFIX = 'token:';
/** Longer than clocks may differ; a token that is forgotten has expired for everyone. */
const KEEP_MS = 60_000;
/** Tokens of one stream that have not expired: a new one a second for an hour. */
const MAX_TOKENS = 4096;
/** Of keys that a storage deletes at once. */
const MAX_DELETE = 128;

export class TokenRegister {
  readonly #platform: Pick<Platform, 'now'>;
  readonly #storage: RegisterStorage;
  readonly #loaded: Promise<Map<string, Use>>;

  constructor(platform: Pick<Platform, 'now'>, storage: RegisterStorage) {
    this.#platform = platform;
    this.#storage = storage;
    this.#loaded = storage.list<Use>({ prefix: PREFIX });
  }

  /** Enters a token as used by a client; resolves when that is stored. Rejects with `RelayError` when another client has used it. */
  async use({ tokenId, expiresAtMs }: RelayGrant, keyHash: string): Promise<void> {
    const uses = await this.#loaded;
    // From here to the entry nothing is awaited: of two clients at once one is first.
    const key = PREFIX + tokenId;
    const use = uses.get(key);
    if (use !== undefined) {
      if (use.keyHash === keyHash) return;
      throw new RelayError('token-used', 'the token has opened another session');
    }
    const expired = this.#expired(uses);
    if (uses.size >= MAX_TOKENS) throw new RelayError('stream-busy', `${MAX_TOKENS} tokens of the stream are in use`);
    uses.set(key, { keyHash, expiresAtMs });
    await this.#storage.put(key, { keyHash, expiresAtMs });
    for (let at = 0; at < expired.length; at += MAX_DELETE)
      await this.#storage.delete(expired.slice(at, at + MAX_DELETE));
  }

  #expired(uses: Map<string, Use>): string[] {
    const now = this.#platform.now();
    const expired = [...uses].filter(([, { expiresAtMs }]) => expiresAtMs + KEEP_MS < now).map(([key]) => key);
    for (const key of expired) uses.delete(key);
    return expired;
  }
}
