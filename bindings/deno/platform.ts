/** The platform port for Deno. Needs `--allow-net`, `--allow-read` of the core, and `--allow-env` only for default credentials. */
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { environmentCredentials } from '../web/environment-credentials.ts';
import { createWebPlatform, sendRequest } from '../web/platform.ts';
import { proxyChoice, type ProxyOptions } from '../web/proxy-choice.ts';
import { proxyRefusal } from '../web/proxy-refusal.ts';

/** A fetch of the core serves a file of the checkout and an address on the web alike. */
async function loadCore(): Promise<CoreSource> {
  const url = new URL('../../build/core.simd.wasm', import.meta.url);
  return { flavour: 'simd', module: await WebAssembly.compileStreaming(fetch(url)) };
}

/** Options may say everything that the environment does: no permission is asked for what stands there. */
function permittedVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: 'env', variable });
  return state === 'granted' ? Deno.env.get(variable) : undefined;
}

export type DenoPlatformOptions = ProxyOptions;

/**
 * Fills the platform port. The default credentials are those of the environment variables. Deno heeds the environment's proxies itself;
 * those of the options take their place. Throws `KvsError` for a proxy that cannot be.
 */
export function createDenoPlatform(options: DenoPlatformOptions = {}): Platform {
  const web = createWebPlatform({
    name: `deno/${Deno.version.deno}`,
    system: `${Deno.build.os}/${Deno.build.arch}`,
    environment: permittedVariable,
    fullDuplex: true,
    credentials: environmentCredentials((name) => Deno.env.get(name), 'the environment'),
    loadCore,
  });
  const fetch = proxiedFetch(options);
  return fetch === undefined ? web : { ...web, fetch };
}

/** Undefined where the options name no proxy. */
function proxiedFetch(options: ProxyOptions): Platform['fetch'] | undefined {
  if (options.proxy === undefined || options.proxy === false) return undefined;
  const choose = proxyChoice(options, () => undefined);
  let client: object | undefined;
  return async (request) => {
    const proxy = choose?.(request.url);
    if (proxy === undefined) return sendRequest(request);
    client ??= Deno.createHttpClient({ proxy: clientProxy(proxy) });
    try {
      return await sendRequest(request, { init: { client } });
    } catch (error) {
      throw proxyRefusal(error, proxy) ?? error;
    }
  };
}

interface ClientProxy {
  readonly url: string;
  readonly basicAuth?: { readonly username: string; readonly password: string };
}

function clientProxy({ origin, username, password }: URL): ClientProxy {
  if (username === '') return { url: origin };
  return {
    url: origin,
    basicAuth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
