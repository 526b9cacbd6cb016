/**
 * Makes a fresh clone ready with Node and npm alone: installs the dependencies when `node_modules` does not match the lock.
 *
 * Plain Node without a single package, because it runs before any is installed.
 * `node scripts/prepare.mjs` by itself installs and stops.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const OLDEST_NODE_MAJOR = 20;

/** @param {string} path @returns {Record<string, any>} */
const readJson = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

/**
 * Why `node_modules` must be installed again, or null when it holds what the lock asks for.
 * Optional packages may be missing: most of them are builds for other machines.
 * @param {Record<string, any>} lock the content of package-lock.json
 * @param {Record<string, any>} installed npm's own record, node_modules/.package-lock.json
 * @returns {string | null}
 */
export function staleReason(lock, installed) {
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const present = installed.packages[path];
    if (present === undefined) {
      if (wanted.optional === true || wanted.devOptional === true) continue;
      return `${path} is not installed`;
    }
    if (present.version !== wanted.version || present.integrity !== wanted.integrity) {
      return `${path} is ${present.version}, the lock says ${wanted.version}`;
    }
  }
  return null;
}

/** Runs `npm ci` if it must be run. Throws an error that says what to do when it cannot. */
export function ensureDependencies() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE_MAJOR)
    throw new Error(`Node ${OLDEST_NODE_MAJOR} or newer is needed, this is ${process.version}`);
  const record = 'node_modules/.package-lock.json';
  const reason = existsSync(new URL(`../${record}`, import.meta.url))
    ? staleReason(readJson('package-lock.json'), readJson(record))
    : 'node_modules is not there';
  if (reason === null) return;
  console.error(`Installing dependencies: ${reason}`);
  // npm names itself in npm_execpath when it started us; without it, the one on the path is taken.
  const npm = process.env.npm_execpath;
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const install = npm ? spawnSync(process.execPath, [npm, ...flags], options()) : spawnSync('npm', flags, options());
  if (install.status !== 0)
    throw new Error(`npm ci failed (${install.error?.message ?? `exit code ${install.status}`})`);
}

/** @returns {import('node:child_process').SpawnSyncOptions} */
function options() {
  return { cwd: root, stdio: 'inherit' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureDependencies();
