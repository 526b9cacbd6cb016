/**
 * Rules that the compiled core must keep, read from the binary and from its text form.
 *
 * A broken rule is a fault of the build: it would cost a garbage collector on the frame path, or state outside linear memory.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Built file → most bytes it may have. */
const SIZE_LIMITS_BYTES = new Map([
  ['core.simd.wasm', 48 * 1024],
  ['core.wasm', 48 * 1024],
  ['core.shared.wasm', 50 * 1024],
  ['core.js', 128 * 1024],
]);

/** Built file → what it may import: memory that threads share has to come from outside. */
const ALLOWED_IMPORTS = new Map([['core.shared.wasm', 'env.memory']]);

/** What must not stand in the text of the debug build, and why. */
const FORBIDDEN = [
  {
    pattern: /\(func \$~lib\/rt\/\w+\/__(?:new|renew|collect|visit)\b/,
    reason: 'allocates managed objects: the frame path has no garbage collector',
  },
  {
    pattern: /\(func \$~lib\/rt\/\w+\/__alloc\b/,
    reason: "uses the compiler's allocator: memory belongs to the arena",
  },
  {
    pattern: /^ *\(global \$\S+ \(mut /m,
    reason: 'keeps state in a WebAssembly global: all state lives in linear memory',
  },
  { pattern: /^ *\(import /m, reason: 'imports from the host: the core asks nobody for anything' },
];

/**
 * @param {string} text the text form of the debug build
 * @returns {string[]} one sentence for each broken rule
 */
export function brokenRules(text) {
  const broken = [];
  for (const { pattern, reason } of FORBIDDEN) {
    const hit = pattern.exec(text);
    if (hit !== null) broken.push(`The core ${reason} (${hit[0].trim()})`);
  }
  for (const [name, type] of Object.entries(exportTypes(text))) {
    if (type.includes('i64'))
      broken.push(`The export ${name} has an i64 in its type: engines without BigInt cannot call it`);
  }
  return broken;
}

/**
 * The ABI: every exported function with its type, such as `(i32, f64) -> i32`.
 * @param {string} text the text form of the debug build
 * @returns {Record<string, string>} in the order of names
 */
export function exportTypes(text) {
  const signatures = new Map(
    [...text.matchAll(/\(func \$(\S+)((?: \((?:param|result)[^)]*\))*)/g)].map(([, name, signature]) => [
      name,
      signature,
    ]),
  );
  const typesIn = (/** @type {string} */ signature, /** @type {string} */ part) =>
    [...signature.matchAll(new RegExp(`\\(${part} (?:\\$\\S+ )?([^)]+)\\)`, 'g'))].map(([, type]) => type).join(', ');
  return Object.fromEntries(
    [...text.matchAll(/\(export "([^"]+)" \(func \$([^)\s]+)\)\)/g)]
      .map(([, name, target]) => {
        const signature = signatures.get(target) ?? '';
        return [name, `(${typesIn(signature, 'param')}) -> ${typesIn(signature, 'result') || 'nothing'}`];
      })
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}

/** @param {BufferSource} bytes */
function importsOf(bytes) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  return imports.map(({ module, name }) => `${module}.${name}`).join();
}

/**
 * @param {string} folder where the files and core.debug.wat are
 * @param {readonly string[]} files
 * @throws {Error} naming every broken rule
 */
export function checkCore(folder, files) {
  const broken = brokenRules(readFileSync(join(folder, 'core.debug.wat'), 'utf8'));
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    if (file.endsWith('.wasm')) {
      if (!WebAssembly.validate(bytes)) broken.push(`${file} is not valid WebAssembly here`);
      else if (importsOf(bytes) !== (ALLOWED_IMPORTS.get(file) ?? ''))
        broken.push(`${file} imports from the host: ${importsOf(bytes)}`);
    }
    const limitBytes = SIZE_LIMITS_BYTES.get(file) ?? Infinity;
    if (bytes.length > limitBytes) broken.push(`${file} has ${bytes.length} bytes, the limit is ${limitBytes}`);
  }
  if (broken.length > 0) throw new Error(broken.join('\n'));
}
