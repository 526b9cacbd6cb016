import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RetainedMedia } from '../../../sdk/relay/retained-media.ts';

const retained = suite('retained media');

const message = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);

/** Takes whatever the credit allows. */
function takeAll(media: RetainedMedia, bytes: number, messages = Infinity): number {
  let count = 0;
  while (media.takeNext({ bytes, messages }) !== undefined) count++;
  return count;
}

retained('sends as far as the credit goes, and on when something is accepted', () => {
  const media = new RetainedMedia(1_000);
  for (let i = 0; i < 5; i++) media.push(message(100));
  assert.is(takeAll(media, 250), 2);
  assert.is(media.unacceptedBytes, 200);
  assert.is(media.accept(1), true);
  assert.is(takeAll(media, 250), 1);
  assert.is(media.accept(3), true);
  assert.is(media.unacceptedBytes, 0);
  assert.is(media.usedBytes, 500, 'what is accepted is kept');
  assert.is(media.accept(4), false, 'what was not sent cannot be accepted');
});

retained('sends no more messages than there is credit for, however small they are', () => {
  const media = new RetainedMedia(1_000);
  for (let i = 0; i < 6; i++) media.push(message(1));
  assert.is(takeAll(media, 1_000, 2), 2);
  media.accept(1);
  assert.is(takeAll(media, 1_000, 2), 1);
  assert.is(media.restart(4, 1), true);
  assert.is(takeAll(media, 1_000, 4), 1, 'three that are received count still');
});

retained('keeps everything until it is persisted, and sends it again to a relay that has nothing', () => {
  const media = new RetainedMedia(1_000);
  for (let i = 0; i < 6; i++) media.push(message(100));
  takeAll(media, 1_000);
  media.accept(5);
  media.release(2);
  assert.is(media.firstSequence, 3);
  assert.is(media.usedBytes, 400);
  assert.is(media.restart(2, 2), true);
  assert.is(takeAll(media, 1_000), 4);
  assert.is(media.unacceptedBytes, 400);
});

retained('goes on behind what a relay has received, whose unaccepted part counts against the credit', () => {
  const media = new RetainedMedia(1_000);
  for (let i = 0; i < 6; i++) media.push(message(100));
  takeAll(media, 1_000);
  assert.is(media.restart(4, 2), true);
  assert.is(media.unacceptedBytes, 200);
  assert.is(takeAll(media, 300), 1);
  assert.is(media.lastSequence, 6);
});

retained('a relay that has more than was put, or less than is kept, cannot be', () => {
  const media = new RetainedMedia(1_000);
  for (let i = 0; i < 4; i++) media.push(message(100));
  takeAll(media, 1_000);
  media.accept(4);
  media.release(2);
  assert.is(media.restart(5, 2), false);
  assert.is(media.restart(1, 1), false);
  assert.is(media.restart(3, 4), false);
  assert.is(media.restart(2, 2), true);
});

retained('persistent metadata outlive their message; the last of a name holds', () => {
  const media = new RetainedMedia(1_000);
  media.push(message(10), { name: 'site', value: 'north' });
  media.push(message(10), { name: 'site', value: 'south' });
  media.push(message(10), { name: 'door', value: 'front' });
  takeAll(media, 100);
  media.accept(3);
  assert.equal(media.metadata, []);
  media.release(2);
  assert.equal(media.metadata, [{ name: 'site', value: 'south' }]);
  media.release(3);
  assert.equal(media.metadata, [
    { name: 'site', value: 'south' },
    { name: 'door', value: 'front' },
  ]);
  assert.is(media.firstSequence, 4);
  media.release(3);
  assert.is(media.firstSequence, 4, 'twice is as good as once');
});

retained.run();
