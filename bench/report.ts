/** How rows are printed. */
import type { JudgedRow } from './budgets.ts';

const NAME_WIDTH = 54;
const FIGURE_WIDTH = 11;

export function heading(): string {
  const titles = ['median', 'worst', 'best'].map((title) => title.padStart(FIGURE_WIDTH)).join(' ');
  return `${'name'.padEnd(NAME_WIDTH)} ${titles}  ${'unit'.padEnd(8)}  budget`;
}

export function formatRow(row: JudgedRow): string {
  const { name, unit, median, worst, best } = row;
  const cells = [median, worst, best].map((value) => figure(value).padStart(FIGURE_WIDTH));
  return `${name.padEnd(NAME_WIDTH)} ${cells.join(' ')}  ${unit.padEnd(8)}  ${verdict(row)}`.trimEnd();
}

export function formatSkipped(name: string, reason: string): string {
  return `${name.padEnd(NAME_WIDTH)} skipped: ${reason}`;
}

/** `≥ 10 holds, native 0.38` */
function verdict({ better, budget, holds, native }: JudgedRow): string {
  const parts: string[] = [];
  if (budget !== undefined) {
    parts.push(`${better === 'higher' ? '≥' : '≤'} ${figure(budget)} ${holds === true ? 'holds' : 'MISSED'}`);
  }
  if (native !== undefined) parts.push(`native ${figure(native)}`);
  return parts.join(', ');
}

/** Three figures are all that a run on a shared machine can promise. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function threeFigures(value: number): number {
  return Number(value.toPrecision(3));
}

/** The row as it stands in JSON. */
export function round(row: JudgedRow): JudgedRow {
  return { ...row, median: threeFigures(row.median), worst: threeFigures(row.worst), best: threeFigures(row.best) };
}
