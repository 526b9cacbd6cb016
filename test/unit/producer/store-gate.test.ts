import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreGate } from '../../../sdk/producer/store-gate.ts';

const it = suite('store gate');

/** A store of so many free places, with a log of who got in. */
function places(free: number): { free: number; order: string[]; take: (name: string, size?: number) => () => boolean } {
  const state = {
    free,
    order: [] as string[],
    take:
      (name: string, size = 1) =>
      (): boolean => {
        if (state.free < size) return false;
        state.free -= size;
        state.order.push(name);
        return true;
      },
  };
  return state;
}

it('work with room is done at once, in the call', () => {
  const gate = new StoreGate();
  const store = places(1);
  void gate.enter({}, store.take('a'));
  assert.equal(store.order, ['a']);
  assert.is(gate.waiting, 0);
});

it('waiters of every owner get in first come, first served', async () => {
  const gate = new StoreGate();
  const store = places(0);
  const all = [
    gate.enter('x' as unknown as object, store.take('a', 2)),
    gate.enter({}, store.take('b')),
    gate.enter({}, store.take('c')),
  ];
  store.free = 1;
  gate.retry();
  assert.equal(store.order, [], 'the small one does not overtake the large one');
  store.free = 3;
  gate.retry();
  assert.equal(store.order, ['a', 'b']);
  store.free = 1;
  gate.retry();
  await Promise.all(all);
  assert.equal(store.order, ['a', 'b', 'c']);
});

it('an aborted waiter leaves, and lets the next one through', async () => {
  const gate = new StoreGate();
  const store = places(1);
  const controller = new AbortController();
  const large = gate.enter({}, store.take('large', 2), controller.signal).catch((error: unknown) => error);
  const small = gate.enter({}, store.take('small'));
  controller.abort('no more');
  assert.is(await large, 'no more');
  await small;
  assert.equal(store.order, ['small']);
  assert.is(
    await gate.enter({}, store.take('x'), AbortSignal.abort('before')).catch((error: unknown) => error),
    'before',
  );
});

it('an attempt that throws rejects its waiter alone', async () => {
  const gate = new StoreGate();
  const store = places(0);
  const bad = gate
    .enter({}, () => {
      if (store.free > 0) throw new Error('refused');
      return false;
    })
    .catch((error: Error) => error.message);
  const good = gate.enter({}, store.take('good'));
  store.free = 1;
  gate.retry();
  assert.is(await bad, 'refused');
  await good;
});

it('evict() turns away the waiters of one owner', async () => {
  const gate = new StoreGate();
  const store = places(0);
  const [mine, yours] = [{}, {}];
  const evicted = gate.enter(mine, store.take('mine')).catch((error: unknown) => error);
  const kept = gate.enter(yours, store.take('yours'));
  assert.is(gate.isWaiting(mine), true);
  gate.evict(mine, 'gone');
  assert.is(await evicted, 'gone');
  assert.is(gate.isWaiting(mine), false);
  store.free = 1;
  gate.retry();
  await kept;
});

it('an attempt that frees room itself does not recurse', async () => {
  const gate = new StoreGate();
  const store = places(0);
  let depth = 0;
  const freeing = gate.enter({}, () => {
    assert.is(++depth, 1);
    store.free = 1;
    gate.retry();
    depth--;
    return store.take('a')();
  });
  await freeing;
});

it('who waits for something else than the store lets other owners pass, and keeps the order of its own', async () => {
  const gate = new StoreGate();
  const store = places(2);
  const [own, other] = [{}, {}];
  let isReady = false;
  const later = (name: string) => () => (isReady && store.take(name)() ? true : ('not-yet' as const));
  const all = [
    gate.enter(own, later('a')),
    gate.enter(own, store.take('b')),
    gate.enter(other, store.take('c')),
    gate.enter(other, store.take('d', 9)),
    gate.enter({}, store.take('e')),
  ];
  assert.equal(store.order, ['c'], 'd lacks room, so e waits behind it; b waits behind a');
  isReady = true;
  store.free = 11;
  gate.retry();
  await Promise.all(all.slice(0, 4));
  assert.equal(store.order, ['c', 'a', 'b', 'd']);
  store.free = 1;
  gate.retry();
  await Promise.all(all);
  assert.equal(store.order, ['c', 'a', 'b', 'd', 'e']);
});

it.run();
