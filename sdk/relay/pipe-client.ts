/** The network of a platform, through a relay: `fetch` over a WebSocket that is made when it is needed, and again after it was lost. */
import { Deadline } from '../aws/backoff.ts';
import type { PlatformRequest, PlatformResponse } from '../platform.ts';
import { abortable } from '../producer/abortable.ts';
import { type LinkPlatform, PipeLink, type PipeSocket, type PipeSocketEvents } from './pipe-link.ts';

/** Opens a socket to the relay. Rejects when it cannot, or with the signal's reason. */
export type DialRelay = (events: PipeSocketEvents, signal: AbortSignal) => Promise<PipeSocket>;

/** For the token and the handshake together, milliseconds. */
const DIAL_TIMEOUT_MS = 10_000;

/**
 * Full duplex: an answer is read while its request's body is still being sent. A request rejects, as a lost connection does, when the socket
 * is lost; nothing is repeated here. No more of a body is read than the relay takes.
 */
export class PipeClient {
  readonly #platform: LinkPlatform;
  readonly #dial: DialRelay;
  #link: PipeLink | undefined;
  #dialing: Promise<PipeLink> | undefined;

  constructor(platform: LinkPlatform, dial: DialRelay) {
    this.#platform = platform;
    this.#dial = dial;
  }

  async fetch(request: PlatformRequest): Promise<PlatformResponse> {
    const link = await abortable(this.#open(), request.signal);
    return link.fetch(request);
  }

  #open(): Promise<PipeLink> {
    if (this.#link?.isOver === false) return Promise.resolve(this.#link);
    this.#dialing ??= this.#connect().finally(() => (this.#dialing = undefined));
    return this.#dialing;
  }

  async #connect(): Promise<PipeLink> {
    const link = new PipeLink(this.#platform);
    const deadline = new Deadline(this.#platform, DIAL_TIMEOUT_MS);
    try {
      const socket = await abortable(this.#dial(link, deadline.signal), deadline.signal);
      link.attach(socket);
      this.#link = link;
      return link;
    } finally {
      deadline.clear();
    }
  }
}
