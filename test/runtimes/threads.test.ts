/**
 * Two threads put into one stream while a third uploads over a link that is cut in the middle: every frame comes back identical, in order.
 * In Node, Deno and Bun.
 */
// time-limit-s: 300
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { runCommand } from '../../scripts/command.mjs';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { loadCore } from '../support/load-core.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { ALL_FRAMES, type LoadResult, type LoadTask } from '../threads/load.ts';
import { FRAMES, storedData } from '../threads/load-plan.ts';

const REGION = 'us-west-2';
const CUT_AFTER_BYTES = 2_000_000;
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const threads = suite('threads under load');

/** Data of each frame that came back, by track, in order; fragments that were sent twice count once. */
async function readBack(serviceUrl: string, streamName: string): Promise<Map<number, Uint8Array[]>> {
  const target = {
    platform: createNodePlatform(),
    region: REGION,
    endpoint: serviceUrl,
    credentials: staticCredentials(DEVELOPMENT_CREDENTIALS),
  };
  const media = await getMedia(target, streamName, { type: 'EARLIEST' }, { signal: AbortSignal.timeout(60_000) });
  const seen = new Set<number>();
  const tracks = new Map<number, Uint8Array[]>([
    [1, []],
    [2, []],
  ]);
  let frames = 0;
  for await (const fragment of readFragments(loadCore('simd'), media)) {
    if (seen.has(fragment.clusterTimecode)) continue;
    seen.add(fragment.clusterTimecode);
    for (const { trackNumber, data } of fragment.frames) tracks.get(trackNumber)?.push(data.slice());
    frames += fragment.frames.length;
    if (frames >= ALL_FRAMES) break;
  }
  return tracks;
}

async function check(command: (task: string, host: string) => readonly string[]): Promise<void> {
  const service = await startTestService({ region: REGION, publicUrl: (): string => link.url });
  const link = await startCuttingProxy(service.url, { cutAfterBytes: CUT_AFTER_BYTES });
  const task: LoadTask = {
    endpoint: link.url,
    region: REGION,
    credentials: DEVELOPMENT_CREDENTIALS,
    streamName: 'two-threads',
  };
  const [program = '', ...given] = command(JSON.stringify(task), new URL(link.url).host);
  const { code, output } = await runCommand(program, given, { env: { NO_COLOR: '1' }, timeLimitMs: 120_000 });
  assert.is(code, 0, output);
  const result = JSON.parse(output.slice(output.lastIndexOf('{"putFrames"'))) as LoadResult;
  assert.is(result.putFrames, ALL_FRAMES);
  assert.is(result.framesPut, ALL_FRAMES);
  assert.is(result.framesDropped, 0);
  assert.ok(result.connections > 1, 'the link was cut');
  for (const [trackNumber, frames] of await readBack(service.url, task.streamName)) {
    assert.is(frames.length, FRAMES[trackNumber]);
    for (const [number, data] of frames.entries())
      assert.is(Buffer.compare(data, storedData(trackNumber, number)), 0, `frame ${number} of track ${trackNumber}`);
  }
  await link.close();
  await service.close();
}

const main = path('test/threads/node-main.ts');
threads('in Node', () => check((task) => [process.execPath, '--import', 'tsx', main, task]));

threads('in Deno', () =>
  check((task, host) => [
    process.execPath,
    path('node_modules/deno/bin.cjs'),
    'run',
    '--no-prompt',
    '--cached-only',
    '--config=bindings/deno/deno.json',
    '--allow-read',
    `--allow-net=${host}`,
    'test/deno/threads.ts',
    task,
  ]),
);

const BUN = path('test/runtimes/engines/node_modules/bun/bin/bun');
if (existsSync(BUN)) threads('in Bun', () => check((task) => [BUN, 'run', main, task]));
else skip('threads under load in Bun', 'Bun is not installed');

threads.run();
