/** Courses of events that figures tell of, and the form of a test of one. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProducerMetrics, ProducerOptions, StreamMetrics, StreamOptions } from '../../sdk/producer/index.ts';
import { ScriptedMedia } from './scripted-media.ts';
import { testFrame, TestStream, timecodeOf, watched } from './test-stream.ts';

export const RECONNECT_MS = 2_000;
export const FRAME_BYTES = 1_000;
/** A store that thirty fragments do not fit into. */
export const FULL: ProducerOptions = { storeBytes: 64 << 10 };

/** A value, or what has to be true of it. */
type Expected = number | string | object | ((value: number) => boolean);

function expectFigure(value: unknown, expected: Expected): void {
  if (typeof expected === 'function') assert.ok(expected(value as number), `it is ${JSON.stringify(value)}`);
  else assert.equal(value, expected);
}

/** Registers a test of a stream's figure: opens a stream, lets something happen, and says what the figure is then. */
export function figureTests(it: Test) {
  return (
    name: keyof StreamMetrics,
    what: string,
    options: Partial<StreamOptions>,
    happens: (test: TestStream) => Promise<void>,
    expected: Expected,
    producerOptions: ProducerOptions = {},
  ): void => {
    it(`S203: ${name}: ${what}`, async () => {
      const service = new ScriptedMedia();
      service.uploadsStayOpen = true;
      const test = await TestStream.open({ endIdleFragmentsAfterMs: 0, ...options }, producerOptions, service);
      await happens(test);
      expectFigure(test.stream.metrics[name], expected);
      await test.end();
    });
  };
}

/** Registers a test of a producer's figure. */
export function totalTests(it: Test) {
  return (
    name: keyof ProducerMetrics,
    what: string,
    happens: (test: TestStream) => Promise<void>,
    expected: Expected,
    producerOptions: ProducerOptions = {},
  ): void => {
    it(`S203: ${name} of the producer: ${what}`, async () => {
      const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 }, producerOptions);
      await happens(test);
      expectFigure(test.producer.metrics[name], expected);
      await test.end();
    });
  };
}

export const nothing = (): Promise<void> => Promise.resolve();
export const put = (fragments: number) => (test: TestStream) => test.putFragments(fragments);
export const between =
  (low: number, high: number) =>
  (value: number): boolean =>
    value >= low && value <= high;

/** Puts fragments, loses the connection, and lets the next one be made. */
export const lose = (fragments: number) => async (test: TestStream) => {
  await test.putFragments(fragments);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
};
export const refuse = async (test: TestStream): Promise<void> => {
  await test.putFragments(3);
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4002 });
  await test.service.pass(RECONNECT_MS);
};
/** Puts until the store is full. */
export const fill = async (test: TestStream): Promise<void> => {
  void watched(test.putFragments(30));
  await test.service.idle();
};
export const persist = async (test: TestStream): Promise<void> => {
  await test.putFragments(3);
  test.service.upload.persist(timecodeOf(0), timecodeOf(1));
  await test.service.idle();
};
/** A fragment whose four frames are put in 100 ms steps, RECEIVED 500 ms and PERSISTED a second behind the last. */
export const acknowledgeLater = async (test: TestStream): Promise<void> => {
  for (let i = 0; i < 5; i++) {
    await test.stream.putFrame(testFrame(i));
    await test.service.pass(100);
  }
  await test.service.pass(300);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.pass(500);
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
};
export const replace = async (test: TestStream): Promise<void> => {
  await test.putFragments(1);
  await test.service.pass(1_500);
  await test.putFragments(1);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.close();
  await test.service.pass(100);
};
