/**
 * Translates the plain core into JavaScript, for engines without WebAssembly: a module with one export, `instantiate()`, whose result
 * has the functions and the memory of an instance of the core.
 *
 * What binaryen's `wasm2js` writes is one instance for the whole module, with a memory that is laxer than WebAssembly's. Both are put
 * right here, so that nothing above the core has to know which flavour it runs on.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runCommand } from './command.mjs';

/** Not beyond what the core is compiled with: asc enables these, and bulk memory becomes calls of `copyWithin` and `fill`. */
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals'];

const PAGE_BYTES = 65_536;
/** As in asconfig.json. */
const MAX_PAGES = 32_768;

/** Grows like WebAssembly: -1 where there is no more, and the 2 GiB are counted unsigned. */
const GROW = `
function __wasm_memory_grow(pagesToAdd) {
  var oldPages = __wasm_memory_size();
  var newPages = oldPages + (pagesToAdd >>> 0);
  if (newPages > ${MAX_PAGES}) return -1;
  var grown;
  try { grown = new ArrayBuffer(newPages * ${PAGE_BYTES}); } catch { return -1; }
  new Uint8Array(grown).set(HEAPU8);
  buffer = grown;
  HEAP8 = new Int8Array(buffer);
  HEAP16 = new Int16Array(buffer);
  HEAP32 = new Int32Array(buffer);
  HEAPU8 = new Uint8Array(buffer);
  HEAPU16 = new Uint16Array(buffer);
  HEAPU32 = new Uint32Array(buffer);
  HEAPF32 = new Float32Array(buffer);
  HEAPF64 = new Float64Array(buffer);
  bufferView = HEAPU8;
  return oldPages;
}
`;

const SIZE = `
function __wasm_memory_size() {
  return buffer.byteLength / ${PAGE_BYTES};
}
`;

/** Out of bounds is a trap, as in WebAssembly, not a shorter copy. */
const COPY = `
function wasm2js_memory_copy(dest, source, size) {
  dest >>>= 0;
  source >>>= 0;
  size >>>= 0;
  if (Math.max(dest, source) + size > bufferView.length) throw new RangeError('memory access out of bounds');
  bufferView.copyWithin(dest, source, source + size);
}
`;

const FILL = `
function wasm2js_memory_fill(dest, value, size) {
  dest >>>= 0;
  size >>>= 0;
  if (dest + size > bufferView.length) throw new RangeError('memory access out of bounds');
  bufferView.fill(value, dest, dest + size);
}
`;

/** A function of the translation → what stands in its place. */
const REPLACEMENTS = {
  __wasm_memory_grow: GROW,
  __wasm_memory_size: SIZE,
  wasm2js_memory_copy: COPY,
  wasm2js_memory_fill: FILL,
};

/** Where the functions end and the one instance for all begins. */
const EPILOGUE = /\nvar retasmFunc = asmFunc\(\{\s*\}\);\n/;

/**
 * @param {string} wasmFile the plain core
 * @param {string} jsFile where the module goes
 * @throws {Error} when the translation does not look as expected
 */
export async function translateCore(wasmFile, jsFile) {
  const args = ['node_modules/binaryen/bin/wasm2js', wasmFile, '-O3', '--output', jsFile];
  const { code, output } = await runCommand(process.execPath, [...args, ...FEATURES.map((name) => `--enable-${name}`)]);
  if (code !== 0) throw new Error(`wasm2js failed:\n${output}`);
  const { transform } = await import('esbuild');
  const minified = await transform(asFactory(readFileSync(jsFile, 'utf8')), {
    minify: true,
    format: 'esm',
    target: 'es2020',
  });
  writeFileSync(jsFile, minified.code);
}

/** @param {string} translated */
function asFactory(translated) {
  const [functions, exportsOfOne, ...rest] = translated.split(EPILOGUE);
  if (functions === undefined || exportsOfOne === undefined || rest.length > 0)
    throw new Error('wasm2js: no instance found');
  const corrected = Object.entries(REPLACEMENTS).reduce(replaceFunction, functions);
  return `export function instantiate() {\n${corrected}\nreturn asmFunc({});\n}\n`;
}

/**
 * @param {string} code
 * @param {[string, string]} replacement name and new text of a function
 */
function replaceFunction(code, [name, text]) {
  // A function ends at the first closing brace that is indented like its first line.
  const pattern = new RegExp(`^( *)function ${name}\\([^]*?^\\1\\}$`, 'gm');
  if (code.match(pattern)?.length !== 1) throw new Error(`wasm2js: expected one function ${name}`);
  return code.replace(pattern, () => text);
}
