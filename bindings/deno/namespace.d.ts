/** What tsc is told of Deno when it emits declarations; Deno itself knows better and does not read this. */
declare namespace Deno {
  const env: { get(name: string): string | undefined };
  const version: { readonly deno: string };
  const build: { readonly os: string; readonly arch: string };
  const permissions: {
    querySync(permission: { name: 'env'; variable: string }): { readonly state: 'granted' | 'denied' | 'prompt' };
  };
  function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  function createHttpClient(options: {
    readonly cert?: string;
    readonly key?: string;
    readonly caCerts?: string[];
    readonly proxy?: {
      readonly url: string;
      readonly basicAuth?: { readonly username: string; readonly password: string };
    };
  }): { close(): void };
}
