/** What an AbortSignal ends: opening, a put that waits, an iteration, a stop, a whole producer. */
import { NotPersistedError } from './public-api.ts';
import { assertSame, assertThat, type Check, concatenate, rejection } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { putAll, type ServiceBench, serviceChecks, VIDEO } from './service-bench.ts';
import { slice } from './synthetic-video.ts';

const STORE_BYTES = 1 << 20;
const NEEDS = ['network', 'abort'] as const;

/** A stream whose service is away: what is put stays where it is. */
const away = (bench: ServiceBench) => ({ endpoint: bench.task.unreachableEndpoint, storeBytes: STORE_BYTES });
const AT_ONCE = { ...VIDEO, waitUntilReady: false } as const;

function abortedWith(reason: Error): AbortController {
  const controller = new AbortController();
  controller.abort(reason);
  return controller;
}

export function signalChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  const reason = new Error('enough');
  const checks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>> = {
    'opening a stream is ended by its signal, with its reason': async (bench) => {
      await bench.withProducer(away(bench), async (producer) => {
        const { signal } = abortedWith(reason);
        assertThat(
          (await rejection(producer.openStream(bench.streamName(), { ...VIDEO, signal }), 'openStream')) === reason,
          'It rejected with something else',
        );
        const controller = new AbortController();
        const opening = producer.openStream(bench.streamName(), { ...VIDEO, signal: controller.signal });
        const failure = rejection(opening, 'openStream');
        controller.abort(reason);
        assertThat((await failure) === reason, 'It rejected with something else later on');
      });
    },
    'a put that waits for room is ended by its signal, and the stream goes on': async (bench) => {
      await bench.withProducer(away(bench), async (producer) => {
        const stream = await producer.openStream(bench.streamName(), AT_ONCE);
        const [first] = bench.video({ fragments: 1 });
        assertThat(first !== undefined, 'There is no frame');
        const data = concatenate([first.data, slice(0x65, STORE_BYTES / 20)]);
        const frame = (index: number) => ({ ...first, data, timestampUs: first.timestampUs + index * 40_000 });
        let stored = 0;
        while (stored < 20 && stream.tryPutFrame(frame(stored)) === 'stored') stored++;
        assertThat(stored > 0 && stored < 20, `The store took ${stored} frames`);
        const refused = frame(stored);
        const controller = new AbortController();
        const put = rejection(stream.putFrame(refused, { signal: controller.signal }), 'putFrame');
        assertSame(producer.metrics.waitingPuts, 1, 'puts that wait');
        controller.abort(reason);
        assertThat((await put) === reason, 'It rejected with something else');
        assertSame(producer.metrics.waitingPuts, 0, 'puts that wait afterwards');
        assertSame(stream.tryPutFrame(refused), 'full', 'the next put');
      });
    },
    'acks() and events() are ended by their signals': async (bench) => {
      await bench.withProducer(away(bench), async (producer) => {
        const stream = await producer.openStream(bench.streamName(), AT_ONCE);
        const controller = new AbortController();
        const acks = stream.acks({ signal: controller.signal });
        const waiting = acks.next();
        controller.abort(reason);
        assertSame((await waiting).done, true, 'the ack that was waited for');
        assertSame((await stream.events({ signal: controller.signal }).next()).done, true, 'the first event');
      });
    },
    'a stop is ended by its signal, and tells what is not persisted': async (bench) => {
      await bench.withProducer(away(bench), async (producer) => {
        const stream = await producer.openStream(bench.streamName(), AT_ONCE);
        const frames = bench.video({ fragments: 2 });
        await putAll(stream, frames);
        const failure = await rejection(stream.stop({ signal: abortedWith(reason).signal }), 'stop');
        assertThat(failure instanceof NotPersistedError, `It rejected with ${String(failure)}`);
        assertSame(failure.frames, frames.length, 'frames that are not persisted');
        assertSame(failure.fragments, 2, 'fragments that are not persisted');
        assertSame(failure.firstTimestampUs, frames[0]?.timestampUs, 'time of the first frame');
      });
    },
    'a producer that is aborted ends all its streams at once': async (bench) => {
      const controller = new AbortController();
      await bench.withProducer({ signal: controller.signal }, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        const frames = bench.video({ fragments: 1 });
        await putAll(stream, frames.slice(0, 1));
        controller.abort(reason);
        const next = frames[1];
        assertThat(next !== undefined, 'There is no second frame');
        assertThat((await rejection(stream.putFrame(next), 'putFrame')) === reason, 'It rejected with something else');
        assertSame(producer.metrics.streams, 0, 'open streams');
      });
    },
  };
  return serviceChecks('signals', task, createProducer, checks, NEEDS);
}
