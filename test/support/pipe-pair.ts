/** A relay's pipe without a network: both ends of one socket in this process, under the clock of a scripted platform. */
import { type PipeContext, servePipe, type ServerSocket } from '../../bindings/workers/relay/pipe-session.ts';
import type { RelayGrant } from '../../bindings/workers/relay/grant.ts';
import type { PipeRates } from '../../bindings/workers/relay/pipe-rates.ts';
import type { DialRelay } from '../../sdk/relay/pipe-client.ts';
import {
  decodeJson,
  decodeMessage,
  encodeJson,
  encodeMessage,
  PIPE_MESSAGE,
  type PipeMessage,
} from '../../sdk/relay/pipe-message.ts';
import { ScriptedPlatform } from './scripted-platform.ts';

export const SERVICE_URL = 'https://control.service.test';
export const DATA_URL = 'https://data-7.service.test';

export interface PipeSetting {
  readonly grant?: Partial<RelayGrant>;
  readonly context?: Partial<PipeContext>;
  readonly rates?: PipeRates;
  readonly platform?: ScriptedPlatform;
}

type Listener = (event: { readonly data: unknown }) => void;

/** The relay's end of a socket; what it sends and how it closes is kept. */
export class RelayEnd implements ServerSocket {
  readonly sent: Uint8Array[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  onSent: (message: Uint8Array) => void = () => undefined;
  onClosed: (code: number, reason: string) => void = () => undefined;
  readonly #listeners = new Map<string, Listener[]>();

  send(message: Uint8Array): void {
    this.sent.push(message);
    this.onSent(message);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
    this.onClosed(code, reason);
  }

  addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** What the client does. */
  tell(type: 'message' | 'close', data?: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data });
  }
}

/** A pipe that is being served, and talked to by single messages. */
export class PipeTest {
  readonly platform: ScriptedPlatform;
  readonly socket = new RelayEnd();
  readonly closed: Promise<void>;
  #exchange = 0;

  constructor(setting: PipeSetting = {}) {
    this.platform = setting.platform ?? new ScriptedPlatform();
    this.closed = serve(this.socket, this.platform, setting);
    this.platform
      .on('/describeStream', {
        body: '{"StreamInfo":{}}',
        headers: { 'content-type': 'application/json', 'x-secret': 'no' },
      })
      .on('/getDataEndpoint', { body: JSON.stringify({ DataEndpoint: DATA_URL }) });
  }

  message(type: number, exchange: number, payload?: Uint8Array): void {
    this.raw(encodeMessage(type, exchange, payload));
  }

  raw(message: Uint8Array): void {
    this.socket.tell('message', message.slice().buffer);
  }

  /** Begins an exchange; its number. */
  open(path: string, headers: Readonly<Record<string, string>> = {}, method = 'POST'): number {
    this.message(PIPE_MESSAGE.OPEN, ++this.#exchange, encodeJson({ method, path, headers }));
    return this.#exchange;
  }

  /** A whole call; what the client gets. */
  async call(path: string, input: object, headers?: Readonly<Record<string, string>>): Promise<PipeAnswer> {
    const exchange = this.open(path, headers);
    this.message(PIPE_MESSAGE.DATA, exchange, new TextEncoder().encode(JSON.stringify(input)));
    this.message(PIPE_MESSAGE.END, exchange);
    await this.platform.idle();
    return this.answer(exchange);
  }

  /** What has come for an exchange. */
  messages(exchange: number): PipeMessage[] {
    return this.socket.sent.map(decodeMessage).filter((message) => message.exchange === exchange);
  }

  answer(exchange: number): PipeAnswer {
    const messages = this.messages(exchange);
    const head = messages.find(({ type }) => type === PIPE_MESSAGE.HEAD);
    const data = messages.filter(({ type }) => type === PIPE_MESSAGE.DATA).map(({ payload }) => payload);
    const { status, headers = {} } = head === undefined ? {} : decodeJson(head.payload);
    return {
      status: status as number | undefined,
      headers: headers as Record<string, string>,
      text: Buffer.concat(data).toString(),
      isEnded: messages.at(-1)?.type === PIPE_MESSAGE.END,
      isReset: messages.at(-1)?.type === PIPE_MESSAGE.RESET,
    };
  }
}

export interface PipeAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly isEnded: boolean;
  readonly isReset: boolean;
}

function serve(socket: RelayEnd, platform: ScriptedPlatform, { grant, context, rates }: PipeSetting): Promise<void> {
  return servePipe(
    socket,
    { streamName: 'granted', mode: 'pipe', maxBitrateBps: 8e9, expiresAtMs: Infinity, tokenId: 'id', ...grant },
    {
      platform,
      region: 'us-west-2',
      endpoint: SERVICE_URL,
      credentials: platform.credentials,
      createStream: true,
      ...context,
    },
    rates === undefined ? {} : { rates },
  );
}

/** Sockets of a client to a relay in this process. */
export class PipeDialer {
  readonly sockets: RelayEnd[] = [];
  readonly #platform: ScriptedPlatform;
  /** What the relay does is not heard any more, and nobody says so. */
  isDeaf = false;
  isRefusing = false;

  constructor(platform: ScriptedPlatform) {
    this.#platform = platform;
  }

  readonly dial: DialRelay = async (events) => {
    if (this.isRefusing) throw new Error('The relay took no connection (1006)');
    const socket = new RelayEnd();
    this.sockets.push(socket);
    let isClosed = false;
    const later = (what: () => void): void => queueMicrotask(() => void (this.isDeaf || what()));
    socket.onSent = (message) => later(() => isClosed || events.onMessage(message));
    socket.onClosed = (code, reason) =>
      later(() => {
        if (isClosed) return;
        isClosed = true;
        events.onClose(code, reason);
      });
    void serve(socket, this.#platform, {});
    return {
      send: (message) => later(() => isClosed || socket.tell('message', message.slice().buffer)),
      close: () => later(() => socket.tell('close')),
    };
  };

  /** The connection is lost, and both ends notice. */
  drop(): void {
    const socket = this.sockets.at(-1);
    socket?.onClosed(1006, '');
    socket?.tell('close');
  }
}
