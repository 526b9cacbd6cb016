import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Wakeup } from '../../../sdk/producer/wakeup.ts';
import { outcomeOf } from '../../support/test-stream.ts';

const it = suite('wake-up');

it('a notification wakes the waiting task', async () => {
  const wakeup = new Wakeup();
  const waiting = wakeup.wait();
  assert.is(await outcomeOf(waiting), 'pending');
  wakeup.notify();
  assert.is(await outcomeOf(waiting), undefined);
});

it('a notification before the wait is not lost, and several are one', async () => {
  const wakeup = new Wakeup();
  wakeup.notify();
  wakeup.notify();
  assert.is(await outcomeOf(wakeup.wait()), undefined);
  assert.is(await outcomeOf(wakeup.wait()), 'pending');
});

it.run();
