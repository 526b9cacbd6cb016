/** What cannot be done is refused with an error that says what was wrong: its class, its status and its data. */
import {
  InvalidFrameError,
  KvsError,
  StoreFullError,
  StreamStoppedError,
  StreamUnavailableError,
} from './public-api.ts';
import { assertSame, assertThat, type Check, rejection } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { putAll, type ServiceBench, serviceChecks, VIDEO } from './service-bench.ts';
import { slice } from './synthetic-video.ts';

const STORE_BYTES = 1 << 20;
const OPEN_TIMEOUT_MS = 1_000;

/** A producer that opens nothing needs no service. */
const offlineChecks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>> = {
  'an option of the producer that cannot be': async (bench) => {
    const failure = await rejection(
      bench.withProducer({ storeBytes: 12 }, () => Promise.resolve()),
      'createProducer',
    );
    assertThat(failure instanceof KvsError, `It rejected with ${String(failure)}`);
    assertSame(failure.code, 'STATUS_INVALID_STORAGE_SIZE', 'code');
    assertThat(failure.message.includes('storeBytes'), failure.message);
    assertThat(!failure.retryable, 'It is said to be retryable');
  },
  'an option of a stream that cannot be, and a name that is none': async (bench) => {
    await bench.withProducer({}, async (producer) => {
      const wrong = { ...VIDEO, whenFull: 'never' as 'wait' };
      const failure = await rejection(producer.openStream(bench.streamName(), wrong), 'openStream');
      assertThat(failure instanceof KvsError, `It rejected with ${String(failure)}`);
      assertSame(failure.code, 'STATUS_INVALID_ARG', 'code');
      assertThat(failure.message.includes('whenFull'), failure.message);
      const unnamed = await rejection(producer.openStream('front door', VIDEO), 'openStream');
      assertThat(unnamed instanceof KvsError, `It rejected with ${String(unnamed)}`);
      assertSame(unnamed.code, 'STATUS_INVALID_STREAM_NAME_LENGTH', 'code');
    });
  },
};

const serviceErrorChecks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>> = {
  'a stream that does not exist, where none is to be created': async (bench) => {
    await bench.withProducer({}, async (producer) => {
      const opening = producer.openStream(bench.streamName(), { ...VIDEO, createIfMissing: false });
      const failure = await rejection(opening, 'openStream');
      assertThat(failure instanceof StreamUnavailableError, `It rejected with ${String(failure)}`);
      assertSame(failure.code, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR', 'code');
      assertSame(failure.streamName, bench.streamName(), 'name of the stream');
    });
  },
  'a service that cannot be reached': async (bench) => {
    await bench.withProducer({ endpoint: bench.task.unreachableEndpoint }, async (producer) => {
      const opening = producer.openStream(bench.streamName(), { ...VIDEO, openTimeoutMs: OPEN_TIMEOUT_MS });
      const failure = await rejection(opening, 'openStream');
      assertThat(failure instanceof StreamUnavailableError, `It rejected with ${String(failure)}`);
      assertSame(failure.code, 'STATUS_OPERATION_TIMED_OUT', 'code');
      assertThat(failure.retryable, 'It is said not to be retryable');
    });
  },
  'a stream that is open already': async (bench) => {
    await bench.withProducer({}, async (producer) => {
      await producer.openStream(bench.streamName(), VIDEO);
      const failure = await rejection(producer.openStream(bench.streamName(), VIDEO), 'openStream');
      assertThat(failure instanceof KvsError, `It rejected with ${String(failure)}`);
      assertSame(failure.code, 'STATUS_DUPLICATE_STREAM_NAME', 'code');
    });
  },
  'a frame larger than the store, and the next frame is taken': async (bench) => {
    await bench.withProducer({ storeBytes: STORE_BYTES }, async (producer) => {
      const stream = await producer.openStream(bench.streamName(), VIDEO);
      const frames = bench.video({ fragments: 1 });
      const data = slice(0x65, STORE_BYTES + 1);
      const { timestampUs } = frames[0] as { readonly timestampUs: number };
      const failure = await rejection(stream.putFrame({ data, isKey: true, timestampUs }), 'putFrame');
      assertThat(failure instanceof StoreFullError, `It rejected with ${String(failure)}`);
      assertSame(failure.code, 'STATUS_STORE_OUT_OF_MEMORY', 'code');
      assertThat(failure.neededBytes > failure.capacityBytes, 'It does not say how much was needed');
      assertThat(!failure.retryable, 'It is said to be retryable');
      await putAll(stream, frames);
      await stream.stop();
      assertSame(stream.metrics.fragmentsPersisted, 1, 'fragments persisted');
    });
  },
  'a frame of a track that there is not': async (bench) => {
    await bench.withProducer({}, async (producer) => {
      const stream = await producer.openStream(bench.streamName(), VIDEO);
      const [frame] = bench.video({ fragments: 1 });
      assertThat(frame !== undefined, 'There is no frame');
      const failure = await rejection(stream.putFrame({ ...frame, trackNumber: 7 }), 'putFrame');
      assertThat(failure instanceof InvalidFrameError, `It rejected with ${String(failure)}`);
      assertSame(failure.trackNumber, 7, 'track');
      assertSame(failure.timestampUs, frame.timestampUs, 'time');
    });
  },
  'a put after the stream was stopped': async (bench) => {
    await bench.withProducer({}, async (producer) => {
      const stream = await producer.openStream(bench.streamName(), VIDEO);
      const frames = bench.video({ fragments: 2 });
      await putAll(stream, frames.slice(0, 3));
      await stream.stop();
      const failure = await rejection(stream.putFrame(frames[3] as (typeof frames)[number]), 'putFrame');
      assertThat(failure instanceof StreamStoppedError, `It rejected with ${String(failure)}`);
      assertSame(failure.status, 0x5200_0052, 'status');
      assertSame(failure.streamName, bench.streamName(), 'name of the stream');
    });
  },
};

export function errorChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  return [
    ...serviceChecks('errors', task, createProducer, offlineChecks, []),
    ...serviceChecks('errors', task, createProducer, serviceErrorChecks),
  ];
}
