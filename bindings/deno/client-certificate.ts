/** Requests that show a client certificate, through an HTTP client that knows it. */
import { KvsError } from '../../sdk/errors.ts';
import type { PemClientCertificate, Platform, PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import { STATUS } from '../../sdk/status-codes.ts';

/** Sends a request over a client of its own, which is closed when the answer's body is at its end. */
export async function sendWithCertificate(
  request: PlatformRequest,
  { certificatePem, privateKeyPem, caPem }: PemClientCertificate,
  send: (request: PlatformRequest, init: RequestInit) => ReturnType<Platform['fetch']>,
): Promise<PlatformResponse> {
  if (!request.url.startsWith('https:') || request.body instanceof ReadableStream)
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      'A client certificate wants an https URL, and a body that is bytes or none',
    );
  const client = Deno.createHttpClient({
    cert: certificatePem,
    key: privateKeyPem,
    ...(caPem === undefined ? {} : { caCerts: [caPem] }),
  });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) client.close();
    isOpen = false;
  };
  try {
    const response = await send(request, { client } as RequestInit);
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
