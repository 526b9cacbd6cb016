/** Headers of older generations of codec private data: kept for the fragments that need them, in the store, and no longer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION } from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { h264Sets } from '../../support/parameter-sets.ts';
import { Camera, config, goOn, LARGE, OVER, session, SMALL } from './changing-camera.ts';

const it = suite('headers of generations');

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const open = (settings: Partial<CoreStreamConfig> = config('h264', 'none'), storeBytes?: number): Camera =>
    new Camera(openFixture(core, settings, storeBytes), settings.nal === 'annexb-to-avcc' ? 'annexb' : 'avcc');
  const test = (name: string, body: () => void): void => it(`${name} [${flavour}]`, body);

  test('the header of a generation goes with its last fragment: acknowledged, dropped or refused', () => {
    for (const leave of [
      (stream: CoreStream) => stream.acknowledge('persisted', 10),
      (stream: CoreStream) => [stream.dropOldestFragment(), stream.dropOldestFragment()],
      (stream: CoreStream) => [stream.skipFragment(10), stream.skipFragment(0)],
    ]) {
      const camera = open();
      camera.key(0, SMALL);
      camera.key(10, LARGE);
      camera.key(20, SMALL);
      assert.equal([session(camera.stream).record, session(camera.stream).record], ['SMALL', 'LARGE']);
      leave(camera.stream);
      const left = camera.store.usedBytes;
      assert.is(session(camera.stream).record, 'SMALL');
      const alone = open();
      alone.key(20, SMALL);
      assert.is(left, alone.store.usedBytes, 'only the last fragment is left');
      camera.store.dispose();
      alone.store.dispose();
    }
  });

  test('the fragment between two others takes its header along', () => {
    const camera = open();
    camera.key(0, SMALL);
    const perFragment = camera.store.usedBytes;
    camera.key(10, LARGE);
    const withHeader = camera.store.usedBytes;
    camera.key(20, h264Sets(320, 240));
    camera.stream.skipFragment(10);
    assert.is(camera.store.usedBytes, withHeader);
    assert.ok(withHeader > 2 * perFragment);
    assert.equal([session(camera.stream).record, session(camera.stream).size], ['SMALL', '320×240']);
    camera.store.dispose();
  });

  test('a header that is half sent when its fragments go is finished, and its session ends empty', () => {
    const camera = open();
    camera.key(0, SMALL);
    camera.key(10, LARGE);
    camera.stream.beginSession();
    const begun = new Uint8Array(50);
    assert.is(camera.stream.read(begun), 50);
    assert.is(camera.stream.dropOldestFragment().frames, 1);
    const said = goOn(camera.stream, begun);
    assert.equal(said, { record: 'SMALL', size: '640×480', timecodes: [], marked: false, status: OVER });
    assert.equal(session(camera.stream).timecodes, [10]);
    camera.store.dispose();
  });

  test('a store too full for the header of what was put refuses the frame, and takes it later', () => {
    const camera = open(config('h264', 'none'), 4096);
    camera.key(0, SMALL);
    for (let time = 1; camera.key(time, SMALL) > 0; time++);
    const { framesStored } = camera.stream.stats;
    camera.stream.skipFragment(framesStored - 1);
    assert.is(camera.key(900, LARGE), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
    assert.is(camera.stream.setCodecPrivateData(1, LARGE.record), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
    assert.is(camera.changes, 0);
    assert.is(camera.key(900, SMALL), FRAME_BEGAN_FRAGMENT, 'as if nothing had been tried');
    for (let i = 0; i < 4; i++) camera.stream.dropOldestFragment();
    assert.is(camera.key(910, LARGE), FRAME_BEGAN_GENERATION);
    assert.equal([session(camera.stream).record, session(camera.stream).record], ['SMALL', 'LARGE']);
    camera.store.dispose();
  });

  test('a change in every fragment, until the store is full, and everything comes out with its own header', () => {
    const camera = open(config('h264', 'none'), 32 * 1024);
    let put = 0;
    while (camera.key(put * 10, put % 2 === 0 ? SMALL : LARGE) > 0) put++;
    assert.ok(put > 30, `${put} generations`);
    for (let i = 0; i < put; i++) {
      const said = session(camera.stream);
      assert.equal([said.record, said.timecodes], [i % 2 === 0 ? 'SMALL' : 'LARGE', [i * 10]]);
      if (i < put - 1) camera.stream.acknowledge('persisted', i * 10);
    }
    camera.stream.stop();
    readAll(camera.stream);
    camera.stream.acknowledge('persisted', (put - 1) * 10);
    assert.is(camera.store.usedBytes, 0);
    camera.store.dispose();
  });

  test('a closed stream leaves nothing of its generations', () => {
    const camera = open();
    camera.key(0, SMALL);
    camera.key(10, LARGE);
    camera.stream.dispose();
    assert.is(camera.store.usedBytes, 0);
    camera.store.dispose();
  });
}

it.run();
