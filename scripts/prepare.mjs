/**
 * Makes a fresh clone ready with Node and npm alone: installs the dependencies when `node_modules` does not match the lock, and the runtimes
 * that tests run in (`test/runtimes/engines`) likewise.
 *
 * Plain Node without a single package, because it runs before any is installed.
 * `node scripts/prepare.mjs` by itself installs both and stops.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const OLDEST_NODE_MAJOR = 20;
/** A lock of its own: 700 MB of binaries that nobody needs to build or to use the package. */
const ENGINES = 'test/runtimes/engines';
/** Milliseconds. */
const ENGINES_LIMIT_MS = 10 * 60_000;

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

/**
 * Why the engines must be installed, or null when every one that the lock has for this machine is there.
 * @param {Record<string, any>} lock the content of their package-lock.json
 * @param {Record<string, any> | null} installed npm's own record; null when there is none
 * @param {{ os: string, cpu: string, libc: string }} [machine]
 * @returns {string | null}
 */
export function staleEngine(lock, installed, machine = thisMachine()) {
  const fits = (/** @type {unknown} */ allowed, /** @type {string} */ own) =>
    allowed === undefined || [allowed].flat().includes(own);
  for (const [path, wanted] of Object.entries(lock.packages)) {
    const isForUs = fits(wanted.os, machine.os) && fits(wanted.cpu, machine.cpu) && fits(wanted.libc, machine.libc);
    if (path === '' || !isForUs) continue;
    const present = installed?.packages[path];
    if (present === undefined) return `${path} is not installed`;
    if (present.integrity !== wanted.integrity) return `${path} is ${present.version}, the lock says ${wanted.version}`;
  }
  return null;
}

function thisMachine() {
  const { glibcVersionRuntime } = /** @type {any} */ (process.report.getReport()).header;
  return { os: process.platform, cpu: process.arch, libc: glibcVersionRuntime === undefined ? 'musl' : 'glibc' };
}

/**
 * What to do where a folder that `npm ci` would empty is a link, or null: npm would empty the folder behind it, which may be another clone's.
 * @param {string} path relative to the root
 */
function linkRefusal(path) {
  const isLink = lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (!isLink) return null;
  return `${path} is a symbolic link: npm ci would empty the folder that it leads to. Remove the link, or install there what the lock asks for`;
}

/** Installs the engines if they must be. Whatever stays missing is not an error: tests that need it are skipped by name. */
export function ensureEngines() {
  const record = `${ENGINES}/node_modules/.package-lock.json`;
  const installed = existsSync(new URL(`../${record}`, import.meta.url)) ? readJson(record) : null;
  const reason = staleEngine(readJson(`${ENGINES}/package-lock.json`), installed);
  if (reason === null) return;
  const refusal = linkRefusal(`${ENGINES}/node_modules`);
  if (refusal !== null) return console.error(`${refusal}; until then tests that need them are skipped`);
  console.error(`Installing the runtimes that tests run in: ${reason}`);
  const { status, error } = runNpm(['ci', '--prefix', ENGINES, ...QUIET, '--fetch-retries=1'], ENGINES_LIMIT_MS);
  if (status !== 0)
    console.error(`npm ci failed (${error?.message ?? `exit code ${status}`}); tests that need them are skipped`);
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
  const refusal = linkRefusal('node_modules');
  if (refusal !== null) throw new Error(refusal);
  console.error(`Installing dependencies: ${reason}`);
  const { status, error } = runNpm(['ci', ...QUIET]);
  if (status !== 0) throw new Error(`npm ci failed (${error?.message ?? `exit code ${status}`})`);
}

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * npm names itself in npm_execpath when it started us; without it, the one on the path is taken.
 * @param {string[]} args
 * @param {number} [timeout] milliseconds
 */
function runNpm(args, timeout) {
  const npm = process.env.npm_execpath;
  const options = /** @type {const} */ ({ cwd: root, stdio: 'inherit', timeout });
  return npm ? spawnSync(process.execPath, [npm, ...args], options) : spawnSync('npm', args, options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureDependencies();
  ensureEngines();
}
