// time-limit-s: 240
/** The embedded service and the command in the runtimes that take the package's Node entry. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
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

const bun = engineBinary('bun');
if (bun === undefined) skip('the command runs in Bun', NO_ENGINE);
else {
  service('the command runs in Bun: what is put can be got', async () => {
    const running = await startTestService();
    const directory = await temporaryDirectory();
    try {
      const back = join(directory, 'back.mkv');
      for (const args of [
        ['put', 'front-door', 'examples/demo/recording.mp4', '--create', '--fast'],
        ['get', 'front-door', '--from', 'earliest', '--no-follow', '-o', back],
      ]) {
        const { code, output } = await runCommand(bun, ['dist/cli.js', ...args, '--endpoint', running.url]);
        assert.is(code, 0, output);
      }
      const sentBytes = readFileSync('examples/demo/recording.mp4').length;
      assert.ok(readFileSync(back).length > 0.9 * sentBytes);
    } finally {
      await running.close();
      await removeDirectory(directory);
    }
  });
}
service.run();
