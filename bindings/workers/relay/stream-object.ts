/** What the Durable Object of a stream does: the sockets of its clients, and the one session of frames mode. */
import { toHex } from '../../../sdk/hex.ts';
import type { Timer } from '../../../sdk/platform.ts';
import { RELAY_PROTOCOL } from '../../../sdk/relay/protocol.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { FramesSession } from './frames-session.ts';
import { serveFramesSocket } from './frames-socket.ts';
import type { RelayGrant } from './grant.ts';
import { PipeRates } from './pipe-rates.ts';
import { servePipeSocket } from './pipe-route.ts';
import { refusalResponse } from './refusal-response.ts';
import type { RelayContext } from './relay-context.ts';
import { type RegisterStorage, TokenRegister } from './token-register.ts';

/** How the Worker tells the Durable Object what it has verified. Nobody else can reach it. */
export const GRANT_HEADER = 'x-penstock-grant';
export const RESUME_KEY_HEADER = 'x-penstock-resume-key';

/** A client of pipe mode: its socket, while it has one, and its rates, until they are as at the beginning. */
interface PipeClient {
  readonly rates: PipeRates;
  /** To be aborted when the client comes with another socket. */
  socket: AbortController | undefined;
}

export class StreamObject {
  readonly #context: RelayContext;
  readonly #register: TokenRegister;
  #connections = 0;
  /** By the hashes of their keys. */
  readonly #pipes = new Map<string, PipeClient>();
  #session: FramesSession | undefined;
  #ending: Timer | undefined;

  constructor(context: RelayContext, storage: RegisterStorage) {
    this.#context = context;
    this.#register = new TokenRegister(context.platform, storage);
  }

  /** Takes an upgrade that the Worker has let through. */
  async fetch(request: Request): Promise<Response> {
    try {
      const grant = JSON.parse(request.headers.get(GRANT_HEADER) ?? '') as RelayGrant;
      return await this.#accept(grant, request.headers.get(RESUME_KEY_HEADER) ?? '');
    } catch (error) {
      return refusalResponse(error, this.#context.platform);
    }
  }

  async #accept(grant: RelayGrant, resumeKey: string): Promise<Response> {
    const { platform, limits } = this.#context;
    const keyHash = toHex(await platform.sha256(new TextEncoder().encode(resumeKey)));
    if (grant.mode === 'frames' && this.#session?.isConnected && this.#session.keyHash !== keyHash)
      throw new RelayError('stream-busy', `another client is sending to the stream ${grant.streamName}`);
    const isKnown =
      grant.mode === 'pipe' ? this.#pipes.get(keyHash)?.socket !== undefined : this.#session?.keyHash === keyHash;
    if (this.#connections >= limits.maxConnectionsPerStream && !isKnown)
      throw new RelayError('stream-busy', `the stream has ${this.#connections} connections`);
    // While the storage works, the platform hands the object no other request: nobody comes in between.
    await this.#register.use(grant, keyHash);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#connections++;
    const onClosed = (): void => void this.#connections--;
    if (grant.mode === 'pipe') this.#servePipe(server, grant, keyHash, onClosed);
    else this.#serveFrames(server, grant, keyHash, onClosed);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { 'sec-websocket-protocol': RELAY_PROTOCOL },
    });
  }

  /** A client has one pipe: the one before may be half open, and would count until it is given up for its silence. */
  #servePipe(socket: ServerSocket, grant: RelayGrant, keyHash: string, onClosed: () => void): void {
    const client = this.#pipeClient(keyHash, grant.maxBitrateBps);
    client.socket?.abort();
    const current = new AbortController();
    client.socket = current;
    servePipeSocket(socket, grant, this.#context, { takenOver: current.signal, rates: client.rates }, () => {
      onClosed();
      if (client.socket === current) client.socket = undefined;
    });
  }

  #pipeClient(keyHash: string, maxBitrateBps: number): PipeClient {
    for (const [hash, { socket, rates }] of this.#pipes)
      if (socket === undefined && rates.areFull) this.#pipes.delete(hash);
    let client = this.#pipes.get(keyHash);
    if (client === undefined) {
      client = { rates: new PipeRates(this.#context.platform, maxBitrateBps), socket: undefined };
      this.#pipes.set(keyHash, client);
    }
    client.rates.setBitrate(maxBitrateBps);
    return client;
  }

  #serveFrames(socket: ServerSocket, grant: RelayGrant, keyHash: string, onClosed: () => void): void {
    const session = this.#sessionOf(grant, keyHash);
    this.#ending?.cancel();
    serveFramesSocket({
      context: this.#context,
      socket,
      session,
      renew: (token) => this.#renew(token, grant, keyHash),
      onClosed: () => {
        onClosed();
        if (this.#session === session && !session.isConnected) this.#endLater(session);
      },
    });
  }

  /** The session of this client, as it is; or a new one, behind the end of the one before. */
  #sessionOf(grant: RelayGrant, keyHash: string): FramesSession {
    const current = this.#session;
    if (current !== undefined && current.keyHash === keyHash && !current.isOver) {
      current.renew(grant);
      return current;
    }
    this.#session = new FramesSession(this.#context, grant, keyHash, current?.end());
    return this.#session;
  }

  async #renew(token: string, { streamName, mode }: RelayGrant, keyHash: string): Promise<RelayGrant> {
    const grant = await this.#context.tokens.check(token, streamName, mode);
    await this.#register.use(grant, keyHash);
    return grant;
  }

  #endLater(session: FramesSession): void {
    this.#ending?.cancel();
    this.#ending = this.#context.platform.setTimer(this.#context.limits.resumeWindowMs, () => {
      if (this.#session === session && !session.isConnected) void session.end();
    });
  }
}
