import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Core } from '../../sdk/core/core.ts';
import { FRAME_BEGAN_FRAGMENT } from '../../sdk/core/core-stream-types.ts';
import { drain, putScenarioFrame, resultName, STORE_BYTES, withoutNativeDefects } from './client-driver.ts';
import { coreSettings } from './core-settings.ts';
import type { Output, Scenario } from './scenario.ts';

/** What the bare generator writes where the client layer would give it a random identifier. */
const GENERATOR_UUID = new Uint8Array(16).fill(0x55);

/**
 * Runs a scenario's frames through the packager alone: no tags, no explicit end of fragment, no stop. Compares each frame's status, its count
 * of bytes and whether it began a cluster, and all bytes.
 */
export function runGenerator(core: Core, scenario: Scenario, output: Output, folder: string): void {
  const store = core.openStore(STORE_BYTES);
  try {
    const random = scenario.stream_info.segment_uuid === null;
    const stream = store.openStream({
      ...coreSettings(scenario),
      startsAtKeyFrame: false,
      ...(random && { segmentUuid: GENERATOR_UUID }),
    });
    stream.beginSession();
    const frames = scenario.operations.filter(
      (operation) => operation.op === 'put_frame' && !operation.flags?.includes('end_of_fragment'),
    );
    const pieces = (output.frames ?? []).map((expected, position) => {
      const operation = frames[position];
      assert.ok(operation, `frame ${position} is missing`);
      const result = putScenarioFrame(stream, scenario, operation);
      assert.is(resultName(result), expected.status, `frame ${position}`);
      const { bytes } = drain(stream);
      assert.is(bytes.length, expected.bytes, `frame ${position}: bytes`);
      if (expected.stream_state !== undefined) {
        assert.is(
          result === FRAME_BEGAN_FRAGMENT,
          expected.stream_state !== 'start_block',
          `frame ${position}: ${expected.stream_state}`,
        );
      }
      return bytes;
    });
    const expectedBytes = withoutNativeDefects(scenario, readFileSync(join(folder, output.file)));
    assert.is(Buffer.concat(pieces).toString('hex'), expectedBytes.toString('hex'), `bytes of ${output.file}`);
  } finally {
    store.dispose();
  }
}
