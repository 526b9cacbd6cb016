/** The linter's own rules bite: each snippet below breaks one and must be refused. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, copyFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as supplied from '../../bindings/embedded/supplied/names.ts';
import { root } from '../../scripts/prepare.mjs';

interface Snippet {
  readonly path: string;
  readonly code: string;
  /** The rule that must refuse it, or null for code that is fine. */
  readonly rule: string | null;
}

const snippets: readonly Snippet[] = [
  { path: 'sdk/upwards.ts', code: "export { x } from '../bindings/node/platform.ts';", rule: 'no-restricted-imports' },
  { path: 'sdk/sideways.ts', code: "export { x } from '../service/app.ts';", rule: 'no-restricted-imports' },
  { path: 'sdk/node.ts', code: "export { readFileSync } from 'node:fs';", rule: 'no-restricted-imports' },
  {
    path: 'sdk/loader.ts',
    code: "export { instantiateSync } from '@assemblyscript/loader';",
    rule: 'no-restricted-imports',
  },
  { path: 'sdk/core/instantiate.ts', code: "export { instantiateSync } from '@assemblyscript/loader';", rule: null },
  { path: 'sdk/dynamic.ts', code: "export const fs = import('node:fs');", rule: 'no-runtime-import' },
  {
    path: 'sdk/dynamic-upwards.ts',
    code: "export const x = import('../bindings/node/index.ts');",
    rule: 'no-runtime-import',
  },
  {
    path: 'sdk/dynamic-name.ts',
    code: 'export const load = (name: string) => import(name);',
    rule: 'no-runtime-import',
  },
  { path: 'sdk/dynamic-part.ts', code: "export const part = import('./clock.ts');", rule: null },
  { path: 'sdk/clock.ts', code: 'export const now = Date.now();', rule: 'no-restricted-properties' },
  { path: 'sdk/date.ts', code: 'export const now = new Date();', rule: 'no-ambient-clock' },
  { path: 'sdk/date-of.ts', code: 'export const dateOf = (ms: number): Date => new Date(ms);', rule: null },
  { path: 'sdk/random.ts', code: 'export const random = Math.random();', rule: 'no-restricted-properties' },
  { path: 'sdk/timer.ts', code: 'setTimeout(() => {}, 1);', rule: 'no-restricted-globals' },
  {
    path: 'sdk/fetch.ts',
    code: "export const response = fetch('https://example.com');",
    rule: 'no-restricted-globals',
  },
  { path: 'sdk/global.ts', code: 'export const clock = globalThis.performance;', rule: 'no-restricted-globals' },
  {
    path: 'sdk/web-global.ts',
    code: "export const headers = new Headers({ a: 'b' });",
    rule: 'no-undef',
  },
  { path: 'sdk/web-type.ts', code: "export const known = typeof structuredClone === 'function';", rule: 'no-undef' },
  { path: 'sdk/supplied.ts', code: "export const url = new URL('https://example.com');", rule: null },
  { path: 'bindings/embedded/timer.ts', code: 'setTimeout(() => {}, 1);', rule: 'no-undef' },
  { path: 'bindings/embedded/node.ts', code: "export { x } from 'node:fs';", rule: 'no-restricted-imports' },
  { path: 'service/timer.ts', code: 'setInterval(() => {}, 1);', rule: 'no-restricted-globals' },
  { path: 'service/console.ts', code: "console.log('x');", rule: 'no-restricted-globals' },
  { path: 'service/buffer.ts', code: 'export const bytes = Buffer.alloc(1);', rule: 'no-restricted-globals' },
  { path: 'service/upwards.ts', code: "export { x } from './host/node.ts';", rule: 'no-restricted-imports' },
  { path: 'service/host/timer.ts', code: 'setTimeout(() => {}, 1);', rule: null },
  { path: 'assembly/upwards.ts', code: "export { x } from '../sdk/status.ts';", rule: 'no-restricted-imports' },
  { path: 'assembly/package.ts', code: "export { x } from 'hono';", rule: 'no-restricted-imports' },
  {
    path: 'bindings/deno/sideways.ts',
    code: "export { x } from '../node/platform.ts';",
    rule: 'no-restricted-imports',
  },
  { path: 'bindings/workers/node.ts', code: "export { x } from 'node:fs';", rule: 'no-restricted-imports' },
  {
    path: 'cli/floating.ts',
    code: 'async function work(): Promise<void> {}\nexport function main(): void {\n  work();\n}',
    rule: 'no-floating-promises',
  },
];

/** Lints all snippets in a folder of their own, with this repository's configuration. */
async function lint(): Promise<Map<string, string[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-lint-'));
  try {
    for (const file of [
      '.oxlintrc.json',
      'tsconfig.base.json',
      'tsconfig.json',
      'package.json',
      'scripts/lint/neutral-code.mjs',
    ]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(root, file), join(folder, file));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
    for (const { path, code } of snippets) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${code}\n`);
    }
    const folders = ['sdk', 'service', 'assembly', 'bindings', 'cli'];
    const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '-f', 'unix', ...folders];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: folder, timeout: 60_000 }, (_failure, stdout) => resolve(stdout));
    });
    const refused = new Map<string, string[]>();
    for (const [, path = '', rule = ''] of output.matchAll(/^([\w./-]+):\d+:\d+: .*\[Error\/[\w-]+\(([\w-]+)\)\]$/gm)) {
      refused.set(path, [...(refused.get(path) ?? []), rule]);
    }
    return refused;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rules = suite('lint rules');
const refused = await lint();

for (const { path, rule } of snippets) {
  rules(rule === null ? `${path} is accepted` : `${path} is refused by ${rule}`, () => {
    const found = refused.get(path) ?? [];
    if (rule === null) assert.equal(found, []);
    else assert.ok(found.includes(rule), `refused by: ${found.join(', ') || 'nothing'}`);
  });
}

rules('what neutral code may use of the web platform is what embedded engines are supplied with', () => {
  const configuration = readFileSync(join(root, '.oxlintrc.json'), 'utf8');
  const [, block = ''] =
    /"files": \["sdk\/\*\*", "bindings\/embedded\/\*\*"\],\s*"globals": \{([^}]*)\}/.exec(configuration) ?? [];
  const allowed = [...block.matchAll(/"(\w+)": "readonly"/g)].map(([, name = '']) => name);
  assert.equal(allowed.sort(), Object.keys(supplied).sort());
});

rules.run();
