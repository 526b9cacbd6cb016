import { CredentialsError } from '../../errors.ts';
import type { ClientCertificate, Platform } from '../../platform.ts';
import { credentialError } from './credential-status.ts';
import type { ClientCertificateFiles, IotCredentialOptions } from './iot.ts';
import { readTextFile } from './text-file.ts';

/**
 * The certificate as requests take it, undefined for one that the host shows; files are read. Rejects with `CredentialsError` that names the file and never its content, and for a
 * key that wants a passphrase.
 */
export async function loadCertificate(
  platform: Pick<Platform, 'readFile'>,
  certificate: IotCredentialOptions['certificate'],
): Promise<ClientCertificate | undefined> {
  if (certificate === 'host') return undefined;
  // A binding of Cloudflare Workers says of every name that it has it: methods of another Worker could have any.
  if ('fetch' in certificate) return certificate;
  if (!('certificatePath' in certificate)) {
    refuseEncrypted(certificate.privateKeyPem, 'the private key');
    return certificate;
  }
  const { certificatePath, privateKeyPath, caPath }: ClientCertificateFiles = certificate;
  const [certificatePem, privateKeyPem, caPem] = await Promise.all([
    readPem(platform, certificatePath, 'certificate'),
    readPem(platform, privateKeyPath, 'private key'),
    caPath === undefined ? undefined : readPem(platform, caPath, 'authority'),
  ]);
  refuseEncrypted(privateKeyPem, `the private key ${privateKeyPath}`);
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

/** OpenSSL would say something about decryption, or ask the terminal for the passphrase. Source: RFC 7468 §11, RFC 1421 §4.6.1.1. */
function refuseEncrypted(privateKeyPem: string, what: string): void {
  if (!/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(privateKeyPem)) return;
  throw credentialError('STATUS_IOT_FAILED', `${what} is encrypted: one without a passphrase is expected`, {
    retryable: false,
  });
}
