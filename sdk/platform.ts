/**
 * The platform port: everything that runtime-neutral code asks of the runtime it lives in.
 *
 * One interface, no imports. Capabilities are stated, never sniffed; a binding under `bindings/<runtime>/` fills it.
 */

/** Which build of the core a platform loaded. `debug` keeps its assertions; `js` is for engines without WebAssembly. */
export type CoreFlavour = CoreSource['flavour'];

/** The core, ready to be instantiated: compiled, or translated into JavaScript (`penstock/core.wasm2js.js`). */
export type CoreSource = CompiledCore | TranslatedCore | SharedCore;

export interface CompiledCore {
  readonly flavour: 'simd' | 'plain' | 'debug';
  readonly module: WebAssembly.Module;
}

export interface TranslatedCore {
  readonly flavour: 'js';
  /** Makes a new instance: the exports of the core, its memory among them. */
  instantiate(): object;
}

/** The build of the core whose memory threads may share. */
export interface SharedCore {
  readonly flavour: 'shared';
  readonly module: WebAssembly.Module;
  /** New, as of `SHARED_CORE_MEMORY`, or set up by another instance. */
  readonly memory: WebAssembly.Memory;
}

/** AWS credentials. `expiresAtMs` is wall-clock milliseconds since the epoch; absent means they never expire. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiresAtMs?: number;
}

/** Supplies credentials each time a request is signed; caching is the provider's own business. */
export type CredentialProvider = () => Promise<Credentials>;

/** A certificate that a client shows to the service, and its key: PEM texts. */
export interface PemClientCertificate {
  /** The certificate, with those between it and its authority behind it. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Authorities that the service's own certificate may be from, beside those that the runtime trusts. @default none */
  readonly caPem?: string | undefined;
}

/** A certificate that the runtime holds and never gives away, such as an mTLS certificate binding of Cloudflare Workers. */
export interface ClientCertificateBinding {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export type ClientCertificate = PemClientCertificate | ClientCertificateBinding;

/** A request as the SDK hands it to the platform. A streaming body is pulled as the network takes it. */
export interface PlatformRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Shown to the service (mutual TLS), of a kind that `Platform.clientCertificates` names; the body is then bytes or none. */
  readonly clientCertificate?: ClientCertificate;
  /** Limit for the connection to stand, TLS included, milliseconds; heeded where the runtime tells, which is on Node with a certificate. */
  readonly connectTimeoutMs?: number;
}

/** A response head with its body still flowing. */
export interface PlatformResponse {
  readonly status: number;
  header(name: string): string | null;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** A running timer. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Guards an async critical section: `run` calls never overlap and keep their order. */
export interface Mutex {
  run<T>(section: () => Promise<T> | T): Promise<T>;
}

/** One end of a channel between two threads; a `MessagePort`. */
export interface ThreadPort {
  postMessage(message: unknown, transfer?: object[]): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
  addEventListener(type: 'close', listener: () => void): void;
  close(): void;
  /** Where an open port keeps its process alive: lets it end, or not again. */
  unref?(): void;
  ref?(): void;
}

/** What a runtime needs for frames to be put from other threads. */
export interface ThreadSupport {
  /** Whether the port of a thread that ends is closed, and not before its last instruction was run. */
  readonly tellsOfEnds: boolean;
  loadSharedCore(): Promise<SharedCore>;
  createChannel(): readonly [ThreadPort, ThreadPort];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a runtime must supply. */
export interface Platform {
  /** For the User-Agent header and logs only; never branched on. */
  readonly name: string;
  /** Operating system and processor, such as `linux/x64`, for the User-Agent header. @default not told */
  readonly system?: string;
  /** A variable of the environment, undefined where it is not set. @default the runtime has no environment */
  readonly environment?: (name: string) => string | undefined;
  /** Loads the best build of the core that the runtime can execute. */
  loadCore(): Promise<CoreSource>;
  /** Sends a request; resolves at the response head, while a streaming request body may still be flowing. */
  fetch(request: PlatformRequest): Promise<PlatformResponse>;
  /** True when the response can be read while the request body is still being sent. */
  readonly fullDuplex: boolean;
  /**
   * Which client certificates `fetch` can show: `pem` those that are given as text, `binding` those that the runtime holds; `host` one that TLS
   * below the runtime shows of itself to whom it is for, and none that a request brings along.
   * @default none: a request with one is rejected with a typed error
   */
  readonly clientCertificates?: 'pem' | 'binding' | 'host' | undefined;
  /** Reads a whole file. Absent where the runtime has no files. */
  readFile?(path: string): Promise<Uint8Array>;
  /** True when requests leave unsigned, because whatever `fetch` sends them through signs them; nobody is asked for credentials then. @default false */
  readonly signsUpstream?: boolean;
  /** Wall clock, milliseconds since the epoch; may carry a fraction. */
  now(): number;
  /** Calls back once, after at least `delayMs` milliseconds. The only timer. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** @param memory of `sharedMutexMemory`: sections exclude those of other threads over the same memory. Ignored without `threads` */
  createMutex(memory?: SharedArrayBuffer): Mutex;
  /** Undefined where threads cannot share memory. */
  readonly threads?: ThreadSupport;
  /** Cryptographically strong random bytes. */
  randomBytes(lengthBytes: number): Uint8Array;
  sha256(data: Uint8Array): Promise<Uint8Array>;
  hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  /** The runtime's own default credential chain. Rejects with a typed error where there is none. */
  readonly credentials: CredentialProvider;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}
