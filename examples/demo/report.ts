/** What the demo prints at its end, and whether it went well. */
import { table } from '../../cli/table.ts';
import type { StreamMetrics } from '../../sdk/producer/index.ts';
import type { Comparison } from './comparison.ts';

/** Everything came back, unchanged, although the connection was cut. */
export function isSuccess(comparison: Comparison, metrics: StreamMetrics): boolean {
  const { framesSent, framesReceived, framesIdentical, differences } = comparison;
  const isIdentical = framesReceived === framesSent && framesIdentical === framesSent && differences.length === 0;
  return framesSent > 0 && isIdentical && metrics.reconnects > 0;
}

/** The table, and below it what went wrong. */
export function reportText(comparison: Comparison, metrics: StreamMetrics): string {
  const { medianMs, worstMs } = metrics.lastFrameLatency;
  const rows = [
    ['frames sent', String(comparison.framesSent)],
    ['frames received', String(comparison.framesReceived)],
    ['frames identical', String(comparison.framesIdentical)],
    ['fragments', String(comparison.fragments)],
    ['reconnects', String(metrics.reconnects)],
    ['fragments sent twice', String(metrics.fragmentsResent)],
    ['put to persisted, median', `${medianMs.toFixed(0)} ms`],
    ['put to persisted, worst', `${worstMs.toFixed(0)} ms`],
  ];
  const problems = comparison.differences.map((difference) => `Different: ${difference}\n`);
  if (metrics.reconnects === 0) problems.push('The connection was not cut\n');
  return `${table(null, rows, [1])}${problems.join('')}`;
}
