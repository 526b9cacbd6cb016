/** Which proxy leads to a URL, by options and the variables that command-line tools read. */
import { KvsError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';

export interface ProxyOptions {
  /**
   * URL of an HTTP proxy that every connection is tunnelled through (CONNECT): `http://user:password@host:port`, or https. `false`: none,
   * whatever the environment says. @default HTTPS_PROXY for https and HTTP_PROXY for http endpoints, where the environment has them
   */
  readonly proxy?: string | false;
  /** Hosts that are reached directly: names, with all below them, and addresses, each perhaps with a port; `*` for all. @default NO_PROXY */
  readonly noProxy?: string;
}

/** The proxy for a URL; undefined for none. */
export type ProxyChoice = (url: string) => URL | undefined;

export interface ProxyLogin {
  readonly username: string;
  readonly password: string;
}

interface DirectHost {
  readonly name: string;
  /** Empty for any. */
  readonly port: string;
}

/**
 * Undefined where nothing names a proxy. The environment's proxy is not asked for this machine itself. Throws `KvsError` for what is no
 * URL of a proxy.
 * @param read a variable of the environment
 */
export function proxyChoice(
  { proxy, noProxy }: ProxyOptions,
  read: (name: string) => string | undefined,
): ProxyChoice | undefined {
  if (proxy === false) return undefined;
  // Lower case first, as curl does.
  const variable = (name: string): string | undefined => read(name.toLowerCase()) || read(name) || undefined;
  const direct = directHosts(noProxy ?? variable('NO_PROXY') ?? '');
  if (proxy !== undefined) {
    const only = proxyUrl('Option proxy', proxy);
    return (url) => (isDirect(new URL(url), direct) ? undefined : only);
  }
  const proxies = new Map<string, URL>();
  for (const scheme of ['https', 'http']) {
    const name = `${scheme.toUpperCase()}_PROXY`;
    const given = variable(name);
    if (given !== undefined) proxies.set(`${scheme}:`, proxyUrl(`Environment variable ${name}`, given));
  }
  if (proxies.size === 0) return undefined;
  return (text) => {
    const url = new URL(text);
    return isLoopback(url) || isDirect(url, direct) ? undefined : proxies.get(url.protocol);
  };
}

function proxyUrl(source: string, text: unknown): URL {
  const whole = typeof text === 'string' && !text.includes('://') ? `http://${text}` : String(text);
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  // What was given may hold a password: it is not repeated.
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `${source} is not the URL of a proxy: expected http://host:port`);
  try {
    proxyLogin(url);
  } catch {
    const reason = `${source} has a user or password that is not percent-encoded UTF-8`;
    throw new KvsError(STATUS.STATUS_INVALID_ARG, reason);
  }
  return url;
}

/** User and password as they are sent; undefined where the proxy wants none. Throws `URIError` for what is not percent-encoded UTF-8. */
export function proxyLogin({ username, password }: URL): ProxyLogin | undefined {
  if (username === '' && password === '') return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function directHosts(text: string): readonly DirectHost[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, name = entry, port = ''] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      return { name: name.replace(/^\*?\./, ''), port };
    });
}

function isDirect({ hostname, port, protocol }: URL, direct: readonly DirectHost[]): boolean {
  const actualPort = port || (protocol === 'https:' ? '443' : '80');
  return direct.some(
    ({ name, port: wanted }) =>
      (wanted === '' || wanted === actualPort) &&
      (name === '*' || hostname === name || hostname === `[${name}]` || hostname.endsWith(`.${name}`)),
  );
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
