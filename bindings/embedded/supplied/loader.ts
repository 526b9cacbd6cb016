/**
 * Instantiates a compiled core as `@assemblyscript/loader` does, which cannot be loaded where there is no UTF-16 text decoder, and which has
 * wrappers for managed objects that a page would load in vain.
 */
export function instantiateSync(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports = {},
): { readonly instance: WebAssembly.Instance } {
  return { instance: new WebAssembly.Instance(module, imports) };
}
