/** What the runtimes with web-standard globals share: fetch, timers, Web Crypto and the console. */
import { CredentialsError } from '../../sdk/errors.ts';
import type {
  CoreSource,
  CredentialProvider,
  Platform,
  PlatformRequest,
  PlatformResponse,
  ThreadSupport,
  Timer,
} from '../../sdk/platform.ts';
import { createSerialMutex } from '../../sdk/threads/serial-mutex.ts';

/** In what such runtimes differ. */
export interface WebRuntime {
  readonly name: string;
  readonly system?: string;
  readonly environment?: (name: string) => string | undefined;
  readonly fullDuplex: boolean;
  readonly credentials: CredentialProvider;
  readonly clientCertificates?: 'pem' | 'binding';
  loadCore(): Promise<CoreSource>;
  /** Undefined where threads cannot share memory. */
  readonly threads?: ThreadSupport;
}

/** The longest delay that setTimeout takes, milliseconds; a longer one would fire at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;
/** The most that getRandomValues gives at once. Source: Web Cryptography API §10.1.1. */
const RANDOM_PIECE_BYTES = 65_536;

/** Fills the port from web-standard globals and what the runtime states about itself. */
export function createWebPlatform(runtime: WebRuntime): Platform {
  return {
    ...runtime,
    async fetch(request) {
      if (request.clientCertificate === undefined) return sendRequest(request);
      throw new CredentialsError(`${runtime.name} shows no client certificate of this kind`, { retryable: false });
    },
    now: () => Date.now(),
    setTimer: startTimer,
    createMutex: createSerialMutex,
    randomBytes,
    async sha256(data) {
      return new Uint8Array(await crypto.subtle.digest('SHA-256', bufferSource(data)));
    },
    async hmacSha256(key, data) {
      const imported = await crypto.subtle.importKey(
        'raw',
        bufferSource(key),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      );
      return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bufferSource(data)));
    },
    log(level, message, fields) {
      if (fields === undefined) console[level](message);
      else console[level](message, fields);
    },
  };
}

/**
 * Keeps each response alive as long as its body. Node's fetch cancels the body of a response that is garbage before anyone
 * reads it, and the reader would take that for a clean end.
 */
const responses = new WeakMap<ReadableStream<Uint8Array>, Response>();

/** In what a request goes out otherwise than through the runtime's own fetch as it is. */
export interface SendOptions {
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** What the runtime's fetch knows beyond the standard, such as a proxy. */
  readonly init?: Readonly<Record<string, unknown>>;
}

/** Sends a request; resolves at the response head. */
export async function sendRequest(request: PlatformRequest, options: SendOptions = {}): Promise<PlatformResponse> {
  const { fetch: send = fetch, init = {} } = options;
  const response = await send(request.url, {
    ...init,
    method: request.method,
    headers: request.headers,
    // A redirect would drop the signature, and cannot replay a body that streams.
    redirect: 'manual',
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    ...(request.body === undefined ? {} : { body: request.body as BodyInit, duplex: 'half' }),
  });
  if (response.body !== null) responses.set(response.body, response);
  return { status: response.status, header: (name) => response.headers.get(name), body: response.body };
}

export function randomBytes(lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; at += RANDOM_PIECE_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_PIECE_BYTES));
  }
  return bytes;
}

/** `Platform.setTimer` by setTimeout. */
export function startTimer(delayMs: number, callback: () => void): Timer {
  let leftMs = delayMs;
  let id: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    leftMs -= stepMs;
    id = setTimeout(leftMs > 0 ? arm : callback, stepMs);
  };
  arm();
  return { cancel: () => clearTimeout(id) };
}

/** The platform never hands out shared memory, which Web Crypto would refuse. */
function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
