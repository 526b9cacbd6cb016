/** Signing in, as every runtime that can has to do it: a task goes in, outcomes come out, one a way. */
import {
  cachedCredentials,
  callbackCredentials,
  credentialChain,
  iotCredentials,
  staticCredentials,
} from '../../sdk/aws/credentials.ts';
import { CredentialsError } from '../../sdk/errors.ts';
import type { CredentialProvider, PemClientCertificate, Platform } from '../../sdk/platform.ts';

export interface CredentialTask {
  readonly endpoint: string;
  /** Certificates to ask with, by name. */
  readonly certificates: Readonly<Record<string, PemClientCertificate>>;
  /** PEM files of a certificate that is let in. */
  readonly files: { readonly certificatePath: string; readonly privateKeyPath: string; readonly caPath: string };
}

/** Access key id, or what went wrong. */
export async function outcomeOf(provide: () => ReturnType<CredentialProvider>): Promise<string> {
  try {
    return (await provide()).accessKeyId;
  } catch (error) {
    if (error instanceof CredentialsError) return `${error.code}: ${error.message}`;
    return `no CredentialsError: ${String(error)}`;
  }
}

/** Asks with each certificate, and with the files. */
export async function askWithCertificates(platform: Platform, task: CredentialTask): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  const options = { endpoint: task.endpoint, roleAlias: 'CameraRole', thingName: 'front-door' };
  for (const [name, certificate] of Object.entries({ ...task.certificates, files: task.files }))
    outcomes[name] = await outcomeOf(() => iotCredentials(platform, { ...options, certificate })());
  return outcomes;
}

/** The ways that ask nothing of a runtime: fixed ones, a function whose answer has a time, a chain of both behind a cache. */
export async function askWithoutRuntime(platform: Platform): Promise<Record<string, string>> {
  let asked = 0;
  const given = callbackCredentials(async () => ({
    accessKeyId: `CALLBACKKEY${++asked}`,
    secretAccessKey: 'HUSHHUSH',
    expiration: new Date(platform.now() + 3_600_000).toISOString(),
  }));
  const missing = callbackCredentials(() => Promise.reject(new Error('not here')));
  const cached = cachedCredentials(platform, credentialChain([missing, given]));
  await cached();
  return {
    fixed: await outcomeOf(staticCredentials({ accessKeyId: 'FIXEDKEY', secretAccessKey: 'HUSHHUSH' })),
    cached: await outcomeOf(cached),
    none: await outcomeOf(credentialChain([missing, missing])),
  };
}

/** What `askWithoutRuntime` has to give. */
export const WITHOUT_RUNTIME: Readonly<Record<string, string>> = {
  fixed: 'FIXEDKEY',
  cached: 'CALLBACKKEY1',
  none:
    'STATUS_CLIENT_AUTH_CALL_FAILED: Cannot get credentials: no provider of the chain gave any: ' +
    '1) the callback failed: not here; 2) the callback failed: not here',
};
