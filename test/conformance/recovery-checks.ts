/** Links that break while a producer uploads: nothing accepted may be lost. */
import type { Platform } from '../../sdk/platform.ts';
import type { StreamEvent } from '../../sdk/producer/index.ts';
import type { ProducerStream } from '../../sdk/producer/index.ts';
import { assertSame, assertThat, type Check } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { assertReadBack, putAll, serviceChecks, VIDEO } from './service-bench.ts';

/** Long enough for a slow machine to answer, milliseconds. */
const STALL_TIMEOUT_MS = 1_500;

/** Breaks the link as the query says. */
async function cutLink(task: EndToEndTask, platform: Platform, query: string): Promise<void> {
  const response = await platform.fetch({ method: 'GET', url: `${task.linkControlUrl}${query}`, headers: {} });
  assertSame(response.status, 200, 'answer of the link');
  await response.body?.cancel();
}

/** The next event of a type, which must come before the stream ends. */
async function next<T extends StreamEvent['type']>(
  events: AsyncIterable<StreamEvent>,
  type: T,
): Promise<Extract<StreamEvent, { readonly type: T }>> {
  for await (const event of events) if (event.type === type) return event as Extract<StreamEvent, { readonly type: T }>;
  throw new Error(`The stream ended without the event ${type}`);
}

async function persisted(stream: ProducerStream): Promise<void> {
  for await (const ack of stream.acks()) if (ack.type === 'persisted') return;
  throw new Error('The stream ended without a PERSISTED ack');
}

export function recoveryChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return serviceChecks('recovery', task, createProducer, {
    'a connection that is reset is made anew, and nothing is lost': async (bench) => {
      const frames = bench.video({ fragments: 6 });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const isPersisted = persisted(stream);
        const isLost = next(stream.events(), 'disconnected');
        await putAll(stream, frames.slice(0, 9));
        await isPersisted;
        await cutLink(task, bench.platform, '?mode=reset');
        assertSame((await isLost).session, 1, 'session that was lost');
        await putAll(stream, frames.slice(9));
        await stream.stop();
        assertThat(stream.metrics.reconnects >= 1, 'The stream never connected again');
        assertSame(stream.metrics.fragmentsPersisted, 6, 'fragments persisted');
        assertSame(stream.metrics.framesDropped, 0, 'frames dropped');
      });
      await assertReadBack(bench, bench.streamName(), frames);
    },
    'a connection that is cut in the middle of a frame is made anew, and the frame comes back whole': async (bench) => {
      const frames = bench.video({ fragments: 4, seed: 1 });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const isLost = next(stream.events(), 'disconnected');
        await cutLink(task, bench.platform, '?after=4000&mode=reset');
        await putAll(stream, frames);
        await isLost;
        await stream.stop();
        assertSame(stream.metrics.fragmentsPersisted, 4, 'fragments persisted');
      });
      await assertReadBack(bench, bench.streamName(), frames);
    },
    'a connection that falls silent is given up, and all of it is sent again': async (bench) => {
      const frames = bench.video({ fragments: 4, seed: 2 });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), { ...VIDEO, stallTimeoutMs: STALL_TIMEOUT_MS });
        const isPersisted = persisted(stream);
        const isLost = next(stream.events(), 'disconnected');
        await putAll(stream, frames.slice(0, 6));
        await isPersisted;
        await cutLink(task, bench.platform, '?after=1&mode=stall');
        await putAll(stream, frames.slice(6));
        assertSame((await isLost).reason, 'stalled', 'why the connection was given up');
        await stream.stop();
        assertSame(stream.metrics.fragmentsPersisted, 4, 'fragments persisted');
      });
      await assertReadBack(bench, bench.streamName(), frames);
    },
    'a reset that the application asks for sends again what is not persisted': async (bench) => {
      const frames = bench.video({ fragments: 4, seed: 3 });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const isConnected = next(stream.events(), 'connected');
        await putAll(stream, frames.slice(0, 7));
        await isConnected;
        const isLost = next(stream.events(), 'disconnected');
        stream.resetConnection();
        assertSame((await isLost).reason, 'reset', 'why the connection was given up');
        await putAll(stream, frames.slice(7));
        await stream.stop();
        assertSame(stream.metrics.framesDropped, 0, 'frames dropped');
      });
      await assertReadBack(bench, bench.streamName(), frames);
    },
  });
}
