/** Measures a group of rows in a process of its own, for which Node is started with other flags. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Effort, type Group, NotMeasuredError, QUICK, type Row } from './row.ts';

/** What `--json` prints, as far as it is read here. */
interface Printed {
  readonly rows: readonly Row[];
  readonly skipped: ReadonlyArray<{ readonly reason: string }>;
}

/** @param flags of Node; `group.name` must be part of no other group's name */
export function inOwnProcess(group: Group, flags: readonly string[]): Group {
  return {
    ...group,
    async measureAll(effort: Effort): Promise<readonly Row[]> {
      // This is that process.
      if (flags.every((flag) => process.execArgv.includes(flag))) return group.measureAll(effort);
      const main = fileURLToPath(new URL('main.js', import.meta.url));
      const asked = [group.name, '--json', ...(effort === QUICK ? ['--quick'] : [])];
      const child = spawn(process.execPath, [...flags, main, ...asked], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      if (code !== 0) throw new Error(`The process for ${group.name} ended with ${String(code)}`);
      const { rows, skipped } = JSON.parse(output) as Printed;
      if (skipped[0] !== undefined) throw new NotMeasuredError(skipped[0].reason);
      return rows;
    },
  };
}
