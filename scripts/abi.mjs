/** Writes `assembly/abi.json`, the reviewed list of the core's exports and their types. Run it when a change of the ABI is meant. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCore } from './build.mjs';
import { exportTypes } from './core-rules.mjs';
import { ensureDependencies, root } from './prepare.mjs';

ensureDependencies();
await buildCore();
const types = exportTypes(readFileSync(join(root, 'build/core.debug.wat'), 'utf8'));
writeFileSync(join(root, 'assembly/abi.json'), `${JSON.stringify(types, null, 2)}\n`);
