/** A connection that makes no progress is given up; one that does is not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import { STALL_MS, Wire } from '../../support/upload-wire.ts';

const it = suite('upload session, stalled');

it('a service that owes an answer and gives none for the stall time is given up', async () => {
  const wire = new Wire('silent');
  wire.source.put('abc');
  wire.source.ackOwed = true;
  wire.session.wake();
  await wire.pull();
  await wire.platform.advance(STALL_MS - 1);
  assert.is(wire.ended, undefined);
  await wire.platform.advance(1);
  const end = await wire.end;
  assert.is(end.reason, 'stalled');
  assert.is(end.result, SERVICE_RESULT.NETWORK_READ_TIMEOUT);
  assert.is(end.error?.code, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
});

it('an answer starts the stall time anew; with nothing owed it does not run', async () => {
  const wire = new Wire();
  wire.source.ackOwed = true;
  wire.source.put('abc');
  await wire.pull();
  for (let i = 0; i < 5; i++) {
    await wire.platform.advance(STALL_MS - 100);
    await wire.answer('{"EventType":"IDLE"}');
  }
  assert.is(wire.ended, undefined);
  wire.source.ackOwed = false;
  await wire.platform.advance(100 * STALL_MS);
  assert.is(wire.ended, undefined);
  assert.is(wire.platform.timerCount, 0);
});

for (const [what, text] of [
  ['spaces', ' '],
  ['an ack without an end', '{"EventType":"IDLE","Padding":"'],
  ['acks that cannot be understood', '{"EventType":"HELLO"}'],
] as const) {
  it(`an answer that trickles ${what} is no sign of life`, async () => {
    const wire = new Wire();
    wire.source.ackOwed = true;
    wire.source.put('abc');
    await wire.pull();
    await wire.answer(text);
    for (let passed = 0; passed < STALL_MS; passed += STALL_MS / 10) {
      await wire.platform.advance(STALL_MS / 10);
      if (wire.ended === undefined) await wire.answer(text.startsWith('{"EventType":"H') ? text : 'x'.repeat(7));
    }
    assert.is(wire.ended?.reason, 'stalled');
  });
}

it('a network that stops taking a backlog is given up', async () => {
  const wire = new Wire();
  await wire.platform.idle();
  wire.source.put('x'.repeat(1_000));
  wire.session.wake();
  await wire.platform.advance(STALL_MS);
  assert.is((await wire.end).reason, 'stalled');
});

it('a socket that swallows what little there is, and answers nothing, is given up', async () => {
  const wire = new Wire();
  wire.source.ackOwed = true;
  wire.source.put('x');
  await wire.pull();
  for (let passed = 0; passed < STALL_MS; passed += 250) {
    wire.source.put('x');
    wire.session.wake();
    await wire.platform.advance(250);
  }
  assert.is(wire.ended?.reason, 'stalled');
});

it('a slow network that goes on taking a backlog is not', async () => {
  const wire = new Wire();
  wire.source.ackOwed = true;
  wire.source.put('x'.repeat(10_000_000));
  for (let i = 0; i < 20; i++) {
    await wire.platform.advance(STALL_MS - 1);
    const before = wire.received.length;
    await wire.pullOne();
    assert.ok(wire.received.length > before);
  }
  assert.is(wire.ended, undefined);
});

for (const jumpMs of [-86_400_000, -1_000, 86_400_000]) {
  it(`a wall clock that jumps by ${jumpMs} ms neither puts off nor hastens the end of a silent connection`, async () => {
    const wire = new Wire('silent');
    wire.source.ackOwed = true;
    wire.source.put('x'.repeat(10_000_000));
    await wire.platform.idle();
    await wire.platform.advance(STALL_MS - 100);
    await wire.pullOne();
    wire.platform.jump(jumpMs);
    wire.source.pending = new Uint8Array(0);
    await wire.platform.advance(STALL_MS - 200);
    assert.is(wire.ended, undefined, 'the network took a piece after the jump at the earliest');
    await wire.platform.advance(300);
    assert.is(wire.ended?.reason, 'stalled');
  });
}

it.run();
