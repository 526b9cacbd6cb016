/** Acks that come before their fragment was sent, or while one connection takes over from another. Source: producer-core §17.2, §17.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { ignored, NOT_IN_VIEW, sent } from '../support/sent-stream.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: acks between connections');
const RECONNECT_MS = 2_000;

// Native lets both be open; here the second is made when the first is acknowledged, so that no ack of it can come first.
it('S187: of two connections the second begins when everything of the first is persisted', async () => {
  const { test } = await sent(1, { sessionDurationMs: 1_000 }, true);
  await test.service.pass(1_500);
  await test.putFragments(2);
  const [first] = test.service.uploads;
  assert.is(first?.bodyEnd, 'closed');
  first?.ack('RECEIVED', timecodeOf(0));
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 1);
  first?.ack('PERSISTED', timecodeOf(0));
  first?.close();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 2);
  test.service.upload.ack('PERSISTED', timecodeOf(1));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 2);
  await test.end();
});

it('S187: an ack for a fragment of the next connection, over the one that is being handed over, frees nothing', async () => {
  const { test } = await sent(1, { sessionDurationMs: 1_000 }, true);
  await test.service.pass(1_500);
  await test.putFragments(2);
  const [first] = test.service.uploads;
  first?.ack('PERSISTED', timecodeOf(1));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1, 'the one that was sent');
  first?.close();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [1, 2].map(timecodeOf));
  await test.end();
});

it('S190: an ack that comes before its fragment was sent is told, frees nothing, and a later one holds', async () => {
  const service = new ScriptedMedia();
  service.uploadsClogAfter = 0;
  const test = await TestStream.open({}, {}, service);
  await test.putFragments(2);
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.equal(ignored(test), [NOT_IN_VIEW]);
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.fragmentsUnpersisted], [0, 2]);
  service.upload.unclog();
  await service.idle();
  service.upload.ack('PERSISTED', timecodeOf(0));
  await service.idle();
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.storedItems], [1, 4]);
  await test.end();
});

it('S190: flush and stop do not take an ack for what was not sent', async () => {
  const service = new ScriptedMedia();
  service.uploadsClogAfter = 0;
  const test = await TestStream.open({}, {}, service);
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await service.idle();
  service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(stopped), 'pending');
  service.upload.unclog();
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await outcomeOf(stopped), undefined);
  assert.equal(await service.upload.timecodes(), [timecodeOf(0)]);
  await test.end();
});

it('S190: a PERSISTED ack for later fragments holds for those that were sent', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, {}, service);
  await test.putFragments(2);
  service.uploadsClogAfter = 0;
  service.upload.reset();
  await service.pass(RECONNECT_MS);
  await test.putFragments(3);
  service.upload.ack('PERSISTED', timecodeOf(3));
  await service.idle();
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.storedItems], [2, 12], 'the first two');
  service.upload.unclog();
  await service.idle();
  assert.equal(await service.upload.timecodes(), [2, 3, 4].map(timecodeOf));
  await test.end();
});

it.run();
