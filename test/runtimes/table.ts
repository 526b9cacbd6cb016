/** The table of README.md: runtimes and what was checked in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/prepare.mjs';
import { type Group, GROUPS } from '../conformance/groups.ts';
import type { RecordedRun } from './driver.ts';

const FOLDER = 'test/runtimes';
/** What the table stands between. */
const BEGIN = '<!-- conformance: written by npm run conformance -->';
const END = '<!-- /conformance -->';

const COLUMNS: readonly Group[] = Object.keys(GROUPS) as Group[];

/** A test file that runs the checks, and the runtimes that it names. */
export interface Driver {
  /** Relative to the root. */
  readonly file: string;
  readonly runtimes: readonly string[];
}

/** Every test file with lines `// runtime: NAME`, in the order of their names. */
export function drivers(): readonly Driver[] {
  return readdirSync(join(root, FOLDER))
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => {
      const file = `${FOLDER}/${name}`;
      const lines = readFileSync(join(root, file), 'utf8').matchAll(/^\/\/ runtime: (.+)$/gm);
      return { file, runtimes: [...lines].map(([, runtime = '']) => runtime) };
    })
    .filter(({ runtimes }) => runtimes.length > 0);
}

/** `✓`: all checks of the group passed; `◐`: as far as they are applicable there; `–`: none of them is; `✗`: one failed. */
function mark(run: RecordedRun, group: Group): string {
  const results = run.results.filter((result) => result.group === group);
  if (results.some(({ failure }) => failure !== null)) return '✗';
  const applicable = results.filter(({ notApplicable }) => notApplicable === null);
  if (applicable.length === 0) return '–';
  return applicable.length === results.length ? '✓' : '◐';
}

/** The table as Markdown: a row a runtime, by name. */
export function tableOf(runs: readonly RecordedRun[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const sorted = [...runs].sort((a, b) => a.runtime.localeCompare(b.runtime, 'en'));
  return [
    row(['runtime', 'as it ran', ...COLUMNS.map((group) => GROUPS[group])]),
    `|${'---|'.repeat(COLUMNS.length + 2)}`,
    ...sorted.map((run) => row([run.runtime, run.version, ...COLUMNS.map((group) => mark(run, group))])),
  ].join('\n');
}

/** The cells of the table in a text, row by row, the line below the heading left out. Throws when there is none. */
export function tableIn(text: string): readonly (readonly string[])[] {
  const [begin, end] = bounds(text);
  const lines = text.slice(begin, end).trim().split('\n');
  return lines
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** A text with another table between the marks. Throws when it has none. */
export function withTable(text: string, table: string): string {
  const [begin, end] = bounds(text);
  return `${text.slice(0, begin)}\n\n${table}\n\n${text.slice(end)}`;
}

function bounds(text: string): [begin: number, end: number] {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`There is no ${BEGIN} … ${END}`);
  return [begin + BEGIN.length, end];
}
