/**
 * The platform port for Node 20 and later, and for Bun.
 *
 * A private certificate authority, such as a development service's own certificate, is trusted by naming its PEM file in the
 * environment variable `NODE_EXTRA_CA_CERTS` before the process starts: Node's own fetch takes it from there.
 */
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { type CachedCredentials, environmentCredentials as variables } from '../../sdk/aws/credentials.ts';
import { logDetails } from '../../sdk/log-details.ts';
import type { CoreSource, CredentialProvider, LogLevel, Platform } from '../../sdk/platform.ts';
import { type AwsCredentialOptions, awsCredentials as awsChain } from '../web/aws-chain.ts';
import { sendBound } from '../web/bound-request.ts';
import { createWebPlatform, startTimer } from '../web/platform.ts';
import { proxyChoice, type ProxyOptions } from '../web/proxy-choice.ts';
import { createThreadMutex, threadSupport } from '../web/thread-support.ts';
import { networkFetch } from './network-fetch.ts';

export interface NodePlatformOptions extends ProxyOptions {
  /** Least level that is written to standard error. @default 'warn' */
  readonly logLevel?: LogLevel | 'silent';
}

/** Least severe first. */
const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'] satisfies Array<LogLevel | 'silent'>;

/**
 * Fills the platform port. The default credentials are those of the AWS SDK's chain for Node, asked for when first needed. Throws `KvsError`
 * for a proxy that cannot be.
 */
export function createNodePlatform(options: NodePlatformOptions = {}): Platform {
  const choice = proxyChoice(options, (name) => process.env[name]);
  const web = createWebPlatform({
    name: runtimeName(),
    system: `${process.platform}/${process.arch}`,
    environment: (name) => process.env[name],
    fullDuplex: true,
    clientCertificates: 'pem',
    credentials: awsCredentials(options),
    loadCore,
    // Bun tells of ends too, and does not say when.
    threads: threadSupport(loadSharedModule, process.versions.bun === undefined),
  });
  const send = networkFetch(choice);
  return {
    ...web,
    createMutex: createThreadMutex,
    async fetch(request) {
      const { clientCertificate } = request;
      return clientCertificate !== undefined && 'fetch' in clientCertificate
        ? sendBound(request, clientCertificate)
        : send(request);
    },
    readFile: async (path) => readFile(path),
    // Timers keep the process alive: one runs only while something waits for it, be it a reconnect with frames in the store.
    sha256: (data) => Promise.resolve(new Uint8Array(createHash('sha256').update(data).digest())),
    hmacSha256: (key, data) => Promise.resolve(new Uint8Array(createHmac('sha256', key).update(data).digest())),
    log: logTo(options),
  };
}

/** Bun takes this binding too, and names a version of Node that it is not. */
function runtimeName(): string {
  const { bun, node } = process.versions;
  return bun === undefined ? `node/${node}` : `bun/${bun}`;
}

/** The build with SIMD where the engine takes it. */
async function loadCore(): Promise<CoreSource> {
  const simd = await readFile(new URL('../../build/core.simd.wasm', import.meta.url));
  if (WebAssembly.validate(simd)) return { flavour: 'simd', module: await WebAssembly.compile(simd) };
  const plain = await readFile(new URL('../../build/core.wasm', import.meta.url));
  return { flavour: 'plain', module: await WebAssembly.compile(plain) };
}

async function loadSharedModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('../../build/core.shared.wasm', import.meta.url)));
}

/**
 * Credentials of AWS's own chain: environment, profiles of the shared files, SSO, web identity, container and instance metadata; cached.
 * Rejects with `CredentialsError`, also when a `profile` that was asked for does not exist.
 */
export function awsCredentials(options: AwsCredentialOptions & NodePlatformOptions = {}): CachedCredentials {
  const runtime = {
    now: () => Date.now(),
    setTimer: startTimer,
    log: logTo(options),
    environment: (name: string) => process.env[name],
    readFile: async (path: string) => readFile(path),
  };
  return awsChain(runtime, options);
}

/** Credentials of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN alone, read at each call. */
export function environmentCredentials(): CredentialProvider {
  return variables((name) => process.env[name], 'the environment');
}

function logTo({ logLevel = 'warn' }: NodePlatformOptions): Platform['log'] {
  const leastLevel = LEVELS.indexOf(logLevel);
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < leastLevel) return;
    process.stderr.write(`${`penstock ${level}: ${message} ${logDetails(fields)}`.trimEnd()}\n`);
  };
}
