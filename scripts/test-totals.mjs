/** Reads what a test file reported out of what it printed. */

/**
 * A file that ended badly, ran into its time limit or ran nothing counts as at least one failure: silence is not success.
 * @param {{ code: number | null, output: string, timedOut: boolean }} result of a file whose suites are uvu's
 * @returns {{ passed: number, failed: number, skips: string[], problem: string | null }} `skips` holds the `SKIP name: reason` lines
 */
export function readTotals({ code, output, timedOut }) {
  // The last one: uvu starts over when a suite is run after an await, and prints its totals again.
  const last = (/** @type {string} */ label) =>
    Number([...output.matchAll(new RegExp(`^ {2}${label}: +(\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  const skips = [...output.matchAll(/^SKIP .+$/gm)].map(([line]) => line);
  const total = last('Total');
  const passed = last('Passed');
  const silent = last('Skipped');
  let failed = total - passed;
  let problem = null;
  if (timedOut) problem = 'Ran into its time limit';
  else if (total === 0 && code === 0 && skips.length === 0) problem = 'Ran no test at all';
  else if (code !== 0 && failed === 0) problem = `Ended with exit code ${code}`;
  else if (silent > 0) problem = `${silent} tests skipped without a name and a reason, or left out by test.only`;
  if (problem !== null && failed === 0) failed = 1;
  return { passed, failed, skips, problem };
}
