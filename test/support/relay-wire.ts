/** A client of the relay that says exactly what a test wants it to say. */
import { request } from 'node:http';
import { WebSocket } from 'undici';
import { abortable } from '../../sdk/producer/abortable.ts';
import type { Frame } from '../../sdk/producer/options.ts';
import { type ClientMessage, encodeClientMessage } from '../../sdk/relay/client-message.ts';
import { decodeRelayMessage, type RelayMessage } from '../../sdk/relay/relay-message.ts';
import type { RelaySocket } from '../../sdk/relay/relay-socket.ts';
import { socketsOf } from '../../bindings/web/relay-client.ts';

const openSocket = socketsOf(WebSocket as unknown as typeof globalThis.WebSocket);
const VP8 = { kind: 'video', codec: 'vp8', width: 320, height: 240 } as const;
const TIME_LIMIT_MS = 20_000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class RelayWire {
  readonly received: RelayMessage[] = [];
  readonly opened: Promise<void>;
  readonly #closed: Promise<Closed>;
  readonly #socket: RelaySocket;
  #waits: Array<() => void> = [];

  constructor(url: string, token: string, options: { readonly protocols?: readonly string[] } = {}) {
    const protocols = ['penstock.relay.v1', `bearer.${token}`, ...(options.protocols ?? [])];
    let open!: () => void;
    let close!: (closed: Closed) => void;
    this.opened = new Promise((resolve) => (open = resolve));
    this.#closed = new Promise((resolve) => (close = resolve));
    this.#socket = openSocket(url.replace(/^http/, 'ws'), protocols, {
      onOpen: () => open(),
      onMessage: (bytes) => {
        this.received.push(decodeRelayMessage(bytes));
        this.#wake();
      },
      onClose: (code, reason) => {
        close({ code, reason });
        open();
        this.#wake();
      },
    });
  }

  /** Rejects when it does not come in time. */
  get closed(): Promise<Closed> {
    return abortable(this.#closed, AbortSignal.timeout(TIME_LIMIT_MS));
  }

  send(message: ClientMessage): void {
    this.sendBytes(encodeClientMessage(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** Says hello, and waits for the welcome. */
  async greet(firstSequence = 1): Promise<Extract<RelayMessage, { type: 'welcome' }>> {
    await this.opened;
    this.send({ type: 'hello', firstSequence, tracks: [VP8], metadata: [] });
    return this.next('welcome');
  }

  sendFrame(sequence: number, frame: Frame): void {
    const { data, timestampUs, durationUs = 0, isKey } = frame;
    const flags = { isKey, discardable: false, invisible: false };
    this.send({
      type: 'frame',
      sequence,
      trackNumber: 1,
      timestampUs,
      decodeTimestampUs: undefined,
      durationUs,
      ...flags,
      data,
    });
  }

  /** The first message of a type that fits; waits for it. */
  async next<T extends RelayMessage['type']>(
    type: T,
    fits: (message: Extract<RelayMessage, { type: T }>) => boolean = () => true,
  ): Promise<Extract<RelayMessage, { type: T }>> {
    const limit = AbortSignal.timeout(TIME_LIMIT_MS);
    for (;;) {
      const found = this.received.find(
        (message): message is Extract<RelayMessage, { type: T }> =>
          message.type === type && fits(message as Extract<RelayMessage, { type: T }>),
      );
      if (found !== undefined) return found;
      if (limit.aborted) throw new Error(`No ${type} came: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => {
        this.#waits.push(resolve);
        limit.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  close(): void {
    this.#socket.close(1000, '');
  }

  #wake(): void {
    const waits = this.#waits;
    this.#waits = [];
    for (const resolve of waits) resolve();
  }
}

/** What an upgrade is answered with where it is refused: status, and the name of the refusal. 101 where it is not; the socket stays open if `isHeld`. */
export function upgrade(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { isHeld = false } = {},
): Promise<{ status: number; refusal: string }> {
  const wanted = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: wanted, signal: AbortSignal.timeout(TIME_LIMIT_MS) });
    asked.on('error', reject);
    asked.on('upgrade', (response, socket) => {
      if (!isHeld) socket.destroy();
      resolve({ status: response.statusCode ?? 0, refusal: '' });
    });
    asked.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { refusal = '' } = JSON.parse(text) as { refusal?: string };
        resolve({ status: response.statusCode ?? 0, refusal });
      });
    });
    asked.end();
  });
}
