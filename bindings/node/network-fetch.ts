/**
 * Requests through proxies. Node's own fetch knows none before Node 24, so undici's is loaded when the first request has to go through one:
 * Node 20.18.1 or later. Bun's fetch takes the proxy itself.
 */
import process from 'node:process';
import type { SecureContextOptions } from 'node:tls';
import type { Dispatcher, ProxyAgent } from 'undici';
import { KvsError } from '../../sdk/errors.ts';
import type { Platform } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { sendRequest, type SendOptions } from '../web/platform.ts';
import { type ProxyChoice, proxyLogin, type ProxyLogin } from '../web/proxy-choice.ts';
import { proxyRefusal } from '../web/proxy-refusal.ts';
import { certifiedBody, sendWithCertificate, tlsOptions } from './client-certificate.ts';

/** Through the proxy that is chosen, or directly; what shows a certificate goes over a connection of its own. */
export function networkFetch(choose: ProxyChoice | undefined): Platform['fetch'] {
  const agents = new Map<string, Promise<SendOptions>>();
  return async (request) => {
    const { clientCertificate } = request;
    const certificate = clientCertificate && 'fetch' in clientCertificate ? undefined : clientCertificate;
    const proxy = choose?.(request.url);
    if (proxy === undefined)
      return certificate === undefined ? sendRequest(request) : sendWithCertificate(request, certificate);
    try {
      if (certificate !== undefined) {
        certifiedBody(request);
        return await sendRequest(request, await through(proxy, tlsOptions(certificate)));
      }
      let agent = agents.get(proxy.href);
      if (agent === undefined) agents.set(proxy.href, (agent = through(proxy)));
      return await sendRequest(request, await agent);
    } catch (error) {
      throw proxyRefusal(error, proxy) ?? error;
    }
  };
}

/** @param certified what the TLS connection behind the tunnel shows, once */
async function through(proxy: URL, certified?: SecureContextOptions): Promise<SendOptions> {
  if (process.versions['bun'] !== undefined)
    return { init: { proxy: proxy.href, ...(certified === undefined ? {} : { tls: certified, keepalive: false }) } };
  let undici: typeof import('undici');
  try {
    undici = await import('undici');
  } catch (cause) {
    const reason = `Cannot use the proxy ${proxy.host}: it needs Node 20.18.1 or later, and this is ${process.versions.node}`;
    throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, reason, { cause });
  }
  const login = proxyLogin(proxy);
  const options: ProxyAgent.Options = {
    uri: proxy.origin,
    // The limits of time are the callers': an upload that has nothing to send may be silent for long.
    bodyTimeout: 0,
    headersTimeout: 0,
    ...(login === undefined ? {} : { token: basicToken(login) }),
    // No request after this one would use the connection.
    ...(certified === undefined ? {} : { requestTls: certified, pipelining: 0 }),
  };
  const dispatcher: Dispatcher = new undici.ProxyAgent(options);
  return { fetch: undici.fetch as unknown as NonNullable<SendOptions['fetch']>, init: { dispatcher } };
}

/** RFC 7617 §2. */
function basicToken({ username, password }: ProxyLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
