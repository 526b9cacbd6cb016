/** Signing in, as every runtime that can has to do it: a task goes in, outcomes come out, one a way. */
import { iotCredentials } from '../../sdk/aws/credentials.ts';
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
