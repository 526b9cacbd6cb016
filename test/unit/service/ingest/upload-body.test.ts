import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IngestError } from '../../../../service/ingest/ingest-error.ts';
import { UploadBody } from '../../../../service/ingest/upload-body.ts';
import type { BodyEvent } from '../../../../service/ingest/upload-body.ts';
import { ManualPlatform, settle } from '../../../support/manual-platform.ts';

const test = suite('service/ingest/upload-body');

const READY = Promise.resolve();

const LIMITS = { idleAckIntervalMs: 1000, idleTimeoutMs: 3000, maxConnectionDurationMs: 60_000 };

function open(): {
  platform: ManualPlatform;
  body: UploadBody;
  source: ReadableStreamDefaultController<Uint8Array>;
  isCancelled: () => boolean;
} {
  const platform = new ManualPlatform();
  let source!: ReadableStreamDefaultController<Uint8Array>;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  return { platform, body: new UploadBody(stream, platform, LIMITS), source, isCancelled: () => isCancelled };
}

const kinds = async (body: UploadBody, count: number): Promise<string[]> => {
  const found: string[] = [];
  for (let i = 0; i < count; i++) found.push((await body.next(READY)).kind);
  return found;
};

const errorIdOf = async (next: Promise<BodyEvent>): Promise<number> => {
  try {
    await next;
  } catch (error) {
    if (error instanceof IngestError) return error.errorId;
  }
  return 0;
};

test('next() gives the bytes and then the end', async () => {
  const { body, source, platform } = open();
  source.enqueue(Uint8Array.of(1));
  source.enqueue(Uint8Array.of(2));
  source.close();
  assert.equal(await kinds(body, 3), ['bytes', 'bytes', 'end']);
  await body.close();
  assert.is(platform.timerCount, 0);
});

test('next() ends at once without a body', async () => {
  const platform = new ManualPlatform();
  const body = new UploadBody(null, platform, LIMITS);
  assert.is((await body.next(READY)).kind, 'end');
  await body.close();
  assert.is(platform.timerCount, 0);
});

test('next() tells of silence every interval, and at last of too much of it', async () => {
  const { body, source, platform } = open();
  const first = body.next(READY);
  await platform.advance(1000);
  assert.is((await first).kind, 'idle');
  const second = body.next(READY);
  await platform.advance(1000);
  assert.is((await second).kind, 'idle');
  const third = body.next(READY);
  source.enqueue(Uint8Array.of(1));
  assert.is((await third).kind, 'bytes', 'data starts the count anew');
  for (const expected of ['idle', 'idle', 'idle-timeout']) {
    const next = body.next(READY);
    await platform.advance(1000);
    assert.is((await next).kind, expected);
  }
  await body.close();
});

test('next() does not tell of silence while data comes', async () => {
  const { body, source, platform } = open();
  for (let piece = 0; piece < 10; piece++) {
    const next = body.next(READY);
    await platform.advance(900);
    source.enqueue(Uint8Array.of(piece));
    assert.is((await next).kind, 'bytes', `after ${(piece + 1) * 900} ms`);
  }
  await body.close();
  assert.is(platform.timerCount, 0);
});

test('next() does not count the time in which nobody reads as silence', async () => {
  const { body, source, platform } = open();
  source.enqueue(Uint8Array.of(1));
  await body.next(READY);
  await platform.advance(10_000);
  source.enqueue(Uint8Array.of(2));
  assert.is((await body.next(READY)).kind, 'bytes');
  await body.close();
});

test('next() fails with 4000 when the body breaks', async () => {
  const { body, source } = open();
  const next = body.next(READY);
  source.error(new Error('connection reset'));
  assert.is(await errorIdOf(next), 4000);
  await body.close();
});

test('next() fails with 4003 when the connection has lasted too long', async () => {
  const { body, source, platform } = open();
  source.enqueue(Uint8Array.of(1));
  await body.next(READY);
  await platform.advance(60_000);
  assert.is(await errorIdOf(body.next(READY)), 4003);
  await body.close();
});

test('next() reads nothing before it may, and can be stopped while it waits', async () => {
  const { body, source } = open();
  let allow = (): void => undefined;
  const mayRead = new Promise<void>((resolve) => {
    allow = resolve;
  });
  source.enqueue(Uint8Array.of(1));
  const waiting = body.next(mayRead);
  await settle();
  body.stop('replaced');
  assert.is((await waiting).kind, 'stop');
  const allowed = body.next(mayRead);
  allow();
  assert.is((await allowed).kind, 'bytes');
  await body.close();
});

test('stop() and fail() come before what already waits', async () => {
  const { body, source } = open();
  source.enqueue(Uint8Array.of(1));
  await body.next(READY);
  body.stop('replaced');
  assert.equal(await body.next(READY), { kind: 'stop', reason: 'replaced' });
  const waiting = body.next(READY);
  body.fail(new IngestError(5001, 'disk'));
  assert.is(await errorIdOf(waiting), 5001);
  await body.close();
});

test('close() cancels the body while a read is under way', async () => {
  const { body, isCancelled } = open();
  const waiting = body.next(READY);
  await settle();
  await body.close();
  assert.is(isCancelled(), true);
  assert.is((await waiting).kind, 'end');
});

test.run();
