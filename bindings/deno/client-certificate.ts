/** Requests that show a client certificate, through an HTTP client that knows it. */
import { KvsError } from '../../sdk/errors.ts';
import type { PemClientCertificate, PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { sendRequest } from '../web/platform.ts';
import type { ProxyLogin } from '../web/proxy-choice.ts';

/** Nothing else in Deno tells whether a key belongs to a certificate. Not a literal: its types are those of Node, which Deno has not. */
const NODE_CRYPTO: string = 'node:crypto';

interface KeyTools {
  readonly createPrivateKey: (pem: string) => unknown;
  readonly X509Certificate: new (pem: string) => { checkPrivateKey(key: unknown): boolean };
}

/** A proxy as Deno's HTTP clients take it. */
export interface ClientProxy {
  readonly url: string;
  readonly basicAuth?: ProxyLogin;
}

/**
 * Sends a request over a client of its own, which is closed when the answer's body is at its end.
 * @param proxy tunnelled through; without one Deno heeds the environment's
 */
export async function sendWithCertificate(
  request: PlatformRequest,
  { certificatePem, privateKeyPem, caPem }: PemClientCertificate,
  proxy?: ClientProxy,
): Promise<PlatformResponse> {
  if (!request.url.startsWith('https:') || request.body instanceof ReadableStream)
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      'A client certificate wants an https URL, and a body that is bytes or none',
    );
  // Deno 2.9 panics on two that do not belong together, as they are for a moment where files are replaced one after the other.
  const { createPrivateKey, X509Certificate } = (await import(NODE_CRYPTO)) as KeyTools;
  if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem)))
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'The private key is not that of the client certificate');
  const client = Deno.createHttpClient({
    cert: certificatePem,
    key: privateKeyPem,
    ...(caPem === undefined ? {} : { caCerts: [caPem] }),
    ...(proxy === undefined ? {} : { proxy }),
  });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) client.close();
    isOpen = false;
  };
  try {
    const response = await sendRequest(request, { init: { client } });
    if (response.body === null) close();
    return response.body === null ? response : { ...response, body: whenOver(response.body, close) };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same body; `onOver` is called when it has ended, failed, or is not wanted any more. */
function whenOver(body: ReadableStream<Uint8Array>, onOver: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        onOver();
        controller.close();
      } catch (error) {
        onOver();
        controller.error(error);
      }
    },
    async cancel(reason) {
      await reader.cancel(reason);
      onOver();
    },
  });
}
