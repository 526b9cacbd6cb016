/** A page's WebSocket to a relay. */
import { CredentialsError, KvsError } from '../../sdk/errors.ts';
import { toHex } from '../../sdk/hex.ts';
import type { DialRelay } from '../../sdk/relay/pipe-client.ts';
import { RELAY_PROTOCOL } from '../../sdk/relay/protocol.ts';
import * as STATUS from '../../sdk/status-codes.ts';

const RESUME_KEY_BYTES = 16;

/** Where uploads go, and by what right. */
export interface RelayOptions {
  /** Address of the relay, such as `wss://relay.example.com`, with a path in front where it is mounted under one. */
  readonly url: string | URL;
  /** A token for the stream and the mode `pipe`; or what gets one, asked for each connection. */
  readonly token: string | ((streamName: string) => string | Promise<string>);
}

/** Opens WebSockets to the relay for a stream, the token among the subprotocols. Throws `KvsError` for options that cannot be. */
export function relayDialer({ url, token }: RelayOptions): (streamName: string) => DialRelay {
  const base = socketUrl(url);
  if (typeof token !== 'string' && typeof token !== 'function')
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'Option relay.token is neither a text nor a function');
  return (streamName) => {
    // A token that was used before is taken from whoever has the key that it came with first.
    const resumeKey = toHex(crypto.getRandomValues(new Uint8Array(RESUME_KEY_BYTES)));
    return async (events, signal) => {
      const bearer = typeof token === 'string' ? token : await token(streamName);
      signal.throwIfAborted();
      // The browser would tell of it in an error that shows the token.
      if (!/^[\w.-]+$/.test(bearer)) throw new CredentialsError('the relay token is no JWT', { retryable: false });
      return new Promise((resolve, reject) => {
        const address = new URL(base);
        address.pathname = `${base.pathname.replace(/\/$/, '')}/v1/streams/${streamName}/pipe`;
        const socket = new WebSocket(address, [RELAY_PROTOCOL, `bearer.${bearer}`, `resume.${resumeKey}`]);
        socket.binaryType = 'arraybuffer';
        signal.addEventListener('abort', () => socket.close(), { once: true });
        socket.addEventListener('open', () =>
          resolve({
            send: (message) => {
              // Over one that is closing, browsers drop it and count it as waiting for ever.
              if (socket.readyState === WebSocket.OPEN) socket.send(message);
            },
            close: (code, reason) => socket.close(code, reason),
          }),
        );
        socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
          if (data instanceof ArrayBuffer) events.onMessage(new Uint8Array(data));
        });
        socket.addEventListener('close', ({ code, reason }) => {
          // A page is not told more about a handshake that failed.
          reject(new Error(`The relay took no connection (${code})${reason === '' ? '' : `: ${reason}`}`));
          events.onClose(code, reason);
        });
      });
    };
  };
}

function socketUrl(url: string | URL): URL {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^(ws|http)s?:$/.test(parsed.protocol) || parsed.hash !== '')
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option relay.url is '${String(url)}': expected a wss or https URL`);
  parsed.protocol = parsed.protocol.replace('http', 'ws');
  return parsed;
}
