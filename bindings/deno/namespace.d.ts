/** What tsc is told of Deno when it emits declarations; Deno itself knows better and does not read this. */
declare namespace Deno {
  const env: { get(name: string): string | undefined };
  function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  function createHttpClient(options: { readonly cert: string; readonly key: string; readonly caCerts?: string[] }): {
    close(): void;
  };
}
