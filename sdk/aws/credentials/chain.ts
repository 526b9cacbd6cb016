import { CredentialsError } from '../../errors.ts';
import type { CredentialProvider } from '../../platform.ts';
import { checkCredentials } from './checked.ts';

/**
 * The first of several providers that gives credentials wins, asked in their order at each call; put `cachedCredentials` in front
 * where nothing else caches. Rejects with a `CredentialsError` that tells the failures of all, the errors themselves being in the
 * `AggregateError` that is its cause; a retry can help where it could help one of them.
 */
export function credentialChain(providers: readonly CredentialProvider[]): CredentialProvider {
  if (providers.length === 0) throw new CredentialsError('the chain has no providers', { retryable: false });
  return async () => {
    const errors: unknown[] = [];
    for (const provider of providers) {
      try {
        return checkCredentials(await provider(), 'what the provider gave');
      } catch (error) {
        errors.push(error);
      }
    }
    const reasons = errors.map((error, at) => `${at + 1}) ${reasonOf(error)}`).join('; ');
    const retryable = errors.some((error) => !(error instanceof CredentialsError) || error.retryable);
    throw new CredentialsError(`no provider of the chain gave any: ${reasons}`, {
      retryable,
      cause: new AggregateError(errors, 'What each provider failed with'),
    });
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof CredentialsError) return error.reason;
  return error instanceof Error ? error.message : String(error);
}
