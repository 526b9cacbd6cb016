/** Decides by content whether something that was built is still up to date. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

/**
 * @param {readonly string[]} inputs files and folders, relative to the root; missing ones count as empty
 * @returns {string} one hash over the names and contents of all files below
 */
export function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesBelow(input))
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(root, file)))
        .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} path relative to the root
 * @returns {string[]} files in a fixed order, relative to the root
 */
export function filesBelow(path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (statSync(absolute).isFile()) return [path];
  return readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesBelow(`${path}/${entry.name}`));
}

/**
 * Builds unless the stamp of the last build carries the same hash and all outputs are still there.
 * @param {{ stamp: string, force?: boolean, hash: string, outputs: readonly string[], build: () => Promise<void> }} step
 * @returns {Promise<boolean>} whether it built
 */
export async function buildOnce({ stamp, force = false, hash, outputs, build }) {
  const stampFile = join(root, stamp);
  const upToDate =
    !force &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === hash &&
    outputs.every((output) => existsSync(join(root, output)));
  if (upToDate) return false;
  await build();
  writeFileSync(stampFile, hash);
  return true;
}
