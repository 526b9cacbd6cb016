/** `npm run demo`, as it is: its verdict, its table, and the file that it leaves, judged by tools that are not ours. */
// time-limit-s: 180
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const it = suite('demo');
const main = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url));
const recording = fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url));
const directory = await temporaryDirectory();
it.after(() => removeDirectory(directory));

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly elapsedMs: number;
}

async function runDemo(): Promise<Outcome> {
  const startMs = performance.now();
  const tsx = fileURLToPath(import.meta.resolve('tsx'));
  const child = spawn(process.execPath, ['--import', tsx, main], {
    cwd: directory,
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, elapsedMs: performance.now() - startMs };
}

it('the demo sends, is cut off, goes on, and gets every frame back identical', async () => {
  const { code, output, elapsedMs } = await runDemo();
  assert.is(code, 0, output);
  const figures = Object.fromEntries(
    [...output.matchAll(/^(.+?) {2,}(\d+)(?: ms)?$/gm)].map(([, name, figure]) => [name, Number(figure)]),
  );
  const {
    'frames sent': sent,
    'frames received': received,
    'frames identical': identical,
    fragments,
    reconnects,
  } = figures;
  assert.equal({ sent, received, identical, fragments }, { sent: 770, received: 770, identical: 770, fragments: 10 });
  assert.is(reconnects, 1);
  assert.ok(figures['fragments sent twice']! >= 1, 'the fragment that was cut');
  assert.ok(figures['put to persisted, worst']! >= figures['put to persisted, median']!);
  assert.match(output, /Connection 1 ended \(lost\)/);
  assert.match(
    output,
    /\d+\.\d s {2}\d+ frames {2}\d+ fragments {2}acks \d+\/\d+ {2}store \d+ % {2}lag \d+ ms/,
    'the progress line',
  );
  // Ten seconds are the recording; the rest is what the demo itself needs, on a machine that runs other tests beside it.
  assert.ok(elapsedMs < 25_000, `${Math.round(elapsedMs)} ms`);
});

const fileName = 'the file that the demo leaves holds the packets of the recording, and no tool complains';
if (['ffprobe', 'mkvinfo'].every((tool) => spawnSync(tool, ['--version']).error === undefined)) {
  it(fileName, () => {
    const file = join(directory, 'demo.mkv');
    const packets = (path: string, kind: string): unknown => {
      const options = ['-v', 'warning', '-select_streams', kind, '-show_entries', 'packet=size,data_hash', '-show_data_hash', 'md5', '-of', 'csv', path]; // prettier-ignore
      const { stdout, stderr } = spawnSync('ffprobe', options, { encoding: 'utf8', maxBuffer: 16 << 20 });
      assert.is(stderr, '');
      return stdout;
    };
    for (const kind of ['v', 'a']) assert.is(packets(file, kind), packets(recording, kind));
    const { status, stdout, stderr } = spawnSync('mkvinfo', ['-v', file], { encoding: 'utf8', maxBuffer: 64 << 20 });
    assert.equal([status, stderr], [0, '']);
    assert.not.match(stdout, /error|warning/i);
  });
} else {
  skip(fileName, 'ffprobe or mkvinfo is not there');
}

it.run();
