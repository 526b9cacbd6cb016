/** An application as a package manager lays it out, with the package as it is published. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/prepare.mjs';

/** Fills a folder: the built package in `node_modules`, links to what it depends on beside it, and files by name. */
export function layOutApplication(folder: string, files: Readonly<Record<string, string>>): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'penstock'), { recursive: true });
  cpSync(join(root, 'dist'), join(modules, 'penstock/dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(modules, 'penstock/package.json'));
  const others = readdirSync(join(root, 'node_modules')).filter((name) => !name.startsWith('.') && name !== 'penstock');
  for (const name of others) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
