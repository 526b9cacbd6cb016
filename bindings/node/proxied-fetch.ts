/**
 * Requests through proxies. Node's own fetch knows none before Node 24, so undici's is loaded when the first request has to go through one:
 * Node 20.18.1 or later. Bun's fetch takes the proxy itself.
 */
import process from 'node:process';
import type { Dispatcher, ProxyAgent } from 'undici';
import { KvsError } from '../../sdk/errors.ts';
import type { Platform } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { sendRequest, type SendOptions } from '../web/platform.ts';
import type { ProxyChoice } from '../web/proxy-choice.ts';
import { proxyRefusal } from '../web/proxy-refusal.ts';

/** Sends directly what no proxy is chosen for. */
export function proxiedFetch(choose: ProxyChoice): Platform['fetch'] {
  const agents = new Map<string, Promise<SendOptions>>();
  return async (request) => {
    const proxy = choose(request.url);
    if (proxy === undefined) return sendRequest(request);
    let agent = agents.get(proxy.href);
    if (agent === undefined) agents.set(proxy.href, (agent = through(proxy)));
    try {
      return await sendRequest(request, await agent);
    } catch (error) {
      throw proxyRefusal(error, proxy) ?? error;
    }
  };
}

async function through(proxy: URL): Promise<SendOptions> {
  if (process.versions['bun'] !== undefined) return { init: { proxy: proxy.href } };
  let undici: typeof import('undici');
  try {
    undici = await import('undici');
  } catch (cause) {
    const reason = `Cannot use the proxy ${proxy.host}: it needs Node 20.18.1 or later, and this is ${process.versions.node}`;
    throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, reason, { cause });
  }
  const options: ProxyAgent.Options = {
    uri: proxy.origin,
    // The limits of time are the callers': an upload that has nothing to send may be silent for long.
    bodyTimeout: 0,
    headersTimeout: 0,
    ...(proxy.username === '' ? {} : { token: basicToken(proxy) }),
  };
  const dispatcher: Dispatcher = new undici.ProxyAgent(options);
  return { fetch: undici.fetch as unknown as NonNullable<SendOptions['fetch']>, init: { dispatcher } };
}

/** RFC 7617 §2. */
function basicToken({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
