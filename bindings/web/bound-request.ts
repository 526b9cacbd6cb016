import type { ClientCertificateBinding, PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import { sendRequest } from './platform.ts';

/** Sends a request through a binding, which shows the client certificate that it holds. */
export function sendBound(request: PlatformRequest, binding: ClientCertificateBinding): Promise<PlatformResponse> {
  return sendRequest(request, { fetch: (url, init) => binding.fetch(url, init) });
}
