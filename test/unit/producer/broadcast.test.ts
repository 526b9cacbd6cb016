import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Broadcast } from '../../../sdk/producer/broadcast.ts';

const it = suite('broadcast');
const item = (n: number): { n: number } => ({ n });

async function drain(iterable: AsyncIterable<{ n: number }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { n } of iterable) all.push(n);
  return all;
}

it('every reader gets every item from its subscription on', async () => {
  const source = new Broadcast<{ n: number }>(10);
  const early = source.subscribe();
  source.publish(item(1));
  const late = source.subscribe();
  source.publish(item(2));
  source.close();
  assert.equal(await drain(early), [1, 2]);
  assert.equal(await drain(late), [2]);
});

it('a slow reader loses the oldest items and is told how many; a fast one loses none', async () => {
  const source = new Broadcast<{ n: number }>(3);
  const slow = source.subscribe();
  const fast = source.subscribe();
  const got: number[] = [];
  for (let n = 1; n <= 5; n++) {
    source.publish(item(n));
    got.push((await fast.next()).value.n as number);
  }
  source.close();
  assert.equal(await drain(slow), [3, 4, 5]);
  assert.is(slow.missed, 2);
  assert.equal(got, [1, 2, 3, 4, 5]);
  assert.is(fast.missed, 0);
});

it('next() waits for the item to come, and for the end', async () => {
  const source = new Broadcast<{ n: number }>(3);
  const reader = source.subscribe();
  const [first, second] = [reader.next(), reader.next()];
  source.publish(item(1));
  source.close();
  assert.equal(await first, { value: item(1), done: false });
  assert.is((await second).done, true);
});

it('return() and an aborted signal give a subscription up', async () => {
  const source = new Broadcast<{ n: number }>(3);
  const controller = new AbortController();
  const aborted = source.subscribe({ signal: controller.signal });
  const waiting = aborted.next();
  controller.abort();
  assert.is((await waiting).done, true);
  for await (const _ of source.subscribe({ signal: AbortSignal.abort() })) assert.unreachable('already aborted');
  const returned = source.subscribe();
  source.publish(item(1));
  await returned.return?.();
  assert.is((await returned.next()).done, true);
});

it('a subscription that is over lets go of its signal', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>): void => {
    listeners++;
    AbortSignal.prototype.addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<AbortSignal['removeEventListener']>): void => {
    listeners--;
    AbortSignal.prototype.removeEventListener.apply(signal, args);
  };
  const source = new Broadcast<{ n: number }>(3);
  const returned = source.subscribe({ signal });
  source.subscribe({ signal });
  assert.is(listeners, 2);
  await returned.return?.();
  assert.is(listeners, 1);
  source.close();
  assert.is(listeners, 0);
});

it('a subscription to a closed source is over', async () => {
  const source = new Broadcast<{ n: number }>(3);
  source.close();
  assert.equal(await drain(source.subscribe()), []);
});

it.run();
