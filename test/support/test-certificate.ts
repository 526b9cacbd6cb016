/** Certificates that sign themselves, of any host and time. */
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Valid from and to these many days from now. */
export async function certificate(host: string, fromDays: number, toDays: number): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: `${host} ${fromDays}` }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + fromDays * DAY_MS),
    notAfterDate: new Date(Date.now() + toDays * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  return { cert, key };
}
