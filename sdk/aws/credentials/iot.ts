/**
 * Credentials of a device: its X.509 certificate is exchanged for those of an IAM role, which an IoT role alias names. The runtime has
 * to show the certificate (mutual TLS). Source: c-producer §4.1, service-api §0.2.
 */
import { CredentialsError, KvsError } from '../../errors.ts';
import type { ClientCertificateBinding, CredentialProvider, PemClientCertificate, Platform } from '../../platform.ts';
import { Deadline } from '../backoff.ts';
import { failureText, networkFailure, ProxyRefusedError } from '../network-failure.ts';
import { type CachedCredentials, cached, NATIVE_REFRESH_AHEAD_MS } from './cached.ts';
import { loadCertificate } from './certificate-files.ts';
import { credentialError } from './credential-status.ts';
import { type ExpiringCredentials, readIotAnswer } from './iot-answer.ts';
import { checkIotOptions } from './iot-options.ts';

/** Native defaults, milliseconds. Source: c-producer §4.1. */
const CONNECT_TIMEOUT_MS = 3_000;
const COMPLETION_TIMEOUT_MS = 5_000;
/** The native library's, whatever else calls itself what. Source: c-producer §8. */
const USER_AGENT = 'AWS-SDK-KVS';
/** Share of their life by which credentials are taken to expire earlier, so that a fleet does not renew them in step. */
const MIN_JITTER_SHARE = 0.01;
const MAX_JITTER_SHARE = 0.2;

/** Where a certificate and its key lie as PEM files. They are read for each request: what replaces them is used. */
export interface ClientCertificateFiles {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  /** @default the authorities that the runtime trusts */
  readonly caPath?: string | undefined;
}

export interface IotCredentialOptions {
  /** The account's credential endpoint of AWS IoT: a host such as `c1.credentials.iot.us-west-2.amazonaws.com`, with a port where it is not 443. */
  readonly endpoint: string;
  /**
   * Files, PEM texts, or a binding that holds the certificate (Cloudflare Workers). `host`: the host of an embedded engine shows it by itself on
   * connections to the endpoint.
   */
  readonly certificate: ClientCertificateFiles | PemClientCertificate | ClientCertificateBinding | 'host';
  /** 1…128 of a-z A-Z 0-9 _ = , @ - */
  readonly roleAlias: string;
  /** 1…128 of a-z A-Z 0-9 : _ - @default the stream's name */
  readonly thingName?: string | undefined;
  /**
   * The stream that the credentials are for. Policies of devices name it after the thing: where both are given they have to be the same.
   * @default not checked
   */
  readonly streamName?: string | undefined;
  /** Limit for the connection, milliseconds, where the runtime can tell (Node, Bun). @default 3 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Limit for the whole answer, connecting included, milliseconds. @default 5 000 */
  readonly completionTimeoutMs?: number | undefined;
  /** Renew credentials this long before they expire, milliseconds. @default 38 000 */
  readonly refreshAheadMs?: number | undefined;
}

type IotPlatform = Pick<
  Platform,
  'name' | 'now' | 'setTimer' | 'randomBytes' | 'fetch' | 'clientCertificates' | 'readFile'
> &
  Partial<Pick<Platform, 'log'>>;

/**
 * Credentials of an IoT role alias, cached. They count as expired 1 to 20 % of their life early, by chance, and are renewed 38 s before that.
 * Throws `CredentialsError` for options that cannot be, and on a platform that cannot show the certificate; the provider rejects with
 * `CredentialsError` of the native IoT statuses.
 */
export function iotCredentials(platform: IotPlatform, options: IotCredentialOptions): CachedCredentials {
  const { refreshAheadMs = NATIVE_REFRESH_AHEAD_MS } = options;
  return cached(platform, fetchIotCredentials(platform, options), { refreshAheadMs });
}

/** `iotCredentials` without a memory: each call is a request. */
export function fetchIotCredentials(platform: IotPlatform, options: IotCredentialOptions): CredentialProvider {
  const { url, thingName } = checkIotOptions(platform, options);
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, completionTimeoutMs = COMPLETION_TIMEOUT_MS } = options;
  const headers = { 'user-agent': USER_AGENT, 'x-amzn-iot-thingname': thingName };
  return async () => {
    const clientCertificate = await loadCertificate(platform, options.certificate);
    const deadline = new Deadline(platform, completionTimeoutMs);
    try {
      const { signal } = deadline;
      const response = await platform.fetch({
        method: 'GET',
        url,
        headers,
        signal,
        ...(clientCertificate === undefined ? {} : { clientCertificate }),
        connectTimeoutMs,
      });
      return jittered(platform, await readIotAnswer(response, () => platform.now()));
    } catch (error) {
      if (error instanceof CredentialsError) throw error;
      const { certificate } = options;
      const isFromFiles = certificate !== 'host' && !('fetch' in certificate) && 'certificatePath' in certificate;
      throw unanswered(error, url, deadline.expired ? completionTimeoutMs : undefined, isFromFiles);
    } finally {
      deadline.clear();
    }
  };
}

function jittered(platform: IotPlatform, credentials: ExpiringCredentials): ExpiringCredentials {
  const [high = 0, low = 0] = platform.randomBytes(2);
  const share = MIN_JITTER_SHARE + (MAX_JITTER_SHARE - MIN_JITTER_SHARE) * (((high << 8) | low) / 0xffff);
  const lifeMs = credentials.expiresAtMs - platform.now();
  return { ...credentials, expiresAtMs: Math.floor(credentials.expiresAtMs - lifeMs * share) };
}

/** No answer, or none to its end: a timeout, a certificate that one of both does not trust, a proxy, or another failure of the network. */
function unanswered(
  error: unknown,
  url: string,
  timeoutMs: number | undefined,
  isFromFiles: boolean,
): CredentialsError {
  const { host } = new URL(url);
  const failure = networkFailure(error);
  const why = timeoutMs === undefined ? failureText(failure) : `no whole answer within ${timeoutMs} ms`;
  // What cannot be said of a request, such as a key that is none, no retry mends; but files may be replaced one after the other.
  const isFinal = isUnusable(failure) ? !isFromFiles : error instanceof KvsError || isForbidden(failure);
  return credentialError('STATUS_IOT_FAILED', `the IoT endpoint ${host} did not answer: ${why}`, {
    retryable: timeoutMs !== undefined || !isFinal,
    cause: error,
  });
}

/** A certificate or key that the runtime cannot read, or that do not belong together, by the code of OpenSSL or the words of Deno. */
function isUnusable(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (
    /^ERR_OSSL_|^ERR_TLS_KEY|^ERR_TLS_CERT/.test(String(code)) ||
    /decoding|PEM|private key|no certificates/i.test(String(message))
  );
}

/** A proxy that wants another password, or lets nobody through to there. */
function isForbidden(error: unknown): boolean {
  return error instanceof ProxyRefusedError && (error.proxyStatus === 407 || error.proxyStatus === 403);
}
