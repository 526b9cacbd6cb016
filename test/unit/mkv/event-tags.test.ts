/** Event metadata: bytes, both sides of each limit, and the order of what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import type { EventMetadata, StreamEventType } from '../../../sdk/core/event-metadata.ts';
import { statusName } from '../../../sdk/status.ts';
import { openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const events = suite('event tags');

/** mkv-nal §4.6: one Tag with simple tags for the event, the prefix and the pair. */
const IMAGE_WITH_PREFIX =
  '1254c36701000000000000ae737301000000000000a467c8010000000000003545a301000000000000214157535f4b494e45534953564944454f5f494d4147455f47454e45524154494f4e4487010000000000000067c8010000000000003b45a3010000000000001d4157535f4b494e45534953564944454f5f494d4147455f5052454649584487010000000000000a7072656669782f696d6767c8010000000000001645a30100000000000001614487010000000000000162';
const CLUSTER = '1f43b675';

const pairs = (count: number, name = 'n', value = 'v'): readonly (readonly [string, string])[] =>
  Array.from({ length: count }, () => [name, value] as const);

const ROWS: readonly (readonly [
  name: string,
  types: readonly StreamEventType[],
  metadata: EventMetadata,
  status: string,
])[] = [
  ['no event', [], {}, 'STATUS_INVALID_ARG'],
  ['ten pairs', ['notification'], { pairs: pairs(10) }, 'STATUS_SUCCESS'],
  ['eleven pairs', ['notification'], { pairs: pairs(11) }, 'STATUS_INVALID_ARG'],
  ['a name of 128 bytes', ['notification'], { pairs: pairs(1, 'n'.repeat(128)) }, 'STATUS_SUCCESS'],
  [
    'a name of 129 bytes',
    ['notification'],
    { pairs: pairs(1, 'n'.repeat(129)) },
    'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH',
  ],
  ['an empty name', ['notification'], { pairs: pairs(1, '') }, 'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH'],
  ['a value of 256 bytes', ['notification'], { pairs: pairs(1, 'n', 'v'.repeat(256)) }, 'STATUS_SUCCESS'],
  [
    'a value of 257 bytes',
    ['notification'],
    { pairs: pairs(1, 'n', 'v'.repeat(257)) },
    'STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH',
  ],
  ['a reserved name', ['notification'], { pairs: pairs(1, 'AWSx') }, 'STATUS_INVALID_METADATA_NAME'],
  ['a reserved prefix', ['image-generation'], { imagePrefix: 'AWSx' }, 'STATUS_INVALID_METADATA_NAME'],
  ['a prefix of 256 bytes', ['image-generation'], { imagePrefix: 'p'.repeat(256) }, 'STATUS_SUCCESS'],
  [
    'a prefix of 257 bytes',
    ['image-generation'],
    { imagePrefix: 'p'.repeat(257) },
    'STATUS_INVALID_IMAGE_PREFIX_LENGTH',
  ],
];

const BOTH: readonly StreamEventType[] = ['notification', 'image-generation'];

for (const flavour of FLAVOURS) {
  const started = (): CoreStream => {
    const { stream } = openFixture(loadCore(flavour));
    stream.beginSession();
    putAt(stream, 0, true);
    readAll(stream);
    return stream;
  };
  const put = (stream: CoreStream, types: readonly StreamEventType[], metadata?: EventMetadata): string =>
    statusName(-stream.putEventMetadata(types, metadata));
  const nextFragment = (stream: CoreStream, timeMs: number): string => {
    putAt(stream, timeMs, true);
    return toHex(readAll(stream));
  };

  for (const [name, types, metadata, status] of ROWS) {
    events(`${name} [${flavour}]`, () => {
      const stream = started();
      assert.is(put(stream, types, metadata), status);
      const bytes = nextFragment(stream, 1000);
      assert.is(bytes.includes('4157535f'), status === 'STATUS_SUCCESS', 'tags in the fragment');
    });
  }

  events(`an event goes out once, in front of the next cluster [${flavour}]`, () => {
    const stream = started();
    assert.is(put(stream, ['image-generation'], { imagePrefix: 'prefix/img', pairs: [['a', 'b']] }), 'STATUS_SUCCESS');
    assert.is(put(stream, BOTH), 'STATUS_DUPLICATE_STREAM_EVENT_TYPE', 'one of the two waits already');
    assert.ok(nextFragment(stream, 1000).startsWith(`${IMAGE_WITH_PREFIX}${CLUSTER}`));
    assert.not.ok(nextFragment(stream, 2000).includes('4157535f'));
    assert.is(put(stream, BOTH), 'STATUS_SUCCESS', 'both may be put again');
  });

  events(`not before the first frame, not after stop [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour));
    assert.is(put(stream, ['notification']), 'STATUS_STREAM_NOT_STARTED');
    putAt(stream, 0, true);
    stream.stop();
    assert.is(put(stream, ['notification']), 'STATUS_STREAM_HAS_BEEN_STOPPED');
  });

  events(`their tags count in the queue, and all or none are put [${flavour}]`, () => {
    const stream = started();
    for (let i = 0; i < 3; i++) assert.is(stream.putFragmentMetadata(`t${i}`, 'v', false), 0);
    const metadata = { imagePrefix: 'p', pairs: pairs(10, 'n'.repeat(128), 'v'.repeat(256)) };
    assert.is(put(stream, BOTH, metadata), 'STATUS_MAX_FRAGMENT_METADATA_COUNT', '3 + 23');
    stream.putFragmentMetadata('t0', '', true);
    putAt(stream, 1000, true);
    readAll(stream);
    assert.is(put(stream, BOTH, metadata), 'STATUS_SUCCESS', '23');
    assert.is(stream.putFragmentMetadata('t0', 'v', false), 0);
    assert.is(stream.putFragmentMetadata('t1', 'v', false), 0);
    assert.is(statusName(-stream.putFragmentMetadata('t2', 'v', false)), 'STATUS_MAX_FRAGMENT_METADATA_COUNT');
    const bytes = nextFragment(stream, 2000);
    assert.is(bytes.split('45a30100000000000080').length - 1, 20, 'twenty names of 128 bytes');
  });
}

events.run();
