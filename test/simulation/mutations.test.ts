/** Some of the deliberate faults, each of which the simulation has to find; `npm run simulate -- --mutations` tries all. */
// time-limit-s: 300
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';
import { findMutation } from './mutant.ts';
import { MUTATIONS } from './mutation-list.ts';

const mutations = suite('mutations');

/** One of each kind of loss, and all that are found in a few runs. */
const SLICE = [
  'rolls back to what was received only',
  'does not tell of dropped fragments',
  'trims one fragment too many',
  'forgets a timer',
  'keeps the memory of a stream that ended',
  'does not begin its back-off anew',
];
const RUNS = ['--first-seed', '1', '--seeds', '20', '--hours', '0.1'];

for (const name of SLICE) {
  mutations(`found: ${name}`, async () => {
    const mutation = MUTATIONS.find((candidate) => candidate.name === name);
    assert.ok(mutation, 'no such mutation');
    const { isFound, line } = await findMutation(root, 'mutant-slice', mutation, RUNS);
    assert.ok(isFound, line);
    assert.match(line, /^FAILED seed \d+/, 'not a crash');
  });
}

mutations.run();
