/** The client of a relay on web-standard globals: browsers, Deno, Bun, Node from 22 on, Workers. `penstock/relay-client`. */
import { KvsError } from '../../sdk/errors.ts';
import { openRelayStreamWith, type OpenRelaySocket, type RelayPlatform } from '../../sdk/relay/index.ts';
import type { RelayStream, RelayStreamOptions } from '../../sdk/relay/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { randomBytes, startTimer } from './platform.ts';

export * from '../../sdk/errors.ts';
export * from '../../sdk/relay/index.ts';

export interface WebRelayStreamOptions extends RelayStreamOptions {
  /** For an engine without a global `WebSocket`, such as Node 20. @default the global one */
  readonly openSocket?: OpenRelaySocket;
}

const platform: RelayPlatform = { now: () => Date.now(), setTimer: startTimer, randomBytes };

/** Opens a stream through a relay: `openRelayStreamWith` on this runtime's clock, random numbers and `WebSocket`. */
export async function openRelayStream(options: WebRelayStreamOptions): Promise<RelayStream> {
  return openRelayStreamWith(platform, options.openSocket ?? openGlobalSocket, options);
}

/** Opens sockets of a class like the global `WebSocket`. */
export function socketsOf(SocketClass: typeof WebSocket): OpenRelaySocket {
  return (url, protocols, events) => {
    const socket = new SocketClass(url, [...protocols]);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => events.onOpen());
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) events.onMessage(new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code, reason }) => events.onClose(code, reason));
    // The close event follows.
    socket.addEventListener('error', () => undefined);
    return {
      send: (bytes) => {
        if (socket.readyState === SocketClass.OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
      },
      close: (code, reason) => {
        // A code that came from the other end may be one that cannot be sent; the socket is closed then.
        if (socket.readyState < SocketClass.CLOSING) socket.close(code, reason);
      },
    };
  };
}

const openGlobalSocket: OpenRelaySocket = (url, protocols, events) => {
  if (typeof WebSocket !== 'function')
    throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, 'There is no WebSocket in this runtime: pass openSocket');
  return socketsOf(WebSocket)(url, protocols, events);
};
