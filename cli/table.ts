/** Columns of text, as wide as their widest cell. */

/**
 * @param header null for a table without one
 * @param alignRight positions of columns that hold figures
 * @returns lines, each ended by a newline; empty when there is neither header nor row
 */
export function table(
  header: readonly string[] | null,
  rows: readonly (readonly string[])[],
  alignRight: readonly number[] = [],
): string {
  const lines = header ? [header, ...rows] : rows;
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const pad = (cell: string, column: number): string =>
    alignRight.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('');
}
