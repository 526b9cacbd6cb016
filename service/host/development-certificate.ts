/** The certificate of a service on this machine: made on demand, kept in the service's directory. */

import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;
/** Within what TLS clients accept of any certificate (825 days). */
const LIFETIME_DAYS = 800;
/** A certificate that has less than this left is replaced, so that it does not expire under a running service. */
const RENEWAL_DAYS = 30;

export interface DevelopmentCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Returns the certificate kept in a directory, for `localhost`, 127.0.0.1 and ::1; makes one where there is none to use. */
export async function developmentCertificate(directory: string): Promise<DevelopmentCertificate> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const certificatePath = join(directory, 'certificate.pem');
  const privateKeyPath = join(directory, 'private-key.pem');
  const kept = await readKept(certificatePath, privateKeyPath);
  if (kept !== null) return kept;
  const made = await makeCertificate();
  await replaceFile(privateKeyPath, made.privateKeyPem, 0o600);
  await replaceFile(certificatePath, made.certificatePem, 0o644);
  return made;
}

async function readKept(certificatePath: string, privateKeyPath: string): Promise<DevelopmentCertificate | null> {
  try {
    const certificatePem = await readFile(certificatePath, 'utf8');
    const privateKeyPem = await readFile(privateKeyPath, 'utf8');
    const leftMs = Date.parse(new X509Certificate(certificatePem).validTo) - Date.now();
    return leftMs > RENEWAL_DAYS * DAY_MS ? { certificatePem, privateKeyPem } : null;
  } catch {
    // Missing, cut short by a crash, or not a certificate: all the same, a new one is made.
    return null;
  }
}

async function makeCertificate(): Promise<DevelopmentCertificate> {
  const { cert, private: privateKeyPem } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * DAY_MS),
    extensions: [
      // Not a certificate authority: some TLS stacks refuse one as a server's own certificate.
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { certificatePem: cert, privateKeyPem };
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, text, { mode });
  await rename(unfinished, path);
}
