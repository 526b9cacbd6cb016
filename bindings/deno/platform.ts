/** The platform port for Deno. Needs `--allow-net`, `--allow-read` of the core, and `--allow-env` only for default credentials. */
import { type CachedCredentials, environmentCredentials as variables } from '../../sdk/aws/credentials.ts';
import type { CoreSource, CredentialProvider, Platform } from '../../sdk/platform.ts';
import { type AwsCredentialOptions, awsCredentials as awsChain } from '../web/aws-chain.ts';
import { createWebPlatform, sendRequest } from '../web/platform.ts';
import { sendWithCertificate } from './client-certificate.ts';

/** A fetch of the core serves a file of the checkout and an address on the web alike. */
async function loadCore(): Promise<CoreSource> {
  const url = new URL('../../build/core.simd.wasm', import.meta.url);
  return { flavour: 'simd', module: await WebAssembly.compileStreaming(fetch(url)) };
}

/** Fills the platform port. The default credentials are those of the environment variables. */
export function createDenoPlatform(): Platform {
  const web = createWebPlatform({
    name: 'deno',
    fullDuplex: true,
    clientCertificates: 'pem',
    credentials: environmentCredentials(),
    loadCore,
  });
  return {
    ...web,
    async fetch(request) {
      const { clientCertificate } = request;
      if (clientCertificate === undefined || 'fetch' in clientCertificate) return web.fetch(request);
      return sendWithCertificate(request, clientCertificate, sendRequest);
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
