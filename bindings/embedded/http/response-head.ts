/** The head of an HTTP/1.1 response, from bytes that come in pieces. Source: RFC 9112 §4 and §5. */

/** Longest head, bytes: what a server may make us keep. */
const MAX_HEAD_BYTES = 65_536;
const LF = 10;
const CR = 13;
/** What `String.fromCharCode` is given at once: engines keep arguments on the stack. */
const PIECE_BYTES = 2048;

export interface ResponseHead {
  readonly status: number;
  /** By names in lower case; a name that came twice has its values joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Gathers lines until the empty one. */
export class ResponseHeadParser {
  #line: number[] = [];
  #lines: string[] = [];
  #sizeBytes = 0;

  /**
   * Takes bytes from `at` on; returns the index behind the head's last byte, and the head, or no head while it is not whole.
   * Throws `Error` for what is no HTTP/1.1 head, or is longer than 64 KiB.
   */
  push(bytes: Uint8Array, at: number): { readonly next: number; readonly head?: ResponseHead } {
    for (let next = at; next < bytes.length; next++) {
      const byte = bytes[next] as number;
      if (++this.#sizeBytes > MAX_HEAD_BYTES)
        throw new Error(`The head of the answer is longer than ${MAX_HEAD_BYTES} bytes`);
      if (byte !== LF) {
        this.#line.push(byte);
        continue;
      }
      if (this.#line.at(-1) === CR) this.#line.pop();
      const line = latin1(this.#line);
      this.#line = [];
      if (line !== '') this.#addLine(line);
      else if (this.#lines.length > 0) return { next: next + 1, head: this.#head() };
    }
    return { next: bytes.length };
  }

  /** A line that begins with white space goes on with the header above it. Source: RFC 9112 §5.2. */
  #addLine(line: string): void {
    if (this.#lines.length > 1 && /^[\t ]/.test(line)) this.#lines.push(`${this.#lines.pop()} ${line.trim()}`);
    else this.#lines.push(line);
  }

  #head(): ResponseHead {
    const [statusLine = '', ...fields] = this.#lines;
    this.#lines = [];
    this.#sizeBytes = 0;
    const [, status] = /^HTTP\/1\.[01] ([1-9]\d\d)( |$)/.exec(statusLine) ?? [];
    if (status === undefined) throw new Error(`The answer is not HTTP/1.1: '${statusLine.slice(0, 80)}'`);
    const headers = new Map<string, string>();
    for (const field of fields) {
      const [, name, padded] = /^([!#$%&'*+.^_`|~\w-]+):([\t -~\x80-\xff]*)$/.exec(field) ?? [];
      if (name === undefined || padded === undefined)
        throw new Error(`The answer has a line that is no header: '${field.slice(0, 80)}'`);
      const key = name.toLowerCase();
      const value = padded.trim();
      const before = headers.get(key);
      headers.set(key, before === undefined ? value : `${before}, ${value}`);
    }
    return { status: Number(status), headers };
  }
}

function latin1(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    text += String.fromCharCode(...bytes.slice(at, at + PIECE_BYTES));
  return text;
}
