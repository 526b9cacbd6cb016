/** Requests that show a client certificate, which Node's own fetch cannot. Used by Bun as well. */
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import * as tls from 'node:tls';
import { KvsError } from '../../sdk/errors.ts';
import type { PemClientCertificate, PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';

/**
 * Sends a request over a connection of its own, TLS 1.2 or later, and resolves at the response head. Rejects with the signal's reason, a
 * `TimeoutError` when the connection does not stand within `connectTimeoutMs`, what the network fails with, or `KvsError` for a request
 * that cannot be.
 */
export function sendWithCertificate(
  request: PlatformRequest,
  certificate: PemClientCertificate,
): Promise<PlatformResponse> {
  const { url, method, headers, signal, connectTimeoutMs } = request;
  const body = certifiedBody(request);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let response: IncomingMessage | undefined;
    const sent = httpsRequest(url, {
      method,
      headers,
      agent: false,
      minVersion: 'TLSv1.2',
      ...tlsOptions(certificate),
    });
    const giveUp = (reason: Error): void => {
      response?.destroy(reason);
      sent.destroy(reason);
    };
    const onAbort = (): void => giveUp(signal?.reason as Error);
    const timer =
      connectTimeoutMs === undefined
        ? undefined
        : setTimeout(
            () => giveUp(new DOMException(`No connection within ${connectTimeoutMs} ms`, 'TimeoutError')),
            connectTimeoutMs,
          );
    sent.on('socket', (socket) => socket.once('secureConnect', () => clearTimeout(timer)));
    sent.on('response', (incoming) => {
      clearTimeout(timer);
      response = incoming;
      resolve({
        status: incoming.statusCode ?? 0,
        header: (name) => joined(incoming.headers[name.toLowerCase()]),
        body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
      });
    });
    sent.on('error', reject);
    sent.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    sent.end(body);
  });
}

/** Body of a request that can show a certificate. Throws `KvsError` for one that cannot. */
export function certifiedBody({ url, body }: PlatformRequest): Uint8Array | undefined {
  if (url.startsWith('https:') && !(body instanceof ReadableStream)) return body;
  throw new KvsError(
    STATUS.STATUS_INVALID_ARG,
    'A client certificate wants an https URL, and a body that is bytes or none',
  );
}

/** What a TLS connection is to show and to trust, as Node names it. */
export function tlsOptions({ certificatePem, privateKeyPem, caPem }: PemClientCertificate): tls.SecureContextOptions {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    ...(caPem === undefined ? {} : { ca: [...trustedAuthorities(), caPem] }),
  };
}

/** Those that a connection trusts unless it is told others: with NODE_EXTRA_CA_CERTS, from Node 22.15 on. */
function trustedAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { readonly getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}

const joined = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? value.join(', ') : (value ?? null);
