/** An HTTP/1.1 request as bytes. Source: RFC 9112 §3 and §7.1. */
import type { PlatformRequest } from '../../../sdk/platform.ts';

/** Headers that say how the message travels: they are ours to write. */
const OURS = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

/** The head; one connection carries one request. Throws `TypeError` for a header that would tear the head apart. */
export function requestHead({ method, headers, body }: PlatformRequest, url: URL): Uint8Array<ArrayBuffer> {
  const framing =
    body === undefined
      ? []
      : [body instanceof Uint8Array ? `content-length: ${body.length}` : 'transfer-encoding: chunked'];
  const fields = Object.entries(headers)
    .filter(([name]) => !OURS.has(name.toLowerCase()))
    .map(([name, value]) => checkedField(name, value));
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    ...fields,
    ...framing,
    'connection: close',
  ];
  return latin1(`${lines.join('\r\n')}\r\n\r\n`);
}

/** A chunk with its framing around it; an empty one ends the body. */
export function chunk(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = latin1(`${content.length.toString(16)}\r\n`);
  const framed = new Uint8Array(size.length + content.length + 2);
  framed.set(size);
  framed.set(content, size.length);
  framed.set([13, 10], framed.length - 2);
  return framed;
}

function checkedField(name: string, value: string): string {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[^\t -~\x80-\xff]/.test(value))
    throw new TypeError(`The header '${name}' cannot be sent`);
  return `${name}: ${value}`;
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
