/** Reading around the 64 spans of one call into the core, with chunks of every size. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { MkvReader } from '../../../sdk/core/mkv-reader.ts';
import { openFixture, PLAIN_VIDEO, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

/** As in `assembly/stream/spans.ts`; the session's header takes the first. */
const SPANS = 64;
const DRY = STATUS.STATUS_NO_MORE_DATA_AVAILABLE;

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const it = suite(`span table [${flavour}]`);

  it('any number of items comes out whole, whatever the chunk', () => {
    for (const frames of [1, SPANS - 2, SPANS - 1, SPANS, SPANS + 1, 2 * SPANS - 1, 2 * SPANS, 3 * SPANS + 5]) {
      const { store, stream } = openFixture(core);
      for (let i = 0; i < frames; i++) putAt(stream, i, i % 50 === 0);
      stream.beginSession();
      const whole = readAll(stream, 1 << 16);
      assert.is(stream.readStatus, DRY);
      assert.is(stream.stats.unsentItems, 0, `${frames} frames in one read`);
      for (const chunkBytes of [1, 2, 7, 13, 14, 64, whole.length - 1, whole.length, whole.length + 1]) {
        stream.rollBack('unpersisted');
        stream.beginSession();
        assert.is(toHex(readAll(stream, chunkBytes)), toHex(whole), `${frames} frames in chunks of ${chunkBytes}`);
        assert.is(stream.readStatus, DRY);
        assert.is(stream.stats.unsentBytes, 0);
      }
      store.dispose();
    }
  });

  it('a chunk that ends with the last span, with the last item, or both, is full', () => {
    for (const frames of [SPANS - 1, SPANS]) {
      const { store, stream } = openFixture(core);
      for (let i = 0; i < frames; i++) putAt(stream, i, i === 0);
      stream.beginSession();
      const { length } = readAll(stream, 1 << 16);
      stream.rollBack('unpersisted');
      stream.beginSession();
      assert.is(stream.read(new Uint8Array(length)), length);
      assert.is(stream.readStatus, 0);
      assert.is(stream.read(new Uint8Array(0)), 0);
      assert.is(stream.readStatus, 0, 'an empty chunk is full at once');
      assert.is(stream.read(new Uint8Array(1)), 0);
      assert.is(stream.readStatus, DRY);
      store.dispose();
    }
  });

  it('what is closed answers with a status, and does not reach what was opened in its place', () => {
    const { store, stream } = openFixture(core);
    const reader = new MkvReader(core);
    stream.dispose();
    store.dispose();
    reader.dispose();
    const other = openFixture(core);
    assert.is(putAt(other.stream, 0, true), 2);
    const before = JSON.stringify(other.stream.stats);
    const closed = STATUS.STATUS_INVALID_HANDLE_ERROR;
    assert.is(putAt(stream, 0, true), -closed);
    for (const call of [
      () => stream.endFragment(),
      () => stream.stop(),
      () => stream.beginSession(),
      () => stream.endSession(),
      () => stream.putFragmentMetadata('name', 'value', true),
      () => stream.putEventMetadata(['notification']),
      () => stream.setCodecPrivateData(1, Uint8Array.of(1)),
      () => stream.setNalAdaptation('none'),
    ])
      assert.is(call(), -closed, String(call));
    for (const call of [
      () => stream.read(new Uint8Array(9)),
      () => stream.rollBack('received'),
      () => stream.stats,
      () => stream.streamStartUs,
      () => stream.lacksCodecPrivateData(1),
      () => store.usedBytes,
      () => store.openStream(PLAIN_VIDEO),
      () => reader.push(new Uint8Array(9)),
      () => reader.next(),
      () => reader.finish(),
    ]) {
      try {
        call();
        assert.unreachable(String(call));
      } catch (error) {
        assert.instance(error, KvsError, String(call));
        assert.is((error as KvsError).code, 'STATUS_INVALID_HANDLE_ERROR', String(call));
      }
    }
    for (const { status } of [stream.acknowledge('persisted', 0), stream.skipFragment(0), stream.dropOldestFragment()])
      assert.is(status, closed);
    for (const closable of [stream, store, reader]) closable.dispose();
    assert.is(JSON.stringify(other.stream.stats), before);
    other.store.dispose();
  });
  it.run();
}
