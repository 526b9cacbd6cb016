/**
 * Byte-exact vectors of AWS's native producer core against ours, on all flavours.
 * Folder: PENSTOCK_VECTORS, or `shared/vectors` beside the project.
 */
import * as assert from 'uvu/assert';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { expectedSessions, runClient, withoutNativeDefects } from './client-driver.ts';
import { FUNCTION_SETS, type FunctionSet, type Row } from './function-sets.ts';
import { runGenerator } from './generator-driver.ts';
import { REQUIRED_SCENARIOS } from './required.ts';
import { type Output, readJson, type Scenario, vectorsFolder } from './scenario.ts';
import { Tally } from './tally.ts';

const vectors = suite('vectors');
const tally = new Tally();

/** Adds a test for each flavour; the vector passes when all of them do. */
function addVector(name: string, ourReason: string | null, run: (flavour: (typeof FLAVOURS)[number]) => void): void {
  tally.add(name, ourReason);
  let good = 0;
  for (const flavour of FLAVOURS) {
    vectors(`${name} [${flavour}]`, () => {
      run(flavour);
      if (++good === FLAVOURS.length) tally.pass(name);
    });
  }
}

const OUR_BYTES = 'the bytes without a native defect';

/** What is not native in the outputs of a driver; null when all of them are. */
function scenarioReason(scenario: Scenario, folder: string, driver: Output['driver']): string | null {
  if (driver === 'client' && expectedSessions(scenario, folder).notNative.size > 0) return OUR_BYTES;
  const differs = scenario.outputs
    .filter((output) => output.driver === driver)
    .some(({ file }) => {
      const native = readFileSync(join(folder, file));
      return !withoutNativeDefects(scenario, native).equals(native);
    });
  return differs ? OUR_BYTES : null;
}

function addScenario(folder: string, name: string): void {
  const scenario = readJson<Scenario>(folder, `${name}.json`);
  addVector(`${name} (client)`, scenarioReason(scenario, folder, 'client'), (flavour) =>
    runClient(loadCore(flavour), scenario, folder),
  );
  const generator = scenario.outputs.find((output) => output.driver === 'mkvgen');
  if (generator === undefined) return;
  addVector(`${name} (mkvgen)`, scenarioReason(scenario, folder, 'mkvgen'), (flavour) =>
    runGenerator(loadCore(flavour), scenario, generator, folder),
  );
}

function addFunctionSet(folder: string, set: FunctionSet): void {
  const label = `${set.file.replace('.json', '')}${set.function === null ? '' : `:${set.function}`}`;
  const rows = readJson<readonly Row[]>(folder, set.file);
  rows.forEach((row, index) => {
    if (set.function !== null && row['function'] !== set.function) return;
    addRow(`${label}[${index}]`, set, row, set.ourSide?.right(row, rows) ?? row);
  });
}

function addRow(name: string, set: FunctionSet, row: Row, right: Row): void {
  const differs = Object.keys(right).some((field) => right[field] !== row[field]);
  addVector(name, differs && set.ourSide ? set.ourSide.reason : null, (flavour) => set.run(loadCore(flavour), right));
}

const folder = vectorsFolder();
if (folder === null) {
  skip('vectors', 'no folder of vectors (PENSTOCK_VECTORS, or ../shared/vectors)');
} else {
  for (const name of readJson<readonly string[]>(folder, 'scenarios.json')) addScenario(folder, name);
  for (const set of FUNCTION_SETS) {
    if (existsSync(join(folder, set.file))) addFunctionSet(folder, set);
    else tally.leaveOut(set.file, 'no such file in the folder');
  }
  vectors('every required scenario ran', () => {
    const given = new Set(readJson<readonly string[]>(folder, 'scenarios.json'));
    const missing = REQUIRED_SCENARIOS.filter((name) => given.has(name) && !tally.hasRun(`${name} (client)`));
    assert.equal(missing, [], 'required scenarios that were left out');
  });
  vectors.after(() => console.log(`\n${tally.lines(folder).join('\n')}`));
}
vectors.run();
