// time-limit-s: 420
/** A connection that is cut at every hundredth of an upload: no frame is lost, and every copy is identical. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { runChecks } from '../conformance/check.ts';
import { endToEndChecks } from '../conformance/end-to-end.ts';
import { setStage } from '../runtimes/support.ts';

const stage = await setStage('cut');
const platform = createNodePlatform({ logLevel: 'error' });

/** One whole run: put, cut, go on, read back, compare. Returns what failed. */
async function runCutAfter(bytes: number, streamName: string): Promise<string[]> {
  stage.link.cutAfter(bytes);
  const results = await runChecks(endToEndChecks({ ...stage.task, streamName }, createProducer), platform);
  return results.flatMap(({ name, failure }) => (failure === null ? [] : [`${name}: ${failure}`]));
}

// What one whole upload is, a run that is not cut tells.
const passedBefore = stage.link.passedBytes;
const [onlyFailure, ...others] = await runCutAfter(Infinity, 'not-cut');
assert.match(onlyFailure ?? '', 'the link was cut on the way: disconnects: expected 1, got 0');
assert.equal(others, []);
const uploadBytes = stage.link.passedBytes - passedBefore;

const it = suite('upload cut at every hundredth');

for (let percent = 1; percent < 100; percent++) {
  it(`loses no frame when the connection is cut after ${percent} %`, async () => {
    assert.equal(await runCutAfter(Math.floor((uploadBytes * percent) / 100), `cut-at-${percent}`), []);
  });
}

it.after(() => stage.close());
it.run();
