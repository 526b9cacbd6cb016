import { CredentialsError } from '../../errors.ts';
import type { ClientCertificate, Platform } from '../../platform.ts';
import { credentialError } from './credential-status.ts';
import type { ClientCertificateFiles, IotCredentialOptions } from './iot.ts';
import { readTextFile } from './text-file.ts';

/** The certificate as requests take it; files are read. Rejects with `CredentialsError` that names the file and never its content. */
export async function loadCertificate(
  platform: Pick<Platform, 'readFile'>,
  certificate: IotCredentialOptions['certificate'],
): Promise<ClientCertificate> {
  // A binding of Cloudflare Workers says of every name that it has it: methods of another Worker could have any.
  if ('fetch' in certificate || !('certificatePath' in certificate)) return certificate;
  const { certificatePath, privateKeyPath, caPath }: ClientCertificateFiles = certificate;
  const [certificatePem, privateKeyPem, caPem] = await Promise.all([
    readPem(platform, certificatePath, 'certificate'),
    readPem(platform, privateKeyPath, 'private key'),
    caPath === undefined ? undefined : readPem(platform, caPath, 'authority'),
  ]);
  return { certificatePem, privateKeyPem, ...(caPem === undefined ? {} : { caPem }) };
}

async function readPem(platform: Pick<Platform, 'readFile'>, path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readTextFile(platform, path);
  } catch (cause) {
    if (cause instanceof CredentialsError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw credentialError('STATUS_IOT_FAILED', `the ${what} ${path} cannot be read: ${reason}`, { cause });
  }
  if (!text.includes('-----BEGIN ') || !text.includes('-----END '))
    throw credentialError('STATUS_IOT_FAILED', `the ${what} ${path} is no PEM file, or is half written`);
  return text;
}
