/** Instantiates a compiled core as `@assemblyscript/loader` does, which cannot be loaded where there is no UTF-16 text decoder. */
export function instantiateSync(module: WebAssembly.Module): { readonly instance: WebAssembly.Instance } {
  return { instance: new WebAssembly.Instance(module, {}) };
}
