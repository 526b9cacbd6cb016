/** The embedded service: one Node process, one directory, HTTP or HTTPS. */

import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { createService } from '../app.ts';
import type { ServicePlatform } from '../context.ts';
import { allStreams } from '../control/all-streams.ts';
import type { ServiceCredentials } from '../credentials.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { ServiceLimits } from '../limits.ts';
import { developmentCertificate } from './development-certificate.ts';
import { gracefulClose } from './graceful-close.ts';
import { credentialsFor, urlOf } from './listen-address.ts';
import { requestListener } from './request-listener.ts';
import { SegmentFiles } from './segments/segment-files.ts';
import { SqliteIndex } from './sqlite/sqlite-index.ts';

export { CredentialsRequiredError } from './listen-address.ts';
export { IndexInUseError } from './sqlite/sqlite-index.ts';

/** Longer than the keep-alive of the usual clients, so that the client ends an idle connection, not we under its next request. */
const KEEP_ALIVE_MS = 72_000;

export interface StartOptions {
  /** Where streams are kept; made if missing. One running service a directory. */
  readonly directory: string;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Serves HTTPS with a certificate made for this machine. Default false. */
  readonly tls?: boolean;
  /** Key pairs to accept. Default, on loopback only: the development pair. */
  readonly credentials?: readonly ServiceCredentials[];
  /** What GetDataEndpoint answers, for a service behind a proxy. Default: the address listened on. */
  readonly publicUrl?: string | (() => string);
  readonly region?: string;
  readonly accountId?: string;
  readonly limits?: Partial<ServiceLimits>;
  /** Default: warnings and errors to standard error. */
  readonly log?: ServicePlatform['log'];
}

export interface RunningService {
  /** Base URL, without a slash at its end. */
  readonly url: string;
  /** With TLS: the certificate that clients have to trust. */
  readonly certificatePem?: string;
  /** Ends live connections, at the latest after two seconds, and closes the directory. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the service on a directory.
 * @throws CredentialsRequiredError for an address beyond this machine without credentials of one's own
 * @throws IndexInUseError when the directory is already served
 */
export async function startService(options: StartOptions): Promise<RunningService> {
  const host = options.host ?? '127.0.0.1';
  const credentials = credentialsFor(host, options.credentials);
  await mkdir(options.directory, { recursive: true });
  const streams = SqliteIndex.open(join(options.directory, 'index.sqlite'));
  const closers: (() => Promise<void>)[] = [() => streams.close()];
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const fragments = await SegmentFiles.open(join(options.directory, 'fragments'));
    closers.push(() => fragments.close());
    const streamIds = new Set<string>();
    for await (const row of allStreams(streams)) streamIds.add(row.streamId);
    await fragments.retainStreams(streamIds);
    const certificate = options.tls ? await developmentCertificate(join(options.directory, 'tls')) : undefined;
    const server =
      certificate === undefined
        ? createHttpServer()
        : createHttpsServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
    // An upload lasts as long as its camera; only its header must arrive in time (headersTimeout keeps its default).
    server.requestTimeout = 0;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.timeout = { ...DEFAULT_LIMITS, ...options.limits }.connectionStallTimeoutMs;
    server.listen(options.port ?? 0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = urlOf(certificate === undefined ? 'http' : 'https', host, port);
    const starting = createService({
      platform: { ...createNodePlatform(), ...(options.log === undefined ? {} : { log: options.log }) },
      streams,
      fragments,
      credentials,
      publicUrl: options.publicUrl ?? url,
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.accountId === undefined ? {} : { accountId: options.accountId }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    // Before anything is awaited, so that no connection comes before its listener.
    server.on('request', requestListener(starting));
    closers.push(gracefulClose(server, async () => (await starting.catch(() => null))?.close()));
    await starting;
    return {
      url,
      ...(certificate === undefined ? {} : { certificatePem: certificate.certificatePem }),
      close: closeAll,
      [Symbol.asyncDispose]: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
