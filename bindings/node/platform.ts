/**
 * The platform port for Node 20 and later.
 *
 * A private certificate authority, such as a development service's own certificate, is trusted by naming its PEM file in the
 * environment variable `NODE_EXTRA_CA_CERTS` before the process starts: Node's own fetch takes it from there.
 */
import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import type { CoreSource, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
import { createWebPlatform } from '../web/platform.ts';

export interface NodePlatformOptions {
  /** Least level that is written to standard error. @default 'warn' */
  readonly logLevel?: LogLevel | 'silent';
}

/** Least severe first. */
const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'] satisfies Array<LogLevel | 'silent'>;

/** Fills the platform port. The default credentials are those of the AWS SDK's chain for Node, asked for when first needed. */
export function createNodePlatform(options: NodePlatformOptions = {}): Platform {
  const web = createWebPlatform({
    name: `node/${process.versions.node}`,
    fullDuplex: true,
    credentials: defaultCredentials(),
    loadCore,
    loadSharedModule,
    // Bun has such an event too, and does not say when it comes.
    tellsOfEnds: process.versions.bun === undefined,
  });
  const leastLevel = LEVELS.indexOf(options.logLevel ?? 'warn');
  return {
    ...web,
    // Timers keep the process alive: one runs only while something waits for it, be it a reconnect with frames in the store.
    sha256: (data) => Promise.resolve(new Uint8Array(createHash('sha256').update(data).digest())),
    hmacSha256: (key, data) => Promise.resolve(new Uint8Array(createHmac('sha256', key).update(data).digest())),
    log(level, message, fields) {
      if (LEVELS.indexOf(level) < leastLevel) return;
      const details = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
      process.stderr.write(`penstock ${level}: ${message}${details}\n`);
    },
  };
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

function defaultCredentials(): () => Promise<Credentials> {
  let chain: (() => Promise<Credentials>) | undefined;
  return async () => {
    chain ??= await credentialChain();
    return chain();
  };
}

/** Loaded when first needed: most of its weight is for sources that a given process never asks. */
async function credentialChain(): Promise<() => Promise<Credentials>> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const provide = defaultProvider();
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provide();
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiresAtMs: expiration.getTime() }),
    };
  };
}
