// time-limit-s: 240
/** The embedded service in the runtimes that take the package's Node entry: it keeps what it persisted over a new start. */
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { skip } from '../support/skip.ts';
import { engineBinary, NO_ENGINE, withPackagedProgram } from './packaged.ts';

const ENGINES = [
  ['Node 22', engineBinary('node-22')],
  ['Node 24', engineBinary('node-24')],
  ['Node 26', engineBinary('node-26')],
  ['Bun', engineBinary('bun')],
  ['the Node that runs the tests', process.execPath],
] as const;

const service = suite('service in other runtimes');
await withPackagedProgram('./service-program.ts', async (program) => {
  for (const [name, binary] of ENGINES) {
    const title = `the service runs in ${name}`;
    if (binary === undefined) {
      skip(title, NO_ENGINE);
      continue;
    }
    const { code, output } = await runCommand(binary, [program]);
    service(title, () => {
      assert.is(code, 0, output);
      assert.match(output, /^60 of 60 frames came back$/m);
    });
  }
});
service.run();
