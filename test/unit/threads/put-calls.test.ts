/** The entries of a putting thread's calls, without an owner: none is lost for what its thread, or its owner, does too late. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ThreadPort } from '../../../sdk/platform.ts';
import { PutCalls } from '../../../sdk/threads/put-calls.ts';
import { ENTRY_ANSWER, ENTRY_STATE, PutRing, RING_ENTRIES } from '../../../sdk/threads/put-ring.ts';

const it = suite('calls of a putting thread');

function open(): { readonly ring: PutRing; readonly calls: PutCalls } {
  const ring = new PutRing();
  const port: Pick<ThreadPort, 'postMessage'> = { postMessage: () => undefined };
  return { ring, calls: new PutCalls(ring, port as ThreadPort, () => undefined) };
}

/** As the owner does with an entry that was put. */
function take(ring: PutRing, sequence: number): void {
  assert.is(ring.changeState(sequence, ENTRY_STATE.put, ENTRY_STATE.taken), true);
}

it('an answer that comes after its caller has given up frees the entry for the next round', () => {
  const { ring, calls } = open();
  for (let round = 0; round < 3; round++) {
    for (let entry = 0; entry < RING_ENTRIES; entry++) {
      const sequence = calls.takeNow();
      assert.is(sequence, round * RING_ENTRIES + entry);
      calls.send(sequence as number, { call: 'flush' }, true);
      take(ring, sequence as number);
      if (entry === 5) calls.giveUp(sequence as number);
      ring.setAnswer(sequence as number, ENTRY_ANSWER.stored);
      if (entry !== 5) calls.release(sequence as number);
    }
  }
});

it('an entry that was given up and is not answered yet is not handed out', () => {
  const { ring, calls } = open();
  const first = calls.takeNow() as number;
  calls.send(first, { call: 'flush' }, true);
  take(ring, first);
  calls.giveUp(first);
  for (let entry = 1; entry < RING_ENTRIES; entry++) calls.takeNow();
  assert.is(calls.takeNow(), undefined);
  ring.setAnswer(first, ENTRY_ANSWER.stored);
  assert.is(calls.takeNow(), RING_ENTRIES);
});

it('an entry that is passed over has no slot of an earlier round, which would be freed with its thread', () => {
  const { ring, calls } = open();
  const sequence = calls.takeNow() as number;
  ring.setSlot(sequence, 4096);
  calls.passOver(sequence);
  assert.is(ring.state(sequence), ENTRY_STATE.withdrawn);
  assert.is(ring.slot(sequence), 0);
});

it.run();
