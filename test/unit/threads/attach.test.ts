/** Who may attach to a shared stream, and that letting go of it, or its owner's end, leaves nobody waiting. */
// time-limit-s: 60
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidFrameError, KvsError, StreamStoppedError } from '../../../sdk/errors.ts';
import { createProducerWith, STATUS } from '../../../sdk/producer/index.ts';
import { attachStream } from '../../../sdk/threads/attached-stream.ts';
import type { StreamToken } from '../../../sdk/threads/share-message.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { TEST_TRACK, testFrame, watched } from '../../support/test-stream.ts';
import { typescriptWorker } from '../../support/typescript-worker.ts';
import { PutThread } from './put-thread.ts';
import { finish, frames, openShared } from './shared-media.ts';

const it = suite('attaching to a shared stream');

it('close lets everything go that was put before, beyond what is on its way at once', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  assert.is(await thread.call({ do: 'put-and-close', frames: frames(200) }), 200);
  assert.is(test.stream.metrics.framesPut, 200);
  await finish(test, thread);
});

it('a token is for one attachment', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const error = await rejectionOf(thread.call({ do: 'attach-again' }));
  assert.instance(error, KvsError);
  assert.is((error as KvsError).status, STATUS.STATUS_INVALID_OPERATION);
  assert.match((error as KvsError).message, /front-door/);
  await thread.putFrames(frames(8).slice(4), true);
  await thread.call({ do: 'call', name: 'close' });
  assert.instance(await rejectionOf(thread.call({ do: 'attach-again' })), KvsError);
  assert.is(test.stream.metrics.framesPut, 8);
  await finish(test, thread);
});

it('what is no token, or only looks like one, is refused by its name', async () => {
  const test = await openShared();
  const { token } = test.stream.share();
  const spoilt: ReadonlyArray<readonly [RegExp, unknown]> = [
    [/token/, undefined],
    [/token/, { type: 'other' }],
    [/streamName/, { type: token.type }],
    [/ring/, { ...token, ring: new SharedArrayBuffer(64) }],
    [/ring/, { ...token, ring: new ArrayBuffer(token.ring.byteLength) }],
    [/lock/, { ...token, lock: undefined }],
    [/memory/, { ...token, memory: {} }],
    [/module/, { ...token, module: 1 }],
    [/port/, { ...token, port: null }],
    [/tracks/, { ...token, tracks: 'all' }],
  ];
  for (const [name, given] of spoilt) {
    assert.throws(
      () => attachStream(given as StreamToken),
      (error: unknown) =>
        error instanceof KvsError && error.status === STATUS.STATUS_INVALID_ARG && name.test(error.message),
      String(name),
    );
  }
  // None of them has used it up.
  const attached = attachStream(token);
  await attached.putFrame(testFrame(0));
  await attached.close();
  await finish(test);
});

it('a share of a stream that ends before anybody attached says so at the first put', async () => {
  const test = await openShared();
  const share = test.stream.share();
  test.stream.abort(new KvsError(STATUS.STATUS_INVALID_OPERATION, 'given up'));
  const thread = await PutThread.attach(share);
  const error = await rejectionOf(thread.putFrames(frames(1)));
  assert.is(error.message, 'given up');
  assert.is((await rejectionOf(thread.tryPutFrame(testFrame(0)))).message, 'given up');
  assert.throws(
    () => test.stream.share(),
    (thrown: unknown) => (thrown as Error).message === 'given up',
  );
  await finish(test, thread);
});

it('the thread of the owner ends: what waits is rejected, and what comes later', async () => {
  const owner = typescriptWorker(new URL('owner-worker.ts', import.meta.url));
  const [token] = (await once(owner, 'message')) as [StreamToken];
  const attached = attachStream(token);
  const puts = watched(Promise.allSettled(frames(100).map((frame) => attached.putFrame(frame))));
  await owner.terminate();
  for (const put of await puts) {
    assert.is(put.status, 'rejected');
    assert.instance((put as PromiseRejectedResult).reason, StreamStoppedError);
  }
  const later = await rejectionOf(attached.putFrame(testFrame(0)));
  assert.instance(later, StreamStoppedError);
  assert.match(String(later.cause), /thread/);
  assert.throws(
    () => attached.tryPutFrame(testFrame(0)),
    (error: unknown) => error instanceof StreamStoppedError,
  );
  await attached.close();
});

it('a chunk that says a length no memory has never gets to write over the store', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const { storeUsedBytes } = test.producer.metrics;
  for (const byteLength of [Infinity, 2 ** 53, 2 ** 32 + 100, 2 ** 31, -1, 0.5]) {
    const error = await rejectionOf(thread.call({ do: 'put-chunk-of', byteLength, timestamp: 0 }));
    assert.instance(error, InvalidFrameError, `${byteLength}`);
    assert.is(test.producer.metrics.storeUsedBytes, storeUsedBytes, `${byteLength}`);
  }
  await thread.putFrames(frames(8).slice(4));
  await test.stream.endFragment();
  await test.service.idle();
  const received = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  for (const [index, { data }] of received.entries())
    assert.is(Buffer.compare(data, testFrame(index).data), 0, `frame ${index}`);
  assert.is(received.length, 8);
  await finish(test, thread);
});

it('streams are shared only where memory is, and only by their token', async () => {
  const service = new ScriptedMedia();
  const options = { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS };
  const refused = await rejectionOf(createProducerWith(service, { ...options, sharedMemory: true }));
  assert.is((refused as KvsError).status, STATUS.STATUS_NOT_IMPLEMENTED);
  const producer = await createProducerWith(service, options);
  const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK] });
  assert.throws(
    () => stream.share(),
    (error: KvsError) => error.status === STATUS.STATUS_INVALID_OPERATION,
  );
  assert.throws(
    () => attachStream({ type: 'other' } as unknown as StreamToken),
    (error: KvsError) => error.status === STATUS.STATUS_INVALID_ARG,
  );
  stream.abort();
});

it.run();
