/** What engines without anything of the web platform are given to evaluate. */
import { readFile } from 'node:fs/promises';
import { bundleEmbedded } from '../../scripts/build.mjs';

/** A module and all that it imports as one text, as the package is bundled. */
export async function bundleFor(source: string, format: 'esm' | 'iife' = 'esm', minify = false): Promise<string> {
  const { outputFiles } = await bundleEmbedded(
    { outdir: 'build', write: false, sourcemap: false, format, minify, globalName: 'bundle' },
    { bundle: source },
  );
  return outputFiles?.[0]?.text ?? '';
}

/** The text of a file of the package. */
export const packageFile = (name: string): Promise<string> =>
  readFile(new URL(`../../dist/${name}`, import.meta.url), 'utf8');
