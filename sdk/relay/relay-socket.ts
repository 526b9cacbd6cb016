/** The WebSocket that a client of the relay talks over, as the runtime or the application supplies it. */

/** What the socket tells. After `onClose` nothing more. */
export interface RelaySocketEvents {
  onOpen(): void;
  /** A binary message. */
  onMessage(bytes: Uint8Array): void;
  /** The socket is closed, or could not be opened: with the code of the close frame, or 1006 when there was none. */
  onClose(code: number, reason: string): void;
}

export interface RelaySocket {
  /** Sends a binary message that is not changed any more. Does nothing on a socket that is not open. */
  send(bytes: Uint8Array): void;
  /** Closes with a code of 1000 or 3000…4999. */
  close(code: number, reason: string): void;
}

/**
 * Opens a socket. `protocols` hold the token: they go into `Sec-WebSocket-Protocol`, and nowhere else. May throw for an address that
 * cannot be one.
 */
export type OpenRelaySocket = (url: string, protocols: readonly string[], events: RelaySocketEvents) => RelaySocket;
