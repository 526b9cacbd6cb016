/** Where the body of an HTTP/1.1 response ends, and what of the bytes is content. Source: RFC 9112 §6 and §7. */
import type { ResponseHead } from './response-head.ts';

/** Takes the framing off. */
export interface BodyDecoder {
  /** Passes the content of these bytes on; returns true with the last of it. Throws `Error` for framing that cannot be. */
  push(bytes: Uint8Array, onContent: (content: Uint8Array) => void): boolean;
  /** Whether the body is whole when the connection ends here. */
  readonly endsWithConnection: boolean;
}

/** The decoder for a response; undefined when it has no body. Throws `Error` for lengths that cannot be understood. */
export function bodyDecoder({ status, headers }: ResponseHead): BodyDecoder | undefined {
  if (status === 204 || status === 304) return undefined;
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined) {
    // Somebody on the way may have gone by the other one. Source: RFC 9112 §6.3.
    if (length !== undefined) throw new Error('The answer has both a length and a transfer coding');
    if (coding.toLowerCase() !== 'chunked') throw new Error(`The answer has an unknown transfer coding: ${coding}`);
    return new ChunkedBody();
  }
  if (length === undefined) return new OpenBody();
  // Repeated by a proxy, it must be the same each time.
  const [first = '', ...others] = length.split(',').map((part) => part.trim());
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first))
    throw new Error(`The answer has a length that is no number: ${length}`);
  return Number(first) === 0 ? undefined : new SizedBody(Number(first));
}

class OpenBody implements BodyDecoder {
  readonly endsWithConnection = true;

  push(bytes: Uint8Array, onContent: (content: Uint8Array) => void): boolean {
    if (bytes.length > 0) onContent(bytes);
    return false;
  }
}

class SizedBody implements BodyDecoder {
  readonly endsWithConnection = false;
  #leftBytes: number;

  constructor(sizeBytes: number) {
    this.#leftBytes = sizeBytes;
  }

  push(bytes: Uint8Array, onContent: (content: Uint8Array) => void): boolean {
    const content = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= content.length;
    if (content.length > 0) onContent(content);
    return this.#leftBytes === 0;
  }
}

const LF = 10;
/** Longest line of chunk size and extensions, or of a trailer, bytes. */
const MAX_LINE_BYTES = 4096;
const MAX_TRAILER_LINES = 100;

class ChunkedBody implements BodyDecoder {
  readonly endsWithConnection = false;
  #state: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #line = '';
  #leftBytes = 0;
  #trailerLines = 0;

  push(bytes: Uint8Array, onContent: (content: Uint8Array) => void): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.#state === 'data') {
        const content = bytes.subarray(at, at + this.#leftBytes);
        at += content.length;
        this.#leftBytes -= content.length;
        if (this.#leftBytes === 0) this.#state = 'data-end';
        onContent(content);
        continue;
      }
      const byte = bytes[at++] as number;
      if (byte !== LF) {
        this.#line += String.fromCharCode(byte);
        if (this.#state === 'data-end' && this.#line !== '\r') throw tooLong();
        if (this.#line.length > MAX_LINE_BYTES) throw new Error('The answer has a chunk without a size');
        continue;
      }
      const line = this.#line.replace(/\r$/, '');
      this.#line = '';
      if (this.#takeLine(line)) return true;
    }
    return false;
  }

  /** True with the last line. */
  #takeLine(line: string): boolean {
    if (this.#state === 'data-end') {
      this.#state = 'size';
    } else if (this.#state === 'trailer') {
      if (++this.#trailerLines > MAX_TRAILER_LINES) throw new Error('The answer has an endless trailer');
      return line === '';
    } else {
      const [, size] = /^([0-9a-f]{1,12})[\t ]*(;.*)?$/i.exec(line) ?? [];
      if (size === undefined) throw new Error(`The answer has a chunk without a size: '${line.slice(0, 80)}'`);
      this.#leftBytes = Number.parseInt(size, 16);
      this.#state = this.#leftBytes === 0 ? 'trailer' : 'data';
    }
    return false;
  }
}

function tooLong(): Error {
  return new Error('The answer has a chunk that is longer than its size');
}
