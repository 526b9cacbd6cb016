/** A credential endpoint of AWS IoT on loopback: TLS, and no answer without a client certificate of its authority. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateAuthority, type CertificateAuthority, type CertificatePair } from './certificates.ts';

export interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly bodyBytes: number;
  readonly protocol: string | null;
  /** Common name of the certificate that the client showed. */
  readonly client: string | undefined;
}

export interface IotEndpoint {
  /** Host and port. */
  readonly endpoint: string;
  readonly authority: CertificateAuthority;
  /** Shown by the thing `front-door`. */
  readonly client: CertificatePair;
  readonly requests: SeenRequest[];
  /** Answers each request from now on. */
  answer: (response: ServerResponse, count: number) => void;
  close(): Promise<void>;
}

/** The answer of AWS, with credentials that expire at a time. */
export function iotAnswer(expiration: string, credentials: object = {}): string {
  const fields = { accessKeyId: 'IOTKEY', secretAccessKey: 'HUSHHUSH', sessionToken: 'PSSTPSST', expiration };
  return JSON.stringify({ credentials: { ...fields, ...credentials } });
}

/** `2026-03-01T12:00:00Z`, whole seconds. */
export function expirationOf(expiresAtMs: number): string {
  return new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

export async function startIotEndpoint(): Promise<IotEndpoint> {
  const authority = await certificateAuthority('Test authority');
  const { certificatePem: cert, privateKeyPem: key } = await authority.server();
  const client = await authority.client('front-door');
  const requests: SeenRequest[] = [];
  const server = createServer(
    { cert, key, ca: authority.certificatePem, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      let bodyBytes = 0;
      request.on('data', (bytes: Buffer) => void (bodyBytes += bytes.length));
      request.on('end', () => {
        const socket = request.socket as TLSSocket;
        requests.push({
          method: request.method,
          path: request.url,
          headers: request.headers,
          bodyBytes,
          protocol: socket.getProtocol(),
          client: socket.getPeerCertificate().subject?.CN as string | undefined,
        });
        endpoint.answer(response, requests.length);
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint: IotEndpoint = {
    endpoint: `localhost:${(server.address() as AddressInfo).port}`,
    authority,
    client,
    requests,
    answer: (response) => response.end(iotAnswer(expirationOf(Date.now() + 3_600_000))),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return endpoint;
}
