/** One PutMedia connection through the simulated network: two pipes between a fetch and the service. */
import type { PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import { latencyMs, Pipe, type PipeItem, stalledUntilMs } from './pipe.ts';
import type { World } from './world.ts';

/** The service's end. */
export interface ConnectionPeer {
  /** Bytes of the body. */
  onBytes(bytes: Uint8Array): void;
  /** The body ended as it should. */
  onBodyEnd(): void;
  /** The connection is gone. */
  onGone(): void;
}

export interface PutAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of an answer that is no success. */
  readonly text?: string;
  readonly peer?: ConnectionPeer;
}

/** What a socket takes without anybody reading at the other end. */
const SOCKET_BUFFER_BYTES = 64 * 1024;
/** After this long the service gives a silent connection up, milliseconds. */
const SERVICE_IDLE_MS = 60_000;

const encoder = new TextEncoder();

export function networkError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

export class Connection {
  readonly request: PlatformRequest;
  readonly response: Promise<PlatformResponse>;
  readonly #world: World;
  readonly #accept: (connection: Connection) => PutAnswer | undefined;
  readonly #onClosed: (connection: Connection) => void;
  readonly #up: Pipe;
  readonly #down: Pipe;
  #peer: ConnectionPeer | undefined;
  #head: PutAnswer = { status: 200 };
  #resolve!: (response: PlatformResponse) => void;
  #reject!: (error: unknown) => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #drained: (() => void) | undefined;
  /** The client's end is closed. */
  #isClosed = false;
  /** The service has ended its answer. */
  #hasEnded = false;
  /** Neither end hears of the other any more, and neither knows. */
  #isBlackHole: boolean;

  /** `accept`: the service's answer; undefined where nobody is at home. */
  constructor(
    world: World,
    request: PlatformRequest,
    accept: (connection: Connection) => PutAnswer | undefined,
    onClosed: (connection: Connection) => void,
  ) {
    this.#world = world;
    this.request = request;
    this.#accept = accept;
    this.#onClosed = onClosed;
    this.#reader = (request.body as ReadableStream<Uint8Array>).getReader();
    this.#up = new Pipe(world, (item) => this.#arriveAtService(item));
    this.#down = new Pipe(world, (item, onArrived) => this.#arriveAtClient(item, onArrived));
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#isBlackHole = world.isOn('half-open');
    request.signal?.addEventListener('abort', () => this.#onAbort(request.signal?.reason), { once: true });
    if (world.isOn('offline')) world.time.after(5, () => this.#failClient(networkError('ENETUNREACH')));
    else this.#afterLatency(() => this.#connect());
  }

  /** The network takes the connection down. Of what was underway a part may still arrive. */
  cut(share: number): void {
    if (this.#isClosed || this.#isBlackHole) return;
    const first = this.#up.kill();
    this.#down.kill();
    if (first !== undefined && typeof first !== 'string')
      this.#peer?.onBytes(first.subarray(0, Math.floor(first.length * share)));
    this.#losePeer(0);
    this.#failClient(networkError('ECONNRESET'));
  }

  /** Both ends stay open and nothing goes through. */
  blackHole(): void {
    if (this.#isClosed || this.#isBlackHole) return;
    this.#isBlackHole = true;
    this.#up.kill();
    this.#down.kill();
    this.#losePeer(SERVICE_IDLE_MS);
  }

  /** The service sends bytes of its answer; `onArrived` when the client has them. */
  send(bytes: Uint8Array, onArrived?: () => void): void {
    if (!this.#hasEnded) this.#down.push(bytes, onArrived);
  }

  /** The service ends its answer. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#peer = undefined;
    this.#down.push('end');
  }

  #afterLatency(action: () => void): void {
    const { time } = this.#world;
    const dueMs = Math.max(time.nowMs, stalledUntilMs(this.#world)) + latencyMs(this.#world);
    time.at(dueMs, () => {
      if (!this.#isClosed && !this.#isBlackHole) action();
    });
  }

  #connect(): void {
    const answer = this.#accept(this);
    if (answer === undefined) return this.blackHole();
    this.#peer = answer.peer;
    this.#head = answer;
    this.#down.push('head');
    if (answer.peer !== undefined) void this.#pump();
  }

  #answer({ status, headers = {}, text = '' }: PutAnswer): void {
    const isStream = status === 200;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
        if (isStream) return;
        if (text !== '') controller.enqueue(encoder.encode(text));
        controller.close();
      },
    });
    const sent: Readonly<Record<string, string>> = { ...headers, date: new Date(this.#world.trueMs).toUTCString() };
    this.#resolve({ status, header: (name) => sent[name.toLowerCase()] ?? null, body });
    if (!isStream) this.#close();
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (this.#isClosed) return;
        if (!this.#isBlackHole) this.#up.push(done ? 'end' : value);
        if (done) return;
        if (this.#isBlackHole) this.#up.queuedBytes += value.length;
        while (this.#up.queuedBytes >= SOCKET_BUFFER_BYTES && !this.#isClosed)
          await new Promise<void>((resolve) => (this.#drained = resolve));
      }
    } catch {
      // The body was given up: its signal says so too.
    }
  }

  #arriveAtService(item: PipeItem): void {
    this.#drained?.();
    this.#drained = undefined;
    if (typeof item === 'string') this.#peer?.onBodyEnd();
    else this.#peer?.onBytes(item);
  }

  #arriveAtClient(item: PipeItem, onArrived: (() => void) | undefined): void {
    if (this.#isClosed) return;
    onArrived?.();
    if (item === 'head') this.#answer(this.#head);
    else if (item !== 'end') this.#body?.enqueue(item);
    else {
      this.#body?.close();
      this.#close();
    }
  }

  /** The client gives the request up. */
  #onAbort(reason: unknown): void {
    if (this.#isClosed) return;
    this.#up.kill();
    this.#down.kill();
    if (!this.#isBlackHole) this.#losePeer(latencyMs(this.#world));
    this.#failClient(reason);
  }

  #losePeer(afterMs: number): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer === undefined) return;
    if (afterMs === 0) peer.onGone();
    else this.#world.time.after(afterMs, () => peer.onGone());
  }

  #failClient(error: unknown): void {
    if (this.#isClosed) return;
    this.#close();
    this.#reject(error);
    this.#body?.error(error);
  }

  #close(): void {
    this.#isClosed = true;
    this.#drained?.();
    this.#reader.cancel().catch(() => undefined);
    this.#onClosed(this);
  }
}
