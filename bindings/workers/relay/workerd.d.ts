/** What workerd supplies for Durable Objects and WebSockets, as far as the relay uses it. */

/** The server's end of a pair. */
interface ServerSocket extends WebSocket {
  accept(): void;
}

declare const WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: ServerSocket };

interface ResponseInit {
  webSocket?: WebSocket;
}

interface Response {
  readonly webSocket: WebSocket | null;
}

interface DurableObjectStorage {
  list<T>(options: { readonly prefix: string }): Promise<Map<string, T>>;
  put(key: string, value: unknown): Promise<void>;
  delete(keys: string[]): Promise<number>;
}

interface DurableObjectState {
  readonly storage: DurableObjectStorage;
  abort(reason?: string): void;
}

interface DurableObjectNamespace {
  getByName(name: string): { fetch(request: Request): Promise<Response> };
}

declare module 'cloudflare:workers' {
  export abstract class DurableObject {
    protected readonly ctx: DurableObjectState;
    constructor(ctx: DurableObjectState, env: unknown);
  }
}
