/** Parts of the producer that are loaded when they are asked for, or not there. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../../sdk/errors.ts';
import type { ThreadSupport } from '../../../sdk/platform.ts';
import { FrameOrder } from '../../../sdk/producer/frames/frame-order.ts';
import type { ProducerOptions } from '../../../sdk/producer/options.ts';
import { createProducerOver, type Producer } from '../../../sdk/producer/producer.ts';
import { loadCallbacks } from '../../../sdk/producer/producer-parts.ts';
import { openSigned } from '../../../sdk/producer/signed-access.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, watched } from '../../support/test-stream.ts';

const it = suite('parts that are loaded late');

const OPTIONS: ProducerOptions = { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS };
const ORDERED = { tracks: [TEST_TRACK], frameOrder: 'decode-time', waitUntilReady: false } as const;

/** A producer whose frame order comes when it is let go, and how often it was asked for. */
async function withLateOrder(options: ProducerOptions = {}): Promise<{
  readonly producer: Producer;
  readonly asked: () => number;
  readonly arrive: () => void;
}> {
  let asked = 0;
  let arrive: () => void = () => undefined;
  const arrived = new Promise<typeof FrameOrder>((resolve) => (arrive = () => resolve(FrameOrder)));
  const frameOrder = (): Promise<typeof FrameOrder> => {
    asked++;
    return arrived;
  };
  const parts = { openService: openSigned, openCallbacks: loadCallbacks, frameOrder };
  const producer = await createProducerOver(new ScriptedMedia(), { ...OPTIONS, ...options }, parts);
  return { producer, asked: () => asked, arrive };
}

it('the order of frames is loaded once, for the streams that ask for it', async () => {
  const { producer, asked, arrive } = await withLateOrder();
  await producer.openStream('as-put', { ...ORDERED, frameOrder: 'as-put' });
  assert.is(asked(), 0);
  arrive();
  await producer.openStream('first', ORDERED);
  const second = await producer.openStream('second', ORDERED);
  assert.is(asked(), 1);
  assert.is(second.releaseWaiting(), false);
  producer.abort();
  await producer.close();
});

it('a producer that is closed, or aborted, while it loads opens no stream', async () => {
  const closed = await withLateOrder();
  const opened = watched(closed.producer.openStream('door', ORDERED));
  await closed.producer.close();
  closed.arrive();
  assert.is(((await outcomeOf(opened)) as KvsError).code, 'STATUS_CLIENT_SHUTTING_DOWN');

  const abort = new AbortController();
  const aborted = await withLateOrder({ signal: abort.signal });
  const late = watched(aborted.producer.openStream('door', ORDERED));
  abort.abort(new Error('enough'));
  aborted.arrive();
  assert.is(((await outcomeOf(late)) as Error).message, 'enough');
  assert.is(aborted.producer.metrics.streams, 0);
  await aborted.producer.close();
});

it('two streams of one name that load together: the second is refused', async () => {
  const { producer, arrive } = await withLateOrder();
  const opened = [0, 1].map(() => watched(producer.openStream('door', ORDERED)));
  arrive();
  await opened[0];
  assert.is(((await outcomeOf(opened[1]!)) as KvsError).code, 'STATUS_DUPLICATE_STREAM_NAME');
  producer.abort();
  await producer.close();
});

it('shared memory is refused where the binding has no part for threads, whatever the platform has', async () => {
  const service = Object.assign(new ScriptedMedia(), { threads: {} as ThreadSupport });
  const parts = { openService: openSigned, openCallbacks: loadCallbacks, frameOrder: () => FrameOrder };
  const error = (await outcomeOf(createProducerOver(service, { ...OPTIONS, sharedMemory: true }, parts))) as KvsError;
  assert.is(error.code, 'STATUS_NOT_IMPLEMENTED');
  assert.match(error.message, 'threads cannot share memory');
});

it.run();
