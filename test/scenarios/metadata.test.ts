/** Fragment and event metadata: producer-core §14, with its traps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
import type { EventMetadata, StreamEventType } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { openUnsent } from '../support/full-store.ts';
import { outcomeOf, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: metadata');
const NOTIFICATION = 'AWS_KINESISVIDEO_NOTIFICATION';
const IMAGES = 'AWS_KINESISVIDEO_IMAGE_GENERATION';

async function statusOf(promise: Promise<unknown>): Promise<number> {
  const outcome = await outcomeOf(promise);
  return outcome === undefined ? 0 : (outcome as KvsError).status;
}

/** Names of each sent fragment's tags, in order. */
async function sentTags(test: TestStream): Promise<string[][]> {
  await test.service.idle();
  return (await test.service.upload.fragments()).map(({ tags }) => tags.map(({ name }) => name));
}

const pairs = (count: number): ReadonlyArray<readonly [string, string]> =>
  Array.from({ length: count }, (_, i) => [`n${i}`, `v${i}`] as const);

for (const [what, name, value, status] of [
  ['a name of 128 bytes', 'n'.repeat(128), 'v', 0],
  ['a name of 129 bytes', 'n'.repeat(129), 'v', STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
  ['no name', '', 'v', STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
  ['a value of 256 bytes', 'n', 'v'.repeat(256), 0],
  ['a value of 257 bytes', 'n', 'v'.repeat(257), STATUS.STATUS_MKV_INVALID_TAG_VALUE_LENGTH],
  ['128 characters of two bytes', 'é'.repeat(128), 'v', STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
  ['a name that begins with AWS', 'AWSfoo', 'v', STATUS.STATUS_INVALID_METADATA_NAME],
  ['a name that begins with aws', 'awsfoo', 'v', 0],
  ['a name with AWS inside', 'myAWS', 'v', 0],
] as const)
  for (const persistent of [false, true])
    it(`S147: ${what}${persistent ? ', persistent' : ''}`, async () => {
      const test = await TestStream.open();
      assert.is(await statusOf(test.stream.putFragmentMetadata(name, value, { persistent })), status);
      await test.putFragments(1);
      assert.equal(await sentTags(test), [status === 0 ? [name] : []]);
      await test.end();
    });

it('S148: 25 tags may wait, a 26th may not', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 25; i++) assert.is(await statusOf(test.stream.putFragmentMetadata(`n${i}`, 'v')), 0);
  const full = STATUS.STATUS_MAX_FRAGMENT_METADATA_COUNT;
  assert.is(await statusOf(test.stream.putFragmentMetadata('one more', 'v')), full);
  await test.putFragments(1);
  assert.is((await sentTags(test))[0]?.length, 25);
  assert.is(await statusOf(test.stream.putFragmentMetadata('one more', 'v')), 0, 'they are gone out');
  await test.end();
});

it('S148: a persistent tag can be replaced, and taken away, while 25 wait', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 25; i++) await test.stream.putFragmentMetadata(`n${i}`, 'v', { persistent: true });
  assert.is(await statusOf(test.stream.putFragmentMetadata('n3', 'w', { persistent: true })), 0);
  assert.is(await statusOf(test.stream.putFragmentMetadata('n4', '', { persistent: true })), 0);
  await test.putFragments(1);
  const [fragment] = await test.service.upload.fragments();
  assert.is(fragment?.tags.length, 24);
  assert.is(fragment?.tags.find(({ name }) => name === 'n3')?.value, 'w');
  await test.end();
});

it('S149: metadata put before the service knows the stream go out with its first fragment', async () => {
  const test = await openUnsent();
  // Native refuses them with STATUS_INVALID_STREAM_STATE, though it takes frames.
  assert.is(await statusOf(test.stream.putFragmentMetadata('site', 'north')), 0);
  await test.putFragments(1);
  test.service.on('/describeStream', { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE"}}' });
  await test.service.pass(3_000);
  assert.equal(await sentTags(test), [['site']]);
  await test.end();
});

it('S150: an event needs a first frame, and waits once for its fragment', async () => {
  const test = await TestStream.open();
  const put = (): Promise<number> => statusOf(test.stream.putEventMetadata(['notification']));
  assert.is(await put(), STATUS.STATUS_STREAM_NOT_STARTED);
  await test.putFrames(1);
  assert.is(await put(), 0);
  assert.is(await put(), STATUS.STATUS_DUPLICATE_STREAM_EVENT_TYPE);
  assert.is(await statusOf(test.stream.putEventMetadata(['image-generation'])), 0, 'the other one');
  const both = test.stream.putEventMetadata(['image-generation', 'notification']);
  assert.is(await statusOf(both), STATUS.STATUS_DUPLICATE_STREAM_EVENT_TYPE, 'both, while one waits');
  await test.putFrames(4);
  assert.is(await put(), 0);
  await test.putFrames(4);
  assert.equal(await sentTags(test), [[], [NOTIFICATION, IMAGES], [NOTIFICATION]]);
  await test.end();
});

for (const [what, events] of [
  ['none', []],
  ['an unknown one', ['explosion']],
  ['no list', 'notification'],
  ['nothing at all', null],
] as const)
  it(`S151: events: ${what}`, async () => {
    const test = await TestStream.open();
    await test.putFrames(1);
    const put = test.stream.putEventMetadata(events as unknown as StreamEventType[]);
    assert.is(await statusOf(put), STATUS.STATUS_INVALID_ARG);
    await test.end();
  });

it('S151: both events, each with all that goes with it', async () => {
  const test = await TestStream.open();
  await test.putFrames(1);
  await test.stream.putEventMetadata(['image-generation', 'notification'], { imagePrefix: 'yard/', pairs: pairs(1) });
  await test.putFragments(1);
  const [, fragment] = await test.service.upload.fragments();
  assert.equal(
    fragment?.tags.map(({ name, value }) => [name, value]),
    [
      [NOTIFICATION, ''],
      ['n0', 'v0'],
      [IMAGES, ''],
      ['AWS_KINESISVIDEO_IMAGE_PREFIX', 'yard/'],
      ['n0', 'v0'],
    ],
  );
  await test.end();
});

for (const [what, metadata, status] of [
  ['ten pairs', { pairs: pairs(10) }, 0],
  ['eleven pairs', { pairs: pairs(11) }, STATUS.STATUS_INVALID_ARG],
  ['a value that is null', { pairs: [['n', null]] }, STATUS.STATUS_INVALID_ARG],
  ['a name that is null', { pairs: [[null, 'v']] }, STATUS.STATUS_INVALID_ARG],
  ['a pair that is none', { pairs: [['n']] }, STATUS.STATUS_INVALID_ARG],
  ['a prefix that is null', { imagePrefix: null }, STATUS.STATUS_INVALID_ARG],
  ['no metadata', undefined, 0],
  ['a name that begins with AWS', { pairs: [['AWSn', 'v']] }, STATUS.STATUS_INVALID_METADATA_NAME],
  ['an empty name', { pairs: [['', 'v']] }, STATUS.STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH],
  ['a name of 129 bytes', { pairs: [['n'.repeat(129), 'v']] }, STATUS.STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH],
  ['a value of 257 bytes', { pairs: [['n', 'v'.repeat(257)]] }, STATUS.STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH],
  ['a prefix of 256 bytes', { imagePrefix: 'p'.repeat(256) }, 0],
  ['a prefix of 257 bytes', { imagePrefix: 'p'.repeat(257) }, STATUS.STATUS_INVALID_IMAGE_PREFIX_LENGTH],
  ['a prefix that begins with AWS', { imagePrefix: 'AWS/' }, STATUS.STATUS_INVALID_METADATA_NAME],
] as const)
  it(`S152: an event with ${what}`, async () => {
    const test = await TestStream.open();
    await test.putFrames(1);
    const put = test.stream.putEventMetadata(['image-generation'], metadata as EventMetadata | undefined);
    assert.is(await statusOf(put), status);
    const again = await statusOf(test.stream.putEventMetadata(['image-generation']));
    assert.is(again, status === 0 ? STATUS.STATUS_DUPLICATE_STREAM_EVENT_TYPE : 0, 'a refused one does not wait');
    await test.end();
  });

it('S153: a fragment that is sent again carries the same metadata', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('door', 'open');
  await test.putFragments(1);
  await test.stream.putFragmentMetadata('door', 'shut', { persistent: true });
  test.service.upload.reset();
  await test.service.pass(3_000);
  assert.is(test.service.uploads.length, 2);
  const bodies = test.service.uploads.map(({ bytes }) => Buffer.from(bytes));
  assert.ok(bodies[1]?.equals(bodies[0] ?? Buffer.alloc(0)), 'byte for byte');
  await test.end();
});

it('S217: a persistent tag that is put again goes out with its new value only', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('door', 'open', { persistent: true });
  await test.putFragments(1);
  await test.stream.putFragmentMetadata('door', 'shut', { persistent: true });
  await test.putFragments(1);
  assert.equal(
    (await test.service.upload.fragments()).map(({ tags }) => tags.map(({ value }) => value)),
    [['open'], ['shut']],
  );
  await test.end();
});

it('T16: a reset takes back what waits for one fragment, events included; persistent metadata stay', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  await test.stream.putFragmentMetadata('once', '1');
  await test.stream.putFragmentMetadata('always', '1', { persistent: true });
  await test.stream.putEventMetadata(['notification', 'image-generation']);
  test.stream.resetStream();
  // Native forgets the tags and keeps the events' marks: the next put of one would be a duplicate for ever.
  assert.is(await statusOf(test.stream.putEventMetadata(['notification'])), 0);
  await test.service.pass(1_000);
  await test.putFragments(1);
  assert.equal(await sentTags(test), [['always', NOTIFICATION]]);
  await test.end();
});

it('T16: a reset gives back the room in the queue', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  for (let i = 0; i < 25; i++) await test.stream.putFragmentMetadata(`n${i}`, 'v');
  test.stream.resetStream();
  for (let i = 0; i < 25; i++) assert.is(await statusOf(test.stream.putFragmentMetadata(`n${i}`, 'v')), 0);
  await test.end();
});

it('T35: taking away a persistent tag that there is not puts none', async () => {
  const test = await TestStream.open();
  assert.is(await statusOf(test.stream.putFragmentMetadata('never', '', { persistent: true })), 0);
  await test.putFragments(1);
  assert.equal(await sentTags(test), [[]]);
  await test.end();
});

it('T35: an empty value that is not persistent is a tag like any', async () => {
  const test = await TestStream.open();
  assert.is(await statusOf(test.stream.putFragmentMetadata('flag', '')), 0);
  await test.putFragments(1);
  assert.equal(await sentTags(test), [['flag']]);
  await test.end();
});

for (const [tags, status] of [
  [2, 0],
  [3, STATUS.STATUS_MAX_FRAGMENT_METADATA_COUNT],
] as const)
  it(`T36: both events with ten pairs are 23 tags: beside ${tags} they ${status === 0 ? 'fit' : 'do not'}`, async () => {
    const test = await TestStream.open();
    await test.putFrames(1);
    for (let i = 0; i < tags; i++) await test.stream.putFragmentMetadata(`t${i}`, 'v');
    const events = ['image-generation', 'notification'] as const;
    const put = test.stream.putEventMetadata(events, { imagePrefix: 'p', pairs: pairs(10) });
    assert.is(await statusOf(put), status);
    await test.putFragments(1);
    assert.is((await sentTags(test))[1]?.length, status === 0 ? 25 : tags);
    await test.end();
  });

for (const [what, name, value] of [
  ['name that is null', null, 'v'],
  ['name that is a number', 1, 'v'],
  ['value that is undefined', 'n', undefined],
] as const)
  it(`T37: a ${what} is refused, in any state`, async () => {
    for (const test of [await TestStream.open(), await openUnsent()]) {
      const put = test.stream.putFragmentMetadata(name as unknown as string, value as unknown as string);
      assert.is(await statusOf(put), STATUS.STATUS_INVALID_ARG);
      await test.end();
    }
  });

it('T25: tags that have no room beside an end go out with the next fragment, each once', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 16 });
  await test.putFrames(1);
  await test.stream.putFragmentMetadata('door', 'open');
  for (const sizeBytes of [4_000, 200, 8]) {
    const data = new Uint8Array(sizeBytes);
    new DataView(data.buffer).setUint32(0, sizeBytes - 4);
    while (test.stream.tryPutFrame({ data, timestampUs: timecodeOf(0) * 1000, isKey: false }) === 'stored');
  }
  await test.stream.endFragment();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  await test.putFrames(4);
  assert.equal(await sentTags(test), [[], ['door']]);
  await test.end();
});

it.run();
