/** Fragment metadata, explicit ends of fragments, and what closes a stream. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const tags = suite('fragment tags');

const TAG_K_V =
  '1254c367010000000000002a7373010000000000002067c8010000000000001645a301000000000000016b4487010000000000000176';
const END_OF_FRAGMENT =
  '1254c36701000000000000487373010000000000003e67c8010000000000003445a301000000000000204157535f4b494e45534953564944454f5f454e445f4f465f465241474d454e5444870100000000000000';
const CLUSTER = '1f43b675';

/** Names of the tags in these bytes, with `|` where a cluster begins and `!` for an end of fragment. */
function shape(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const marks = text.matchAll(/\x1f\x43\xb6\x75|\x45\xa3\x01\x00{6}(?:[^])(\w+)/g);
  return [...marks]
    .map((mark) =>
      mark[1] === undefined
        ? '|'
        : mark[1].startsWith('AWS_KINESISVIDEO_END_OF_FRAGMENT')
          ? '!'
          : mark[1].replace(/D$/, ''),
    )
    .join('');
}

const put = (stream: CoreStream, name: string, persistent = false, value = 'v'): number =>
  stream.putFragmentMetadata(name, value, persistent);

for (const flavour of FLAVOURS) {
  const open = (): CoreStream => {
    const { stream } = openFixture(loadCore(flavour));
    stream.beginSession();
    return stream;
  };

  tags(`the bytes of a tag and of the end of a fragment [${flavour}]`, () => {
    const stream = open();
    assert.is(put(stream, 'k'), 0);
    putAt(stream, 0, true);
    assert.ok(toHex(readAll(stream)).includes(`${TAG_K_V}${CLUSTER}`), 'in front of the cluster, behind the header');
    assert.is(stream.endFragment(), 0);
    assert.is(toHex(readAll(stream)), END_OF_FRAGMENT);
  });

  tags(`one-time tags go out once, persistent ones with every fragment, in order [${flavour}]`, () => {
    const stream = open();
    put(stream, 'a');
    put(stream, 'P', true);
    put(stream, 'b');
    putAt(stream, 0, true);
    putAt(stream, 10, false);
    putAt(stream, 1000, true);
    put(stream, 'c');
    put(stream, 'Q', true);
    putAt(stream, 2000, true);
    assert.is(put(stream, 'P', true, 'other'), 0);
    putAt(stream, 3000, true);
    assert.is(put(stream, 'Q', true, ''), 0);
    putAt(stream, 4000, true);
    assert.is(shape(readAll(stream)), 'aPb|P|PcQ|QP|P|');
  });

  tags(`taking away a persistent tag that is not there does nothing [${flavour}]`, () => {
    const stream = open();
    assert.is(put(stream, 'x', true, ''), 0);
    putAt(stream, 0, true);
    assert.is(shape(readAll(stream)), '|');
  });

  tags(`an end of fragment takes new tags with it, and frames wait for a key frame [${flavour}]`, () => {
    const stream = open();
    put(stream, 'P', true);
    putAt(stream, 0, true);
    put(stream, 'a');
    assert.is(stream.endFragment(), 0);
    assert.is(stream.endFragment(), -STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR);
    assert.is(putAt(stream, 10, false), 1);
    assert.is(putAt(stream, 20, true), 2);
    stream.stop();
    assert.is(shape(readAll(stream)), 'P|a!P|!');
  });

  tags(`an end of fragment needs a fragment [${flavour}]`, () => {
    assert.is(open().endFragment(), -STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS);
    const { stream } = openFixture(loadCore(flavour), { keyFrameFragmentation: false });
    putAt(stream, 0, true);
    assert.is(stream.endFragment(), -STATUS.STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE);
  });

  tags(`fragments that are cut by duration end by hand where that was asked for [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), { keyFrameFragmentation: false, endsDurationFragments: true });
    stream.beginSession();
    assert.is(stream.endFragment(), -STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS);
    assert.is(putAt(stream, 0, true), 2);
    assert.is(putAt(stream, 10, true), 0);
    assert.is(stream.endFragment(), 0);
    assert.is(putAt(stream, 20, true), 2, 'the next key frame begins a fragment, long before the duration is over');
    assert.is(putAt(stream, 30, true), 0);
    stream.stop();
    assert.is(shape(readAll(stream)), '|!|!');
  });

  tags(`stopping sends what is left and the mark, but not behind an explicit end [${flavour}]`, () => {
    const stream = open();
    put(stream, 'P', true);
    putAt(stream, 0, true);
    put(stream, 'a');
    put(stream, 'Q', true);
    assert.is(stream.stop(), 0);
    assert.is(stream.stop(), 0, 'again changes nothing');
    assert.is(put(stream, 'z'), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
    assert.is(putAt(stream, 10, true), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
    assert.is(stream.endFragment(), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
    assert.is(shape(readAll(stream, 17)), 'P|aQ!');
    assert.is(stream.readStatus, STATUS.STATUS_AWAITING_PERSISTED_ACK);

    const ended = open();
    putAt(ended, 0, true);
    ended.endFragment();
    put(ended, 'a');
    ended.stop();
    assert.is(shape(readAll(ended)), '|!');
  });

  tags(`the closing bytes are sent again in a new session [${flavour}]`, () => {
    const stream = open();
    putAt(stream, 0, true);
    put(stream, 'a');
    stream.stop();
    assert.is(shape(readAll(stream)), '|a!');
    stream.rollBack('unpersisted');
    stream.beginSession();
    assert.is(shape(readAll(stream, 1)), '|a!');
  });

  tags(`a stored fragment keeps its tags when it is sent again [${flavour}]`, () => {
    const stream = open();
    put(stream, 'a');
    putAt(stream, 0, true);
    putAt(stream, 1000, true);
    const first = readAll(stream);
    stream.rollBack('unpersisted');
    stream.beginSession();
    assert.is(toHex(readAll(stream)), toHex(first));
  });

  tags(`names, values and the queue have limits [${flavour}]`, () => {
    const stream = open();
    assert.is(put(stream, ''), -STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH);
    assert.is(put(stream, 'n'.repeat(129)), -STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH);
    assert.is(put(stream, 'AWSfoo'), -STATUS.STATUS_INVALID_METADATA_NAME);
    assert.is(put(stream, 'awsfoo'), 0);
    assert.is(put(stream, 'é'.repeat(65)), -STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH, 'bytes, not characters');
    assert.is(put(stream, 'n', false, 'v'.repeat(257)), -STATUS.STATUS_MKV_INVALID_TAG_VALUE_LENGTH);
    for (let i = 1; i < 24; i++) assert.is(put(stream, 'n'.repeat(128), false, 'v'.repeat(256)), 0);
    assert.is(put(stream, 'P', true), 0, 'the 25th');
    assert.is(put(stream, 'x'), -STATUS.STATUS_MAX_FRAGMENT_METADATA_COUNT);
    assert.is(put(stream, 'P', true, 'replaced'), 0);
    assert.is(putAt(stream, 0, true), 2);
    assert.is([...shape(readAll(stream)).matchAll(/n{128}/g)].length, 23);
  });

  tags(`tags queued in vain cost nothing when the key frame is refused [${flavour}]`, () => {
    const stream = open();
    putAt(stream, 1000, true);
    put(stream, 'a');
    assert.is(putAt(stream, 500, true), -STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP);
    assert.is(putAt(stream, 2000, true), 2);
    assert.is(shape(readAll(stream)), '|a|');
  });
}

tags.run();
