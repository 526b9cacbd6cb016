/** The platform port for Deno. Needs `--allow-net`, `--allow-read` of the core, and `--allow-env` only for default credentials. */
import { type CachedCredentials, environmentCredentials as variables } from '../../sdk/aws/credentials.ts';
import { KvsError } from '../../sdk/errors.ts';
import type { CoreSource, CredentialProvider, Platform } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { type AwsCredentialOptions, awsCredentials as awsChain } from '../web/aws-chain.ts';
import { sendBound } from '../web/bound-request.ts';
import { createWebPlatform, sendRequest } from '../web/platform.ts';
import { proxyChoice, proxyLogin, type ProxyOptions } from '../web/proxy-choice.ts';
import { proxyRefusal } from '../web/proxy-refusal.ts';
import { createThreadMutex, threadSupport } from '../web/thread-support.ts';
import { type ClientProxy, sendWithCertificate } from './client-certificate.ts';

/** A fetch of the core serves a file of the checkout and an address on the web alike. */
async function loadCore(): Promise<CoreSource> {
  const url = new URL('../../build/core.simd.wasm', import.meta.url);
  return { flavour: 'simd', module: await WebAssembly.compileStreaming(fetch(url)) };
}

function loadSharedModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compileStreaming(fetch(new URL('../../build/core.shared.wasm', import.meta.url)));
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
    clientCertificates: 'pem',
    credentials: environmentCredentials(),
    loadCore,
    threads: threadSupport(loadSharedModule, false),
  });
  const send = networkFetch(options);
  return {
    ...web,
    createMutex: createThreadMutex,
    async fetch(request) {
      const { clientCertificate } = request;
      try {
        if (clientCertificate !== undefined && 'fetch' in clientCertificate)
          return await sendBound(request, clientCertificate);
        return await send(request);
      } catch (error) {
        throw permissionRefusal(error) ?? error;
      }
    },
    readFile: (path) => Deno.readFile(path),
  };
}

/** Credentials of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read at each call. Needs `--allow-env`. */
export function environmentCredentials(): CredentialProvider {
  return variables((name) => Deno.env.get(name), 'the environment');
}

/**
 * Credentials of AWS's own chain: environment, profiles of the shared files, SSO, web identity, container and instance metadata; cached.
 * The library is AWS's for Node: it needs `--allow-env`, `--allow-read`, `--allow-sys=homedir,osRelease` and `--allow-net`.
 */
export function awsCredentials(options: AwsCredentialOptions = {}): CachedCredentials {
  const platform = createDenoPlatform();
  const runtime = {
    now: () => platform.now(),
    setTimer: platform.setTimer.bind(platform),
    log: platform.log.bind(platform),
    environment: (name: string) => Deno.env.get(name),
    readFile: (path: string) => Deno.readFile(path),
  };
  return awsChain(runtime, options);
}

/** A permission that is missing will not come by itself, so there is nothing to wait for. Undefined for any other error. */
function permissionRefusal(error: unknown): KvsError | undefined {
  if (!(error instanceof Error) || error.name !== 'NotCapable') return undefined;
  return new KvsError(STATUS.STATUS_INVALID_OPERATION, error.message, { cause: error, retryable: false });
}

/** Through the proxy that the options choose; what shows a certificate goes over a client of its own. */
function networkFetch(options: ProxyOptions): Platform['fetch'] {
  const choose = proxyChoice({ proxy: false, ...options }, () => undefined);
  let shared: object | undefined;
  return async (request) => {
    const { clientCertificate } = request;
    const proxy = choose?.(request.url);
    try {
      if (clientCertificate !== undefined && !('fetch' in clientCertificate))
        return await sendWithCertificate(request, clientCertificate, proxy && clientProxy(proxy));
      if (proxy === undefined) return await sendRequest(request);
      shared ??= Deno.createHttpClient({ proxy: clientProxy(proxy) });
      return await sendRequest(request, { init: { client: shared } });
    } catch (error) {
      throw (proxy && proxyRefusal(error, proxy)) ?? error;
    }
  };
}

function clientProxy(proxy: URL): ClientProxy {
  const basicAuth = proxyLogin(proxy);
  return { url: proxy.origin, ...(basicAuth === undefined ? {} : { basicAuth }) };
}
