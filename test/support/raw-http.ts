/** HTTP as bytes: what is sent is exactly what the test says, and what comes back is not interpreted. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { sha256Hex, sign } from './sign.ts';
import type { SignOptions } from './sign.ts';

export interface RawResponse {
  readonly status: number;
  /** Names as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const RESPONSE_TIMEOUT_MS = 10_000;

/** Opens a connection to the host and port of a URL. */
export async function openSocket(url: string, certificatePem?: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const socket =
    protocol === 'https:'
      ? connectTls({ host: hostname, port: Number(port), ca: certificatePem })
      : connect({ host: hostname, port: Number(port) });
  await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect');
  return socket;
}

/** Text of a request head. */
export function requestHead(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Sends a request on a connection of its own and collects the response. */
export async function rawRequest(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<RawResponse> {
  const socket = await openSocket(url);
  try {
    socket.setTimeout(RESPONSE_TIMEOUT_MS, () => socket.destroy(new Error('No response in time')));
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    socket.write(requestHead(method, path, { ...headers, ...length, connection: 'close' }) + body);
    const pieces: Buffer[] = [];
    for await (const piece of socket) pieces.push(piece as Buffer);
    return parseResponse(Buffer.concat(pieces).toString('latin1'));
  } finally {
    socket.destroy();
  }
}

/** Posts a JSON text, signed as boto does: no payload hash header, only host, type and date signed. */
export function signedPost(
  url: string,
  path: string,
  body: string,
  changes: Partial<SignOptions> = {},
): Promise<RawResponse> {
  const headers = { host: new URL(url).host, 'content-type': 'application/json', ...changes.headers };
  return rawRequest(url, 'POST', path, sign({ path, payloadHash: sha256Hex(body), ...changes, headers }), body);
}

function parseResponse(text: string): RawResponse {
  const headEnd = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number((statusLine ?? '').split(' ')[1]), headers, body: text.slice(headEnd + 4) };
}
