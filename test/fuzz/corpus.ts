/** The kept inputs: `corpus/TARGET/NAME.bin` in the repository, and what failed, `found/TARGET-HASH.bin` beside it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';

const HASH_LENGTH = 12;

const folderOf = (name: string): string => fileURLToPath(new URL(`corpus/${name}`, import.meta.url));
const foundFolder = fileURLToPath(new URL('found', import.meta.url));

/** Inputs by file name, in a fixed order. */
export function readCorpus({ name }: Target): ReadonlyMap<string, Uint8Array> {
  const folder = folderOf(name);
  if (!existsSync(folder)) throw new Error(`There is no corpus for ${name}: run npm run fuzz -- --renew-corpus`);
  const files = readdirSync(folder).sort();
  return new Map(files.map((file) => [file, Uint8Array.from(readFileSync(`${folder}/${file}`))]));
}

/** Writes the seeds. Files of other names, such as inputs that failed once, stay. */
export function renewCorpus(target: Target): void {
  mkdirSync(folderOf(target.name), { recursive: true });
  for (const [name, bytes] of target.seeds()) writeFileSync(`${folderOf(target.name)}/${name}.bin`, bytes);
}

/** Keeps an input that failed; returns its path. */
export function keepFound(target: Target, input: Uint8Array): string {
  mkdirSync(foundFolder, { recursive: true });
  const hash = createHash('sha256').update(input).digest('hex').slice(0, HASH_LENGTH);
  const path = `${foundFolder}/${target.name}-${hash}.bin`;
  writeFileSync(path, input);
  return path;
}
