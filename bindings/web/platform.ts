/** What the runtimes with web-standard globals share: fetch, timers, Web Crypto and the console. */
import type {
  CoreSource,
  CredentialProvider,
  Platform,
  PlatformRequest,
  PlatformResponse,
  ThreadPort,
  ThreadSupport,
  Timer,
} from '../../sdk/platform.ts';
import { createSharedMutex } from '../../sdk/threads/shared-mutex.ts';
import { createSerialMutex } from './serial-mutex.ts';

/** In what such runtimes differ. */
export interface WebRuntime {
  readonly name: string;
  readonly fullDuplex: boolean;
  readonly credentials: CredentialProvider;
  loadCore(): Promise<CoreSource>;
  /** Of memory that threads share; undefined where they cannot. */
  readonly loadSharedModule?: () => Promise<WebAssembly.Module>;
  /** As of `ThreadSupport`. @default false */
  readonly tellsOfEnds?: boolean;
}

/** The longest delay that setTimeout takes, milliseconds; a longer one would fire at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;
/** The most that getRandomValues gives at once. Source: Web Cryptography API §10.1.1. */
const RANDOM_PIECE_BYTES = 65_536;

/** Fills the port from web-standard globals and what the runtime states about itself. */
export function createWebPlatform(runtime: WebRuntime): Platform {
  const { loadSharedModule, tellsOfEnds = false, ...stated } = runtime;
  return {
    ...stated,
    ...(loadSharedModule === undefined ? {} : { threads: threadSupport(loadSharedModule, tellsOfEnds) }),
    fetch: sendRequest,
    now: () => Date.now(),
    setTimer: startTimer,
    createMutex: (memory) =>
      memory === undefined || loadSharedModule === undefined
        ? createSerialMutex()
        : createSharedMutex({ setTimer: startTimer }, memory),
    randomBytes(lengthBytes) {
      const bytes = new Uint8Array(lengthBytes);
      for (let at = 0; at < lengthBytes; at += RANDOM_PIECE_BYTES) {
        crypto.getRandomValues(bytes.subarray(at, at + RANDOM_PIECE_BYTES));
      }
      return bytes;
    },
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

async function sendRequest(request: PlatformRequest): Promise<PlatformResponse> {
  const response = await fetch(request.url, {
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

function startTimer(delayMs: number, callback: () => void): Timer {
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

function threadSupport(loadSharedModule: () => Promise<WebAssembly.Module>, tellsOfEnds: boolean): ThreadSupport {
  return {
    tellsOfEnds,
    loadSharedCore: async () => ({ flavour: 'shared', module: await loadSharedModule() }),
    createChannel: () => {
      const { port1, port2 } = new MessageChannel();
      return [port1, port2] as unknown as readonly [ThreadPort, ThreadPort];
    },
  };
}

/** The platform never hands out shared memory, which Web Crypto would refuse. */
function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
