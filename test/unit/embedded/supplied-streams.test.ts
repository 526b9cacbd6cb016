/** Streams and abort signals as supplied to embedded engines: each test runs on Node's own classes too, and both must pass. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as supplied from '../../../bindings/embedded/supplied/names.ts';

const isTypeError = (error: unknown): boolean => error instanceof TypeError;

type Names = Pick<
  typeof globalThis,
  'AbortController' | 'AbortSignal' | 'DOMException' | 'ReadableStream' | 'WritableStream'
>;

const kinds: ReadonlyArray<readonly [string, Names]> = [
  ['Node', globalThis],
  ['supplied', supplied as unknown as Names],
];

/** What a promise rejects with; fails when it resolves. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    () => assert.unreachable('It resolved'),
    (error: unknown) => ({ error }),
  );
  return value?.error;
}

/** Lets everything that is ready happen. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

for (const [kind, { AbortController, AbortSignal, DOMException, ReadableStream, WritableStream }] of kinds) {
  const it = suite(`streams and signals [${kind}]`);

  it('a source is asked only when somebody reads, with a high-water mark of 0', async () => {
    let asked = 0;
    const stream = new ReadableStream<number>(
      { pull: (controller) => controller.enqueue(++asked) },
      { highWaterMark: 0 },
    );
    await settle();
    assert.is(asked, 0);
    const reader = stream.getReader();
    assert.equal(
      [await reader.read(), await reader.read()],
      [
        { done: false, value: 1 },
        { done: false, value: 2 },
      ],
    );
    await settle();
    assert.is(asked, 2);
  });

  it('a source fills the queue up to the high-water mark, and is asked again for each chunk that is taken', async () => {
    let asked = 0;
    const stream = new ReadableStream<number>(
      { pull: (controller) => controller.enqueue(++asked) },
      { highWaterMark: 3 },
    );
    await settle();
    assert.is(asked, 3);
    await stream.getReader().read();
    await settle();
    assert.is(asked, 4);
  });

  it('a slow source is asked one thing at a time, and reads are answered in order', async () => {
    let running = 0;
    let most = 0;
    let next = 0;
    const stream = new ReadableStream<number>(
      {
        async pull(controller) {
          most = Math.max(most, ++running);
          await settle();
          running--;
          controller.enqueue(next++);
        },
      },
      { highWaterMark: 0 },
    );
    const reader = stream.getReader();
    const results = await Promise.all([reader.read(), reader.read(), reader.read()]);
    assert.equal(
      results.map(({ value }) => value),
      [0, 1, 2],
    );
    assert.is(most, 1);
  });

  it('what was queued before close can be read, and then comes the end', async () => {
    const stream = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('a');
        controller.close();
        assert.throws(() => controller.enqueue('b'), isTypeError);
        assert.throws(() => controller.close(), isTypeError);
      },
    });
    const reader = stream.getReader();
    assert.equal(
      [await reader.read(), await reader.read(), await reader.read()],
      [
        { done: false, value: 'a' },
        { done: true, value: undefined },
        { done: true, value: undefined },
      ],
    );
    await reader.closed;
  });

  it('an error rejects reads that wait and reads that come, and drops the queue', async () => {
    const failure = new Error('expected');
    let given: ReadableStreamDefaultController<string> | undefined;
    const waiting = new ReadableStream<string>({ start: (controller) => void (given = controller) }).getReader();
    const read = waiting.read();
    given?.error(failure);
    assert.is(await rejection(read), failure);
    assert.is(await rejection(waiting.read()), failure);
    assert.is(await rejection(waiting.closed), failure);
    const queued = new ReadableStream<string>({
      start(controller) {
        controller.enqueue('lost');
        controller.error(failure);
      },
    });
    assert.is(await rejection(queued.getReader().read()), failure);
  });

  it("what start and pull throw is the stream's error", async () => {
    const failure = new Error('expected');
    const fail = (): never => {
      throw failure;
    };
    assert.throws(() => new ReadableStream({ start: fail }), /expected/);
    assert.is(
      await rejection(new ReadableStream({ start: () => Promise.reject(failure) }).getReader().read()),
      failure,
    );
    assert.is(await rejection(new ReadableStream({ pull: fail }).getReader().read()), failure);
  });

  it('cancel tells the source why, once, and ends what is read', async () => {
    const reasons: unknown[] = [];
    const stream = new ReadableStream<string>({ cancel: (reason) => void reasons.push(reason) }, { highWaterMark: 0 });
    const reader = stream.getReader();
    const read = reader.read();
    await reader.cancel('enough');
    await reader.cancel('again');
    assert.equal(reasons, ['enough']);
    assert.equal(await read, { done: true, value: undefined });
  });

  it('a locked stream has one reader, and is free again when it is released', async () => {
    const stream = new ReadableStream<string>();
    const reader = stream.getReader();
    assert.ok(stream.locked);
    assert.throws(() => stream.getReader(), isTypeError);
    assert.instance(await rejection(stream.cancel()), TypeError);
    const read = reader.read();
    reader.releaseLock();
    assert.instance(await rejection(read), TypeError);
    assert.not(stream.locked);
    assert.ok(stream.getReader());
  });

  it('a loop reads to the end, and cancels when it is left early', async () => {
    const reasons: unknown[] = [];
    const open = (): ReadableStream<number> => {
      let next = 0;
      return new ReadableStream<number>({
        pull(controller) {
          if (next < 3) controller.enqueue(next++);
          else controller.close();
        },
        cancel: (reason) => void reasons.push(reason),
      });
    };
    const all: number[] = [];
    for await (const value of open()) all.push(value);
    assert.equal(all, [0, 1, 2]);
    assert.equal(reasons, []);
    for await (const value of open()) if (value === 1) break;
    assert.equal(reasons, [undefined]);
  });

  it('a writable stream writes one chunk at a time, in order, and closes after the last', async () => {
    const seen: string[] = [];
    const stream = new WritableStream<string>({
      async write(chunk) {
        seen.push(`${chunk}+`);
        await settle();
        seen.push(`${chunk}-`);
      },
      close: () => void seen.push('closed'),
    });
    const writer = stream.getWriter();
    assert.is(writer.desiredSize, 1);
    const writes = [writer.write('a'), writer.write('b'), writer.close()];
    assert.is(writer.desiredSize, -1);
    await Promise.all(writes);
    await writer.closed;
    assert.equal(seen, ['a+', 'a-', 'b+', 'b-', 'closed']);
    assert.is(writer.desiredSize, 0);
    // Node 20 throws at once here.
    assert.instance(await rejection(Promise.resolve().then(() => writer.write('c'))), Error);
  });

  it('a write that fails ends the stream with its error', async () => {
    const failure = new Error('expected');
    const writer = new WritableStream<string>({ write: () => Promise.reject(failure) }).getWriter();
    assert.is(await rejection(writer.write('a')), failure);
    assert.is(await rejection(writer.write('b')), failure);
    assert.is(await rejection(writer.closed), failure);
    assert.is(writer.desiredSize, null);
  });

  it('abort tells the sink why, and what waits is not written', async () => {
    const seen: unknown[] = [];
    const stream = new WritableStream<string>({
      async write(chunk) {
        seen.push(chunk);
        await settle();
      },
      abort: (reason) => void seen.push(reason),
    });
    const writer = stream.getWriter();
    await settle();
    const writes = [writer.write('a'), writer.write('b')].map((write) => write.catch((error: unknown) => error));
    await writer.abort('enough');
    await Promise.all(writes);
    assert.equal(seen, ['a', 'enough']);
    assert.is(await rejection(writer.write('c')), 'enough');
  });

  it('a signal is aborted once, and tells each listener once', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const heard: string[] = [];
    const removed = (): void => void heard.push('removed');
    const scope = new AbortController();
    signal.addEventListener('abort', ({ type }) => void heard.push(type), { once: true });
    signal.addEventListener('abort', removed);
    signal.addEventListener('abort', () => void heard.push('out of scope'), { signal: scope.signal });
    signal.removeEventListener('abort', removed);
    scope.abort();
    signal.throwIfAborted();
    controller.abort('why');
    controller.abort('again');
    signal.addEventListener('abort', () => void heard.push('too late'));
    assert.equal(heard, ['abort']);
    assert.ok(signal.aborted);
    assert.is(signal.reason, 'why');
    assert.throws(
      () => signal.throwIfAborted(),
      (error: unknown) => error === 'why',
    );
  });

  it('a signal without a reason is aborted with an AbortError', () => {
    const { reason } = AbortSignal.abort() as { readonly reason: unknown };
    assert.instance(reason, DOMException);
    assert.is((reason as Error).name, 'AbortError');
    assert.throws(() => new AbortSignal(), isTypeError);
  });

  it('a signal of several is aborted with the first', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const both = AbortSignal.any([first.signal, second.signal]);
    second.abort('second');
    first.abort('first');
    assert.is(both.reason, 'second');
    assert.is(AbortSignal.any([first.signal, second.signal]).reason, 'first');
  });

  it.run();
}
