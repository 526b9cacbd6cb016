/** The flavours of the core are one: the same calls give the same statuses, figures and bytes on each of them. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreFlavour } from '../../sdk/platform.ts';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { CallLog } from './call-log.ts';
import { helperLog } from './helper-log.ts';
import { announceSeed, parameters, pieceSizes } from './property.ts';
import { randomBytes } from './random-bytes.ts';
import { streamPlan } from './random-calls.ts';
import { wildCall } from './wild-calls.ts';

const CALL_RUNS = 200;
const HELPER_RUNS = 1000;
const MAX_CALLS = 50;

const flavours = suite('flavours agree');
announceSeed();
const ALL: readonly CoreFlavour[] = [...FLAVOURS, 'shared'];
const cores = ALL.map((flavour) => loadCore(flavour));

/** @param logs one a flavour, the plain one first; each holds what the flavour did, call by call */
function compare(logs: ReadonlyArray<readonly string[]>): void {
  const [plain = [], ...others] = logs;
  for (const [index, other] of others.entries()) {
    const flavour = ALL[index + 1];
    // Reads of the shared one are gathered in its scratch memory, which grows to the largest.
    const isOther = (line: string, place: number): boolean =>
      line !== other[place] && !(flavour === 'shared' && line.startsWith('memory: '));
    const at = plain.findIndex(isOther);
    const where = `${flavour} says ${other[at]}, plain says ${plain[at]}`;
    assert.ok(at < 0 && other.length === plain.length, where);
  }
}

flavours('over random calls of streams', () => {
  let lines = 0;
  const calls = fc.array(wildCall, { maxLength: MAX_CALLS, size: 'max' });
  fc.assert(
    fc.property(streamPlan(MAX_CALLS), calls, pieceSizes, (plan, wild, readSizes) => {
      const logs = cores.map((core) => new CallLog(core, plan, wild, readSizes).lines);
      compare(logs);
      lines += logs[0]?.length ?? 0;
    }),
    parameters(CALL_RUNS),
  );
  console.log(`${lines} calls`);
  assert.ok(lines > CALL_RUNS, 'hardly anything was called');
});

flavours('over random bytes in the reader and the codec helpers', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(randomBytes, pieceSizes, (bytes, sizes) => {
      const logs = cores.map((core) => helperLog(core, bytes, sizes));
      compare(logs);
      for (const line of logs[0] ?? []) seen.add(line);
    }),
    parameters(HELPER_RUNS),
  );
  assert.ok(seen.size > HELPER_RUNS, 'hardly any results');
});

flavours.run();
