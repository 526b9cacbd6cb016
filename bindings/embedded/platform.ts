/** The platform port, filled from the functions of an engine's host. */
import { CredentialsError, KvsError } from '../../sdk/errors.ts';
import { logDetails } from '../../sdk/log-details.ts';
import type { CoreSource, Platform, PlatformRequest, PlatformResponse, Timer } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { createSerialMutex } from '../../sdk/threads/serial-mutex.ts';
import { type EmbeddedHost, missingFunctions } from './host.ts';
import { wholeBuffer } from './http/connection.ts';
import { exchange } from './http/exchange.ts';
import { hmacSha256, sha256 } from './sha256.ts';

/** The longest delay that a host's timer takes, milliseconds. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** Fills the port. Throws `KvsError` STATUS_INVALID_ARG that names the functions which the host lacks. */
export function createEmbeddedPlatform(host: EmbeddedHost, loadCore: () => CoreSource): Platform {
  const missing = missingFunctions(host);
  if (missing.length > 0)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `The host lacks the functions ${missing.join(', ')}`);
  return {
    name: host.name ?? 'embedded',
    fullDuplex: true,
    clientCertificates: 'host',
    loadCore: async () => loadCore(),
    fetch: (request) => send(host, request),
    now: () => host.now(),
    setTimer: (delayMs, callback) => startTimer(host, delayMs, callback),
    createMutex: createSerialMutex,
    randomBytes: (lengthBytes) => new Uint8Array(host.randomBytes(lengthBytes)),
    sha256: async (data) => (host.sha256 === undefined ? sha256(data) : new Uint8Array(host.sha256(wholeBuffer(data)))),
    hmacSha256: async (key, data) =>
      host.hmacSha256 === undefined
        ? hmacSha256(key, data)
        : new Uint8Array(host.hmacSha256(wholeBuffer(key), wholeBuffer(data))),
    credentials: () =>
      Promise.reject(
        new CredentialsError('an embedded engine has none of its own; pass them as an option', { retryable: false }),
      ),
    log(level, message, fields) {
      try {
        host.log?.(level, message, logDetails(fields));
      } catch {
        // A line that the host cannot take must not end what it tells of.
      }
    },
  };
}

async function send(host: EmbeddedHost, request: PlatformRequest): Promise<PlatformResponse> {
  // It is for the host's TLS to show one, with all of its connections.
  if ('clientCertificate' in request && request.clientCertificate !== undefined)
    throw new CredentialsError('a client certificate is shown by the host of an embedded engine, not handed to it', {
      retryable: false,
    });
  return exchange(host, request);
}

function startTimer(host: EmbeddedHost, delayMs: number, callback: () => void): Timer {
  let leftMs = delayMs;
  let timer: number | undefined;
  const arm = (): void => {
    const stepMs = Math.min(Math.max(Math.ceil(leftMs), 0), LONGEST_TIMER_MS);
    leftMs -= stepMs;
    timer = host.setTimer(stepMs, () => {
      timer = undefined;
      if (leftMs > 0) arm();
      else callback();
    });
  };
  arm();
  return {
    cancel() {
      if (timer !== undefined) host.cancelTimer(timer);
      timer = undefined;
    },
  };
}
