import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_LIMITS } from '../../../../service/limits.ts';
import { LiveHub } from '../../../../service/live/live-hub.ts';
import type { ActiveUpload } from '../../../../service/live/live-hub.ts';
import { ManualPlatform, settle } from '../../../support/manual-platform.ts';

const test = suite('service/live/live-hub');

function upload(reasons: string[]): ActiveUpload & { finish(): void } {
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { end: (reason) => void reasons.push(reason), ended, finish };
}

test('changedSince() wakes on an announcement, and at once when it came before', async () => {
  const platform = new ManualPlatform();
  const channel = new LiveHub({ platform, limits: DEFAULT_LIMITS }).channel('s');
  const { signal } = new AbortController();
  const { version } = channel;
  const waiting = channel.changedSince(version, 1000, signal);
  channel.announce(platform.nowMs);
  assert.is(await waiting, true);
  assert.is(await channel.changedSince(version, 1000, signal), true, 'missed nothing in between');
  assert.is(platform.timerCount, 0);
});

test('changedSince() gives up after its time and on abort, and leaves no timer', async () => {
  const platform = new ManualPlatform();
  const channel = new LiveHub({ platform, limits: DEFAULT_LIMITS }).channel('s');
  const abort = new AbortController();
  const late = channel.changedSince(channel.version, 1000, abort.signal);
  await platform.advance(1000);
  assert.is(await late, false);
  const aborted = channel.changedSince(channel.version, 1000, abort.signal);
  abort.abort();
  assert.is(await aborted, false);
  assert.is(await channel.changedSince(channel.version, 1000, abort.signal), false);
  assert.is(platform.timerCount, 0);
});

test('claim() ends the upload before it, release() of the old one keeps the new one', () => {
  const channel = new LiveHub({ platform: new ManualPlatform(), limits: DEFAULT_LIMITS }).channel('s');
  const reasons: string[] = [];
  const first = upload(reasons);
  const second = upload(reasons);
  channel.claim(first);
  channel.claim(second);
  assert.equal(reasons, ['replaced']);
  channel.release(first);
  assert.is(channel.upload, second);
  channel.release(second);
  assert.is(channel.upload, null);
});

test('endStream() ends upload and readers and forgets the channel', async () => {
  const hub = new LiveHub({ platform: new ManualPlatform(), limits: DEFAULT_LIMITS });
  const channel = hub.channel('s');
  const reasons: string[] = [];
  channel.claim(upload(reasons));
  const waiting = channel.changedSince(channel.version, 1000, new AbortController().signal);
  hub.endStream('s');
  hub.endStream('unknown');
  assert.is(await waiting, true);
  assert.is(channel.isOver, true);
  assert.equal(reasons, ['stream-deleted']);
  assert.is.not(hub.channel('s'), channel);
});

test('close() waits for the uploads to settle', async () => {
  const hub = new LiveHub({ platform: new ManualPlatform(), limits: DEFAULT_LIMITS });
  const reasons: string[] = [];
  const open = upload(reasons);
  hub.channel('s').claim(open);
  let isClosed = false;
  const closed = hub.close().then(() => {
    isClosed = true;
  });
  await settle();
  assert.equal([reasons, isClosed], [['service-closing'], false]);
  open.finish();
  await closed;
  assert.is(hub.channel('s').isOver, true);
});

test('publish() keeps a fragment for its time and no longer', async () => {
  const platform = new ManualPlatform();
  const channel = new LiveHub({ platform, limits: { ...DEFAULT_LIMITS, liveBufferMs: 500 } }).channel('s');
  const facts = {
    streamId: 's',
    sequence: 1,
    fragmentNumber: '1',
    producerTimestampMs: 0,
    serverTimestampMs: platform.nowMs,
    durationMs: 1,
    frameCount: 1,
    mediaSizeBytes: 1,
    headerSizeBytes: 0,
    tags: new Uint8Array(),
  };
  channel.publish({ facts, header: new Uint8Array(), media: Uint8Array.of(1) });
  assert.is(channel.newestTimestampMs, platform.nowMs);
  await platform.advance(499);
  assert.is(channel.buffer.fragments.length, 1);
  await platform.advance(1);
  assert.is(channel.buffer.fragments.length, 0);
  assert.is(platform.timerCount, 0);
});

test.run();
