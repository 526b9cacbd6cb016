/** Several streams of one producer at once, and what a stream tells while it uploads: acks, events, figures. */
import type { FragmentAck, StreamEvent } from '../../sdk/producer/index.ts';
import { assertSame, assertThat, type Check } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { assertReadBack, putAll, serviceChecks, VIDEO } from './service-bench.ts';

const FRAGMENTS = 4;
const STREAMS = ['-a', '-b', '-c'];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function severalStreamsChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return serviceChecks('streams', task, createProducer, {
    'three streams share a producer, and each keeps its own frames': async (bench) => {
      const videos = STREAMS.map((suffix, seed) => ({
        name: bench.streamName(suffix),
        frames: bench.video({ fragments: FRAGMENTS, seed }),
      }));
      await bench.withProducer({}, async (producer) => {
        const streams = await Promise.all(videos.map(({ name }) => producer.openStream(name, VIDEO)));
        assertSame(producer.metrics.streams, STREAMS.length, 'open streams');
        await Promise.all(streams.map((stream, index) => putAll(stream, videos[index]?.frames ?? [])));
        await producer.stopStreams();
        for (const { metrics } of streams) assertSame(metrics.fragmentsPersisted, FRAGMENTS, 'fragments persisted');
        assertSame(producer.metrics.streams, 0, 'open streams afterwards');
        assertSame(producer.metrics.storedItems, 0, 'items in the store afterwards');
      });
      for (const { name, frames } of videos) await assertReadBack(bench, name, frames);
    },
    'a stream that is aborted leaves the others alone, and its name can be opened again': async (bench) => {
      const frames = bench.video({ fragments: 2 });
      await bench.withProducer({}, async (producer) => {
        const kept = await producer.openStream(bench.streamName('-kept'), VIDEO);
        const given = await producer.openStream(bench.streamName('-given'), VIDEO);
        await putAll(kept, frames.slice(0, 3));
        await putAll(given, frames.slice(0, 3));
        given.abort(new Error('enough'));
        await putAll(kept, frames.slice(3));
        await kept.stop();
        assertSame(kept.metrics.fragmentsPersisted, 2, 'fragments of the stream that was kept');
        const again = await producer.openStream(bench.streamName('-given'), VIDEO);
        await putAll(again, frames);
        await again.stop();
        assertSame(again.metrics.fragmentsPersisted, 2, 'fragments of the stream that was opened again');
      });
    },
  });
}

export function iterableChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return serviceChecks('iterables', task, createProducer, {
    'acks() gives every ack of every fragment in its order, and ends with the stream': async (bench) => {
      const frames = bench.video({ fragments: FRAGMENTS });
      const acks: FragmentAck[] = [];
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const reading = collect(stream.acks());
        await putAll(stream, frames);
        await stream.stop();
        acks.push(...(await reading));
      });
      const numbers = new Set(acks.filter(({ type }) => type !== 'idle').map(({ fragmentNumber }) => fragmentNumber));
      assertSame(numbers.size, FRAGMENTS, 'fragments acknowledged');
      let before = '';
      for (const number of numbers) {
        const types = acks.filter(({ fragmentNumber }) => fragmentNumber === number).map(({ type }) => type);
        assertSame(types.join(), 'buffering,received,persisted', `acks of fragment ${number}`);
        assertThat(
          number.length > before.length || (number.length === before.length && number > before),
          `Fragment number ${number} does not follow ${before}`,
        );
        before = number;
      }
      const firstMs = Math.floor((frames[0]?.timestampUs ?? 0) / 1000);
      assertSame(acks.find(({ type }) => type === 'persisted')?.timecode, firstMs, 'timecode of the first fragment');
    },
    'events() tells of the new stream and of the connection, to each who listens': async (bench) => {
      const heard: StreamEvent[][] = [];
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), { ...VIDEO, waitUntilReady: false });
        const listening = [collect(stream.events()), collect(stream.events())];
        await putAll(stream, bench.video({ fragments: 1 }));
        await stream.stop();
        heard.push(...(await Promise.all(listening)));
      });
      // That the stream is not there yet is told by `retrying`, and so is a service that is slow.
      for (const events of heard) {
        const types = events.map(({ type }) => type).filter((type) => type !== 'retrying');
        assertSame(types.join(), 'created,connected', 'events');
      }
    },
    'an iteration that is left early ends alone': async (bench) => {
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const leaving = (async () => {
          for await (const { type } of stream.acks()) if (type === 'buffering') break;
        })();
        const staying = collect(stream.acks());
        await putAll(stream, bench.video({ fragments: 2 }));
        await leaving;
        await stream.stop();
        const persisted = (await staying).filter(({ type }) => type === 'persisted');
        assertSame(persisted.length, 2, 'PERSISTED acks of who stayed');
      });
    },
  });
}

export function metricsChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return serviceChecks('metrics', task, createProducer, {
    'a stream counts what was put, sent and acknowledged': async (bench) => {
      const frames = bench.video({ fragments: FRAGMENTS });
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        await putAll(stream, frames);
        await stream.stop();
        const { metrics } = stream;
        assertSame(metrics.framesPut, frames.length, 'framesPut');
        assertSame(
          metrics.bytesPut,
          frames.reduce((total, { data }) => total + data.length, 0),
          'bytesPut',
        );
        assertThat(metrics.bytesSent > metrics.bytesPut, 'The bytes sent have no headers');
        assertSame(metrics.fragmentsPut, FRAGMENTS, 'fragmentsPut');
        assertSame(metrics.fragmentsPersisted, FRAGMENTS, 'fragmentsPersisted');
        assertSame(metrics.acks.persisted, FRAGMENTS, 'acks.persisted');
        assertSame(metrics.sessions, 1, 'sessions');
        assertSame(metrics.state, 'ended', 'state');
        assertSame(metrics.storedItems, 0, 'storedItems');
        assertSame(metrics.framesDropped + metrics.framesSkipped + metrics.putFrameErrors, 0, 'frames lost');
        assertThat(metrics.uptimeMs > 0, 'The stream says it was never up');
        assertThat(metrics.controlCallLatencyMs > 0, 'Calls are said to take no time');
      });
    },
    'a producer tells its figures as OpenMetrics text': async (bench) => {
      await bench.withProducer({}, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        await putAll(stream, bench.video({ fragments: 2 }));
        await stream.flush();
        const lines = (await producer.metricsText({ site: 'north' })).split('\n');
        assertSame(lines.at(-2), '# EOF', 'last line');
        const wanted = `{site="north",stream="${bench.streamName()}"} 6`;
        assertThat(
          lines.some((line) => line.endsWith(wanted)),
          `No line ends with ${wanted}`,
        );
        assertSame(producer.metrics.storeUsedBytes + producer.metrics.storeFreeBytes, 32 << 20, 'size of the store');
      });
    },
  });
}
