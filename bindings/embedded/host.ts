/**
 * What an engine's host supplies: plain functions over numbers, strings, ArrayBuffers and callbacks, for those who embed an engine in
 * C, C++ or Rust. No promise and no object of the web platform crosses this boundary.
 *
 * The engine's job queue is the host's to run (`JS_ExecutePendingJob` in QuickJS): after every callback, and after evaluating code.
 */

/** Functions that the host hangs on one object. A callback may be called at any time but from within the function it was given to. */
export interface EmbeddedHost {
  /** For the User-Agent header and logs, such as `quickjs`. @default 'embedded' */
  readonly name?: string;
  /**
   * Opens a TCP connection, with TLS where `isSecure`; the server's certificate is the host's to check, and to trust.
   *
   * @param port 1…65 535
   * @param onWritable the connection is open, or has sent what `send` was given: it takes more
   * @param onBytes answers one `receive` with what came, one byte or more
   * @param onClosed the other side has ended it (empty text), or it failed: what is said is passed on. The last callback, and the only one
   * for a connection that cannot be opened; then as for every end the connection's number is free again.
   * @returns the connection's number
   */
  connect(
    hostname: string,
    port: number,
    isSecure: boolean,
    onWritable: () => void,
    onBytes: (bytes: ArrayBuffer) => void,
    onClosed: (failure: string) => void,
  ): number;
  /** Sends all of the bytes, in order; `onWritable` is called once when there is room for more. The buffer is not used again. */
  send(connection: number, bytes: ArrayBuffer): void;
  /** Asks for the next bytes: one `onBytes` for one `receive`. The host reads no further ahead than its own buffer. */
  receive(connection: number): void;
  /** Ends a connection from this side. Nothing is called back after it. */
  close(connection: number): void;
  /** Wall clock, milliseconds since the epoch. Signatures depend on it: minutes of error are refused by the service. */
  now(): number;
  /** Calls back once, after at least `delayMs` milliseconds (0…2^31 − 1). Returns the timer's number. */
  setTimer(delayMs: number, callback: () => void): number;
  /** Of a timer that has not fired. */
  cancelTimer(timer: number): void;
  /** Cryptographically strong random bytes. */
  randomBytes(lengthBytes: number): ArrayBuffer;
  /** 32 bytes; in JavaScript where the host has none. */
  sha256?(data: ArrayBuffer): ArrayBuffer;
  /** 32 bytes; in JavaScript where the host has none. */
  hmacSha256?(key: ArrayBuffer, data: ArrayBuffer): ArrayBuffer;
  /** @param details JSON, or empty */
  log?(level: 'debug' | 'info' | 'warn' | 'error', message: string, details: string): void;
}

/** A host whose engine has WebAssembly. */
export interface WebAssemblyHost extends EmbeddedHost {
  /** The content of a file of the package: `core.simd.wasm`, or `core.wasm` where the engine refuses that one. */
  readCore(fileName: 'core.simd.wasm' | 'core.wasm'): ArrayBuffer;
}

const REQUIRED = [
  'connect',
  'send',
  'receive',
  'close',
  'now',
  'setTimer',
  'cancelTimer',
  'randomBytes',
] as const satisfies ReadonlyArray<keyof EmbeddedHost>;

/** The functions that a host lacks, by name. */
export function missingFunctions(host: EmbeddedHost): string[] {
  return REQUIRED.filter((name) => typeof host?.[name] !== 'function');
}
