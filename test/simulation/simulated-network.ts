/** What `fetch` is in a simulation: control calls and connections through a network that fails. */
import type { PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import { Connection, networkError } from './connection.ts';
import type { ControlAnswer, ControlPlane } from './control-plane.ts';
import type { MediaHost } from './media-host.ts';
import { latencyMs, stalledUntilMs } from './pipe.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const WRONG_ENDPOINT = { status: 404, headers: { 'x-amzn-errortype': 'InvalidEndpointException' } };

const encoder = new TextEncoder();

export class SimulatedNetwork {
  readonly #world: World;
  readonly #random: Random;
  readonly #control: ControlPlane;
  readonly #media: MediaHost;
  readonly #connections = new Set<Connection>();

  constructor(world: World, control: ControlPlane, media: MediaHost) {
    this.#world = world;
    this.#random = world.random.fork('network');
    this.#control = control;
    this.#media = media;
    const cutAll = (): void => [...this.#connections].forEach((connection) => connection.cut(this.#random.unit()));
    world.on('cut', cutAll);
    world.on('offline', cutAll);
    world.on('half-open', () => [...this.#connections].forEach((connection) => connection.blackHole()));
  }

  /** Connections that are not closed. */
  get openConnections(): number {
    return this.#connections.size;
  }

  readonly fetch = (request: PlatformRequest): Promise<PlatformResponse> => {
    const url = new URL(request.url);
    if (request.signal?.aborted) return Promise.reject(request.signal.reason);
    return url.pathname === '/putMedia' ? this.#put(request, url) : this.#call(request, url);
  };

  #put(request: PlatformRequest, url: URL): Promise<PlatformResponse> {
    const connection = new Connection(
      this.#world,
      request,
      (accepted) => {
        if (this.#control.isCurrent(url)) return this.#media.accept(accepted);
        return this.#control.leavesSilence ? undefined : WRONG_ENDPOINT;
      },
      (closed) => this.#connections.delete(closed),
    );
    this.#connections.add(connection);
    return connection.response;
  }

  #call(request: PlatformRequest, url: URL): Promise<PlatformResponse> {
    return new Promise((resolve, reject) => {
      const { time } = this.#world;
      request.signal?.addEventListener('abort', () => reject(request.signal?.reason), { once: true });
      if (this.#world.isOn('offline')) return void time.after(5, () => reject(networkError('ENETUNREACH')));
      if (this.#world.isOn('half-open')) return;
      const arriveMs = Math.max(time.nowMs, stalledUntilMs(this.#world)) + latencyMs(this.#world);
      time.at(arriveMs, () => {
        if (request.signal?.aborted) return;
        const answer = this.#control.answer(url.pathname, request);
        time.note(`call ${url.pathname} ${answer.status}`);
        if (this.#world.isOn('lost-answers')) return;
        time.at(Math.max(time.nowMs, stalledUntilMs(this.#world)) + latencyMs(this.#world), () => {
          if (this.#world.isOn('offline')) reject(networkError('ECONNRESET'));
          else resolve(this.#response(answer));
        });
      });
    });
  }

  #response({ status, headers = {}, body }: ControlAnswer): PlatformResponse {
    const sent: Readonly<Record<string, string>> = { ...headers, date: new Date(this.#world.trueMs).toUTCString() };
    const bytes = encoder.encode(body);
    const split = this.#random.chance(0.3) ? this.#random.whole(1, Math.max(1, bytes.length - 1)) : bytes.length;
    const isCut = this.#world.isOn('delay') && this.#random.chance(0.1);
    return {
      status,
      header: (name) => sent[name.toLowerCase()] ?? null,
      body: new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes.subarray(0, split));
          if (isCut) return controller.error(networkError('ECONNRESET'));
          if (split < bytes.length) controller.enqueue(bytes.subarray(split));
          controller.close();
        },
      }),
    };
  }
}
