/**
 * Absolute http and https URLs, as far as endpoints need them: no base, no setters, host names in ASCII. Source: URL §4. What is beyond
 * that is refused, never misread.
 */
import { TextEncoder } from './text.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
const PARTS =
  /^(https?):[\\/]*(?:([^\\/?#]*)@)?(\[[^\]\\/?#@]*\]|[^\\/?#:@]*)(?::(\d*))?([\\/][^?#]*)?(\?[^#]*)?(#.*)?$/i;

export class URL {
  readonly protocol: string;
  readonly hostname: string;
  /** Empty for the scheme's own. */
  readonly port: string;
  readonly pathname: string;
  readonly username: string;
  readonly password: string;
  /** With their marks, also where nothing is behind these. */
  readonly #query: string;
  readonly #fragment: string;

  /** Throws `TypeError` for what cannot be read. */
  constructor(text: string) {
    // Source: URL §4.4: spaces and controls around, line ends and tabs within.
    const trimmed = text.replace(/^[\0- ]+|[\0- ]+$/g, '').replace(/[\t\n\r]/g, '');
    const [, scheme, user, host, port = '', path = '/', search = '', hash = ''] = PARTS.exec(trimmed) ?? [];
    if (scheme === undefined || host === undefined || !isHost(host.toLowerCase()) || Number(port) > 0xffff)
      throw new TypeError(`Invalid URL: ${text}`);
    this.protocol = `${scheme.toLowerCase()}:`;
    this.hostname = host.toLowerCase();
    const plainPort = port === '' ? '' : String(Number(port));
    this.port = plainPort === DEFAULT_PORTS[this.protocol] ? '' : plainPort;
    this.pathname = withoutDots(escape(path.replaceAll('\\', '/'), /[\0- "<>^`{}\x7f-\uffff]/g));
    this.#query = escape(search, /[\0- "'<>\x7f-\uffff]/g);
    this.#fragment = escape(hash, /[\0- "<>`\x7f-\uffff]/g);
    const [name = '', ...rest] = (user ?? '').split(':');
    const reserved = /[\0- "#/:;<=>?@[\\\]^`{|}\x7f-\uffff]/g;
    this.username = escape(name, reserved);
    this.password = escape(rest.join(':'), reserved);
  }

  static canParse(text: string): boolean {
    try {
      void new URL(text);
      return true;
    } catch {
      return false;
    }
  }

  get host(): string {
    return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`;
  }

  get origin(): string {
    return `${this.protocol}//${this.host}`;
  }

  get href(): string {
    const password = this.password === '' ? '' : `:${this.password}`;
    const user = this.username + password === '' ? '' : `${this.username}${password}@`;
    return `${this.protocol}//${user}${this.host}${this.pathname}${this.#query}${this.#fragment}`;
  }

  /** Empty, or with its question mark. */
  get search(): string {
    return this.#query === '?' ? '' : this.#query;
  }

  get hash(): string {
    return this.#fragment === '#' ? '' : this.#fragment;
  }

  /** Names and values of the query, decoded. */
  get searchParams(): Iterable<[string, string]> {
    return this.search
      .slice(1)
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [decodeQuery(name), decodeQuery(value.join('='))];
      });
  }

  toString(): string {
    return this.href;
  }
}

/** A name, four decimal numbers, or an IPv6 address that is written as such. Other forms of numbers would have to be computed. */
function isHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[(?=.*:)[0-9a-f:]+\]$/.test(host);
  if (!/^[a-z0-9._~!$&'()*+,;=-]+$/.test(host)) return false;
  const labels = host.replace(/\.$/, '').split('.');
  if (!/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return true;
  return labels.length === 4 && labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) < 256);
}

/** Percent-encodes what must not stand there. */
function escape(text: string, forbidden: RegExp): string {
  return text.replace(new RegExp(`[\\ud800-\\udbff][\\udc00-\\udfff]|${forbidden.source}`, 'g'), (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const plain = segment.replace(/%2e/gi, '.');
    if (plain === '..') kept.pop();
    else if (plain !== '.') kept.push(segment);
    if ((plain === '..' || plain === '.') && index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}

function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
