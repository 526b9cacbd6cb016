/** The whole platform port under a manual clock, with a network that a test plays by hand. */
import type { Credentials, Platform, PlatformRequest, PlatformResponse } from '../../sdk/platform.ts';
import { ManualPlatform, settle } from './manual-platform.ts';

/** A response as a test writes it. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
}

export type Responder = (
  request: PlatformRequest,
  count: number,
) => ScriptedAnswer | Error | Promise<ScriptedAnswer | Error>;

const encoder = new TextEncoder();

export class ScriptedPlatform extends ManualPlatform implements Platform {
  readonly name = 'test';
  readonly fullDuplex = true;
  /** Every request made, in order. */
  readonly requests: PlatformRequest[] = [];
  /** Paths of the requests, in order. */
  readonly paths: string[] = [];
  readonly #responders = new Map<string, Responder>();
  readonly #counts = new Map<string, number>();

  readonly credentials = (): Promise<Credentials> =>
    Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' });

  /** Answers every request of a path from now on. */
  on(path: string, responder: Responder | ScriptedAnswer): this {
    this.#responders.set(path, typeof responder === 'function' ? responder : () => responder);
    return this;
  }

  readonly fetch = async (request: PlatformRequest): Promise<PlatformResponse> => {
    const path = new URL(request.url).pathname;
    const count = (this.#counts.get(path) ?? 0) + 1;
    this.#counts.set(path, count);
    this.requests.push(request);
    this.paths.push(path);
    const responder = this.#responders.get(path);
    if (responder === undefined) throw new Error(`Nothing is scripted for ${path}`);
    const answer = await untilAborted(Promise.resolve(responder(request, count)), request.signal);
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body = '' } = answer;
    return {
      status,
      header: (name) => headers[name.toLowerCase()] ?? null,
      body: typeof body === 'string' ? new Response(encoder.encode(body)).body : body,
    };
  };

  /** Runs promises until nothing more happens without time. */
  async idle(): Promise<void> {
    for (let i = 0; i < 10; i++) await settle();
  }
}

/** As every fetch: an aborted request rejects, whatever the server does. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

/** The JSON body of a scripted request. */
export async function jsonBody(request: PlatformRequest | undefined): Promise<unknown> {
  return JSON.parse(await new Response(request?.body as BodyInit).text());
}
