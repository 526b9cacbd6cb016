/** Certificates of a test: an authority, a server's for loopback, and clients'. Made anew each time; nothing of them is kept. */
import { generate } from 'selfsigned';

export interface CertificatePair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface CertificateAuthority extends CertificatePair {
  /** For `localhost`, 127.0.0.1 and ::1. */
  server(): Promise<CertificatePair>;
  /** A certificate that is valid for an hour unless it `expired` an hour ago. */
  client(commonName: string, options?: { readonly expired?: boolean }): Promise<CertificatePair>;
}

const HOUR_MS = 3_600_000;
const KEY = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

export async function certificateAuthority(commonName: string): Promise<CertificateAuthority> {
  const name = (value: string): { name: string; value: string }[] => [{ name: 'commonName', value }];
  const own = await generate(name(commonName), {
    ...KEY,
    notAfterDate: new Date(Date.now() + HOUR_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: own.private, cert: own.cert };
  const issue = async (
    subject: string,
    usage: { readonly serverAuth?: boolean; readonly clientAuth?: boolean },
    notAfterMs: number,
  ): Promise<CertificatePair> => {
    const { cert, private: privateKeyPem } = await generate(name(subject), {
      ...KEY,
      ca,
      notBeforeDate: new Date(notAfterMs - 2 * HOUR_MS),
      notAfterDate: new Date(notAfterMs),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', ...usage },
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
  };
  return {
    certificatePem: own.cert,
    privateKeyPem: own.private,
    server: () => issue('localhost', { serverAuth: true }, Date.now() + HOUR_MS),
    client: (subject, { expired = false } = {}) =>
      issue(subject, { clientAuth: true }, Date.now() + (expired ? -HOUR_MS : HOUR_MS)),
  };
}
