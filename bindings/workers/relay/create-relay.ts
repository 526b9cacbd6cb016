/** The relay as a Worker: a fetch handler that lets clients through, and a Durable Object for each stream. */
import { DurableObject } from 'cloudflare:workers';
import { createWorkersPlatform } from '../platform.ts';
import { refusalResponse, refusalSocket } from './refusal-response.ts';
import type { RelayContext } from './relay-context.ts';
import { checkAllowedOrigins, type RelayOptions, resolveLimits } from './relay-options.ts';
import { checkOrigin, isRefusedByClose, readRelayRequest } from './relay-request.ts';
import { GRANT_HEADER, RESUME_KEY_HEADER, StreamObject } from './stream-object.ts';
import { TokenCheck } from './token-check.ts';
import type { RegisterStorage } from './token-register.ts';

/** What the relay uses of a Durable Object's state. */
export interface RelayStreamState {
  readonly storage: RegisterStorage;
}

/** What a Worker exports: `worker` as its default, the class under the name that its configuration has. */
export interface Relay {
  readonly worker: { fetch(request: Request, env: unknown): Promise<Response> };
  /** A Durable Object. */
  readonly RelayStream: new (state: RelayStreamState, env: unknown) => { fetch(request: Request): Promise<Response> };
}

const DEFAULT_BINDING = 'RELAY_STREAMS';
const RESUME_KEY_BYTES = 24;

/**
 * Makes a relay. Throws `KvsError` of status STATUS_INVALID_ARG for options that cannot be; a function is asked at the first request, and
 * what is wrong with its answer refuses every one.
 */
export function createRelay(given: RelayOptions | (() => RelayOptions)): Relay {
  let made: RelayContext | undefined;
  const context = (): RelayContext => (made ??= contextOf(typeof given === 'function' ? given() : given));
  if (typeof given !== 'function') context();

  class RelayStream extends DurableObject {
    readonly #stream: StreamObject;

    constructor(state: RelayStreamState, env: unknown) {
      super(state as DurableObjectState, env);
      this.#stream = new StreamObject(context(), state.storage);
    }

    fetch(request: Request): Promise<Response> {
      return this.#stream.fetch(request);
    }
  }

  return { worker: { fetch: (request, env) => handle(request, env, context) }, RelayStream };
}

function contextOf(options: RelayOptions): RelayContext {
  const platform = createWorkersPlatform();
  const limits = resolveLimits(options.limits);
  checkAllowedOrigins(options.allowedOrigins);
  const { maxTokenLifetimeMs, maxBitrateBps } = limits;
  const tokens = new TokenCheck({ platform, access: options.access, maxTokenLifetimeMs, maxBitrateBps });
  return { platform, options, limits, tokens, credentials: options.credentials ?? platform.credentials };
}

async function handle(request: Request, env: unknown, context: () => RelayContext): Promise<Response> {
  if (new URL(request.url).pathname.endsWith('/health')) return Response.json({ ok: true });
  const platform = createWorkersPlatform();
  try {
    checkOrigin(request, context().options.allowedOrigins);
  } catch (error) {
    return refusalResponse(error, platform);
  }
  const response = await admit(request, env, context()).catch((error: unknown) => refusalResponse(error, platform));
  return response.status !== 101 && isRefusedByClose(request) ? refusalSocket(response) : response;
}

/** Rejects with `RelayError`. */
async function admit(request: Request, env: unknown, { options, tokens, platform }: RelayContext): Promise<Response> {
  const { streamName, mode, token, resumeKey } = readRelayRequest(request);
  const grant = await tokens.check(token, streamName, mode);
  const binding = options.binding ?? DEFAULT_BINDING;
  const streams = (env as Record<string, DurableObjectNamespace | undefined>)[binding];
  if (streams === undefined) throw new Error(`The Worker has no binding ${binding}`);
  const headers = new Headers({
    upgrade: 'websocket',
    [GRANT_HEADER]: JSON.stringify(grant),
    // Nobody can resume with a key that nobody knows.
    [RESUME_KEY_HEADER]: resumeKey ?? platform.randomBytes(RESUME_KEY_BYTES).join('-'),
  });
  return streams.getByName(streamName).fetch(new Request(request.url, { headers }));
}
