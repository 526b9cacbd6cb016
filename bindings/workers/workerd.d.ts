/** What workerd supplies beside the web standards, as far as the binding uses it. */

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module 'cloudflare:workers' {
  /** Variables and secrets of the Worker. */
  export const env: Readonly<Record<string, string | undefined>>;
}
