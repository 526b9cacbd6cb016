/** Fragment metadata, events and explicit ends of fragments. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import type { EventMetadata, StreamEventType } from '../../../sdk/core/event-metadata.ts';
import { putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { type LimitRow, textHex, withStarted, withStream } from './limit-row.ts';

const EVENT: readonly StreamEventType[] = ['notification'];

/** Tags of the next fragment, after something was queued with success. */
function nextFragment(stream: CoreStream): string {
  putAt(stream, 1000, true);
  return toHex(readAll(stream));
}

const putsTag =
  (name: string, value: string) =>
  (core: Core): void =>
    withStarted(core, {}, (stream) => {
      assert.is(stream.putFragmentMetadata(name, value, false), 0);
      const bytes = nextFragment(stream);
      assert.ok(bytes.includes(textHex(name)) && bytes.includes(textHex(value)));
    });
const refusesTag =
  (name: string, value: string) =>
  (core: Core): number =>
    withStarted(core, {}, (stream) => stream.putFragmentMetadata(name, value, false));

const putsEvent =
  (metadata: EventMetadata, text: string, events: readonly StreamEventType[] = EVENT) =>
  (core: Core): void =>
    withStarted(core, {}, (stream) => {
      assert.is(stream.putEventMetadata(events, metadata), 0);
      assert.ok(nextFragment(stream).includes(textHex(text)));
    });
const refusesEvent =
  (metadata: EventMetadata, events: readonly StreamEventType[] = EVENT) =>
  (core: Core): number =>
    withStarted(core, {}, (stream) => stream.putEventMetadata(events, metadata));

/** A chain written by itself; its bytes or minus a status. */
function chain(core: Core, top: number, nameBytes: number, valueBytes: number): number {
  const at = core.scratch(new Uint8Array(1024));
  return core.exports.tagChainWrite(at, top, at + 512, nameBytes, at + 512, valueBytes);
}

function fill(stream: CoreStream, count: number): void {
  for (let i = 0; i < count; i++) assert.is(stream.putFragmentMetadata(`n${i}`, 'v', false), 0, `${i}`);
}

const pairs = (count: number, name = 'n', value = 'v'): EventMetadata => ({
  pairs: Array.from({ length: count }, () => [name, value] as const),
});

export const TAG_LIMITS: readonly LimitRow[] = [
  {
    limit: 'tags waiting',
    value: '25',
    status: 'STATUS_MAX_FRAGMENT_METADATA_COUNT',
    number: 0x52000074,
    inside: {
      '25': (core) =>
        withStarted(core, {}, (stream) => {
          fill(stream, 25);
          assert.is(nextFragment(stream).split('1254c367').length - 1, 25);
        }),
      'a persistent one replaced when there are 25': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putFragmentMetadata('p', 'v', true), 0);
          fill(stream, 24);
          assert.is(stream.putFragmentMetadata('p', 'w', true), 0);
        }),
    },
    outside: {
      '26': (core) =>
        withStarted(core, {}, (stream) => {
          fill(stream, 25);
          return stream.putFragmentMetadata('x', 'v', false);
        }),
      '26 with an event': (core) =>
        withStarted(core, {}, (stream) => {
          fill(stream, 24);
          return stream.putEventMetadata(EVENT, pairs(1));
        }),
    },
  },
  {
    limit: 'tag name',
    value: '1…128 bytes',
    status: 'STATUS_MKV_INVALID_TAG_NAME_LENGTH',
    number: 0x32000020,
    inside: {
      '1': putsTag('n', 'v'),
      '128': putsTag('n'.repeat(128), 'v'),
      '64 characters of two bytes': putsTag('é'.repeat(64), 'v'),
      '128 in a chain': (core) => assert.is(chain(core, 0, 128, 0), 52 + 128),
    },
    outside: {
      '0': refusesTag('', 'v'),
      '129': refusesTag('n'.repeat(129), 'v'),
      '65 characters, 129 bytes': refusesTag(`n${'é'.repeat(64)}`, 'v'),
      '0 in a chain': (core) => chain(core, 0, 0, 1),
      '129 in a chain': (core) => chain(core, 2, 129, 1),
    },
  },
  {
    limit: 'tag value',
    value: '0…256 bytes',
    status: 'STATUS_MKV_INVALID_TAG_VALUE_LENGTH',
    number: 0x32000021,
    inside: {
      '0': putsTag('name', ''),
      '256': putsTag('name', 'v'.repeat(256)),
      '256 in a chain': (core) => assert.is(chain(core, 1, 128, 256), 40 + 128 + 256),
    },
    outside: {
      '257': refusesTag('n', 'v'.repeat(257)),
      '129 characters, 258 bytes': refusesTag('n', 'é'.repeat(129)),
      '257 in a chain': (core) => chain(core, 0, 1, 257),
    },
  },
  {
    limit: 'beginning of a tag name, of an image prefix',
    value: 'not AWS',
    status: 'STATUS_INVALID_METADATA_NAME',
    number: 0x52000077,
    inside: {
      AW: putsTag('AW', 'v'),
      aws: putsTag('aws', 'v'),
      'aws in an event': putsEvent(pairs(1, 'awsx'), 'awsx'),
    },
    outside: {
      AWS: refusesTag('AWS', 'v'),
      'AWS in an event': refusesEvent(pairs(1, 'AWSx')),
      'AWS in a prefix': refusesEvent({ imagePrefix: 'AWS/' }, ['image-generation']),
    },
  },
  {
    limit: 'parent of a tag chain',
    value: '0 Tags, 1 Tag, 2 SimpleTag',
    status: 'STATUS_MKV_INVALID_PARENT_TYPE',
    number: 0x3200002d,
    inside: {
      '0': (core) => assert.is(chain(core, 0, 1, 1), 54),
      '2': (core) => assert.is(chain(core, 2, 1, 1), 32),
    },
    outside: { '3': (core) => chain(core, 3, 1, 1), '−1': (core) => chain(core, -1, 1, 1) },
  },
  {
    limit: 'pairs beside an event',
    value: '10',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '10': putsEvent(pairs(10), 'n'), '0': putsEvent({}, 'AWS_KINESISVIDEO_NOTIFICATION') },
    outside: { '11': refusesEvent(pairs(11)) },
  },
  {
    limit: 'name of a pair',
    value: '1…128 bytes',
    status: 'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH',
    number: 0x5200008e,
    inside: { '1': putsEvent(pairs(1, 'n'), 'n'), '128': putsEvent(pairs(1, 'n'.repeat(128)), 'n'.repeat(128)) },
    outside: { '0': refusesEvent(pairs(1, '')), '129': refusesEvent(pairs(1, 'n'.repeat(129))) },
  },
  {
    limit: 'value of a pair',
    value: '0…256 bytes',
    status: 'STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH',
    number: 0x5200008f,
    inside: {
      '0': putsEvent(pairs(1, 'n', ''), 'n'),
      '256': putsEvent(pairs(1, 'n', 'v'.repeat(256)), 'v'.repeat(256)),
    },
    outside: { '257': refusesEvent(pairs(1, 'n', 'v'.repeat(257))) },
  },
  {
    limit: 'image prefix',
    value: '0…256 bytes',
    status: 'STATUS_INVALID_IMAGE_PREFIX_LENGTH',
    number: 0x5200008d,
    inside: {
      '256': putsEvent({ imagePrefix: 'p'.repeat(256) }, 'p'.repeat(256), ['image-generation']),
      '0, no tag': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putEventMetadata(['image-generation'], { imagePrefix: '' }), 0);
          assert.not.ok(nextFragment(stream).includes(textHex('IMAGE_PREFIX')));
        }),
    },
    outside: { '257': refusesEvent({ imagePrefix: 'p'.repeat(257) }, ['image-generation']) },
  },
  {
    limit: 'events of a kind for one fragment',
    value: '1',
    status: 'STATUS_DUPLICATE_STREAM_EVENT_TYPE',
    number: 0x5200008b,
    inside: {
      'one of each': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putEventMetadata(['notification']), 0);
          assert.is(stream.putEventMetadata(['image-generation']), 0);
        }),
    },
    outside: {
      '2': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.putEventMetadata(EVENT), 0);
          return stream.putEventMetadata(EVENT);
        }),
    },
  },
  {
    limit: 'events before the first frame',
    value: 'none',
    status: 'STATUS_STREAM_NOT_STARTED',
    number: 0x5200008c,
    inside: { 'after it': putsEvent({}, 'AWS_KINESISVIDEO_NOTIFICATION') },
    outside: { 'before it': (core) => withStream(core, {}, (stream) => stream.putEventMetadata(EVENT)) },
  },
  {
    limit: 'explicit ends of one fragment',
    value: '1',
    status: 'STATUS_MULTIPLE_CONSECUTIVE_EOFR',
    number: 0x5200008a,
    inside: {
      '1': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.endFragment(), 0);
          assert.is(putAt(stream, 10, true), 2);
          assert.is(stream.endFragment(), 0);
        }),
    },
    outside: {
      '2': (core) =>
        withStarted(core, {}, (stream) => {
          assert.is(stream.endFragment(), 0);
          return stream.endFragment();
        }),
    },
  },
  {
    limit: 'explicit ends of fragments cut by duration',
    value: 'only where asked for',
    status: 'STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE',
    number: 0x52000078,
    inside: {
      'asked for': (core) =>
        withStarted(core, { keyFrameFragmentation: false, endsDurationFragments: true }, (stream) =>
          assert.is(stream.endFragment(), 0),
        ),
    },
    outside: {
      'not asked for': (core) => withStarted(core, { keyFrameFragmentation: false }, (stream) => stream.endFragment()),
    },
  },
];
