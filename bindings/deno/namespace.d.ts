/** What tsc is told of Deno when it emits declarations; Deno itself knows better and does not read this. */
declare namespace Deno {
  const version: { readonly deno: string };
  const env: { get(name: string): string | undefined };
}
