/**
 * `npm run simulate -- --mutations [--only TEXT] [--seeds N]` puts one deliberate fault at a time into a bundle of its own, never into the
 * work tree, and runs the simulation on it until it fails. Exit code 1 when one is not found.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { findMutation } from './mutant.ts';
import { MUTATIONS } from './mutation-list.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '60' } },
});
const asked = MUTATIONS.filter(({ name }) => name.includes(values.only));
let survivors = 0;
for (const mutation of asked) {
  const startedMs = performance.now();
  const { isFound, line } = await findMutation(process.cwd(), 'mutant', mutation, [
    ...['--seeds', values.seeds, '--hours', '0.1'],
  ]);
  if (!isFound) survivors++;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${isFound ? 'found' : 'NOT FOUND'}  ${mutation.file}: ${mutation.name} (${seconds} s)`);
  console.log(`         ${line.slice(0, 200)}`);
}
console.log(`${asked.length} mutations, ${survivors} not found`);
if (survivors > 0) process.exitCode = 1;
