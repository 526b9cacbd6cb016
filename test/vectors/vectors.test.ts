/**
 * Byte-exact vectors of AWS's native producer core against ours, on the plain and the SIMD build.
 * Folder: PENSTOCK_VECTORS, or `shared/vectors` beside the project.
 */
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { runClient } from './client-driver.ts';
import { FUNCTION_SETS, type FunctionSet, type Row } from './function-sets.ts';
import { runGenerator } from './generator-driver.ts';
import { reasonToLeaveOut, reasonToLeaveOutGenerator, REQUIRED_SCENARIOS } from './left-out.ts';
import { readJson, type Scenario, vectorsFolder } from './scenario.ts';

const vectors = suite('vectors');

/** Vectors by outcome: a vector is a scenario with one driver, or one row of a function set. */
const ran = new Set<string>();
const passed = new Set<string>();
const leftOut = new Map<string, string[]>();

function leaveOut(name: string, reason: string): void {
  leftOut.set(reason, [...(leftOut.get(reason) ?? []), name]);
}

/** Adds a test for each flavour; the vector passes when all of them do. */
function addVector(name: string, run: (flavour: (typeof FLAVOURS)[number]) => void): void {
  ran.add(name);
  let good = 0;
  for (const flavour of FLAVOURS) {
    vectors(`${name} [${flavour}]`, () => {
      run(flavour);
      if (++good === FLAVOURS.length) passed.add(name);
    });
  }
}

function addScenario(folder: string, name: string): void {
  const scenario = readJson<Scenario>(folder, `${name}.json`);
  const reason = reasonToLeaveOut(scenario);
  if (reason !== null) leaveOut(`${name} (client)`, reason);
  else addVector(`${name} (client)`, (flavour) => runClient(loadCore(flavour), scenario, folder));
  const generator = scenario.outputs.find((output) => output.driver === 'mkvgen');
  if (generator === undefined) return;
  const generatorReason = reasonToLeaveOutGenerator(scenario);
  if (generatorReason !== null) leaveOut(`${name} (mkvgen)`, generatorReason);
  else addVector(`${name} (mkvgen)`, (flavour) => runGenerator(loadCore(flavour), scenario, generator, folder));
}

function addFunctionSets(folder: string): void {
  for (const set of FUNCTION_SETS) {
    const rows = readJson<readonly Row[]>(folder, set.file);
    const own = rows
      .map((row, index) => ({ row, index }))
      .filter(({ row }) => set.function === null || row['function'] === set.function);
    const label = `${set.file.replace('.json', '')}${set.function === null ? '' : `:${set.function}`}`;
    for (const { row, index } of own) addRow(`${label}[${index}]`, set, row);
  }
}

function addRow(name: string, set: FunctionSet, row: Row): void {
  const reason = set.leaveOut?.(row) ?? null;
  if (reason !== null) leaveOut(name, reason);
  else addVector(name, (flavour) => set.run(loadCore(flavour), row));
}

function report(): void {
  const omitted = [...leftOut.values()].reduce((count, names) => count + names.length, 0);
  console.log(
    `\nVectors: ${ran.size} ran, ${passed.size} passed, ${ran.size - passed.size} failed, ${omitted} left out`,
  );
  for (const [reason, names] of leftOut) console.log(`  left out, ${reason}: ${names.join(', ')}`);
}

const folder = vectorsFolder();
if (folder === null) {
  skip('vectors', 'no folder of vectors (PENSTOCK_VECTORS, or ../shared/vectors)');
} else {
  for (const name of readJson<readonly string[]>(folder, 'scenarios.json')) addScenario(folder, name);
  addFunctionSets(folder);
  vectors('every required scenario ran', () => {
    const missing = REQUIRED_SCENARIOS.filter((name) => !ran.has(`${name} (client)`));
    assert.equal(missing, [], 'required scenarios that were left out');
  });
  vectors.after(report);
}
vectors.run();
