import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CorePoisonedError, ServiceCallError } from '../../../sdk/errors.ts';
import { type SessionEnd, UploadSession } from '../../../sdk/producer/upload-session.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import { ScriptedPlatform } from '../../support/scripted-platform.ts';
import { REQUEST, Source, STALL_MS, Wire } from '../../support/upload-wire.ts';

const it = suite('upload session');

it('the body follows the data, wakes for more and never polls', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  assert.is(wire.received, 'abc');
  await wire.platform.advance(STALL_MS);
  assert.is(wire.platform.timerCount, 0, 'nothing is owed: no timer runs');
  wire.source.put('def');
  await wire.platform.idle();
  assert.is(wire.received, 'abc', 'not before it is woken');
  wire.session.wake();
  await wire.platform.idle();
  assert.is(wire.received, 'abcdef');
});

it('pieces are handed over once and never changed afterwards', async () => {
  const platform = new ScriptedPlatform();
  const source = new Source();
  const pieces: Uint8Array[] = [];
  platform.on('/putMedia', async (request) => {
    for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
    return {};
  });
  const session = new UploadSession(platform, source, STALL_MS);
  const end = session.run(REQUEST);
  for (let i = 0; i < 40; i++) {
    source.pending = new Uint8Array(20_000).fill(i);
    session.wake();
    await platform.idle();
  }
  source.complete = true;
  session.wake();
  assert.is((await end).reason, 'finished');
  assert.is(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
    800_000,
  );
  let i = 0;
  for (const piece of pieces) for (const byte of piece) assert.is(byte, Math.floor(i++ / 20_000));
});

it('acks are read while the body is open', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  await wire.answer('{"EventType":"BUFFERING","FragmentTimecode":1}\n{"Even');
  await wire.answer('tType":"IDLE"}\n{}\n');
  assert.is(wire.source.connected, 1);
  assert.equal(
    wire.source.acks.map((ack) => ack.type),
    ['buffering', 'idle'],
  );
  assert.equal(wire.source.badAcks, ['STATUS_INVALID_ACK_KEY_START']);
  assert.is(wire.bodyEnd, 'open');
});

it('a complete stream closes the body, and the connection ends when the service ends it', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  wire.source.complete = true;
  wire.session.wake();
  await wire.platform.idle();
  assert.is(wire.bodyEnd, 'closed');
  assert.is(wire.ended, undefined);
  wire.responder.close();
  assert.equal(await wire.end, { reason: 'finished', result: SERVICE_RESULT.OK });
  assert.is(wire.platform.timerCount, 0);
});

it('a handover ends the body at once and the connection when everything is acknowledged and the service ends it', async () => {
  const wire = new Wire();
  wire.source.ackOwed = true;
  wire.source.put('abc');
  wire.source.handingOver = true;
  await wire.pull();
  assert.is(wire.received, 'abc');
  assert.is(wire.bodyEnd, 'closed');
  await wire.platform.advance(STALL_MS - 1);
  await wire.answer('{"EventType":"BUFFERING","FragmentTimecode":1}');
  wire.source.ackOwed = false;
  await wire.answer('{"EventType":"PERSISTED","FragmentTimecode":1}');
  await wire.platform.advance(4_000);
  assert.is(wire.ended, undefined, 'the stall time does not count any more');
  wire.responder.close();
  assert.equal(await wire.end, { reason: 'handed-over', result: SERVICE_RESULT.OK });
  assert.is(wire.platform.timerCount, 0);
});

it('a service that does not end its side of a handover is left after five seconds, too', async () => {
  const wire = new Wire();
  wire.source.handingOver = true;
  await wire.pull();
  await wire.platform.advance(4_999);
  assert.is(wire.ended, undefined);
  await wire.platform.advance(1);
  assert.is((await wire.end).reason, 'handed-over');
});

it('a handover that owes acks can be closed, lost and stalled like any connection', async () => {
  for (const [expected, fail] of [
    ['closed', (wire: Wire) => wire.responder.close()],
    ['lost', (wire: Wire) => wire.responder.error(new Error('ECONNRESET'))],
    ['stalled', (wire: Wire) => wire.platform.advance(STALL_MS)],
  ] as const) {
    const wire = new Wire();
    wire.source.ackOwed = true;
    wire.source.handingOver = true;
    await wire.pull();
    await wire.answer('{"EventType":"IDLE"}');
    await fail(wire);
    await wire.platform.idle();
    assert.is((await wire.end).reason, expected);
  }
});

it('a service that does not end its side is left after five seconds', async () => {
  const wire = new Wire();
  wire.source.complete = true;
  await wire.pull();
  await wire.platform.advance(4_999);
  assert.is(wire.ended, undefined);
  await wire.platform.advance(1);
  assert.is((await wire.end).reason, 'finished');
});

it('the end of the response before the stream is complete is a closed connection', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  await wire.answer('{"EventType":"IDLE"}');
  wire.responder.close();
  assert.equal(await wire.end, { reason: 'closed', result: SERVICE_RESULT.OK });
  await wire.pull();
  assert.is(wire.bodyEnd, 'error', 'the request is torn down');
});

it('an answer that ends without an ack is told: whoever gave it may not be the service', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  await wire.answer('<html>Welcome</html>');
  wire.responder.close();
  const { reason, error } = await wire.end;
  assert.is(reason, 'closed');
  assert.match(error?.message ?? '', 'PutMedia failed: HTTP 200: the answer (of no type) ended without an ack');
  assert.is(error?.retryable, true);
});

it('a broken response is a lost connection', async () => {
  const wire = new Wire();
  wire.source.put('abc');
  await wire.pull();
  wire.responder.error(new Error('ECONNRESET'));
  const end = await wire.end;
  assert.is(end.reason, 'lost');
  assert.instance(end.error, ServiceCallError);
  assert.match(end.error?.message ?? '', 'ECONNRESET');
});

it('an answer other than 200 is a refusal with the service’s error', async () => {
  const wire = new Wire({ status: 403, body: '{"__type":"AccessDeniedException","Message":"no"}' });
  const end = await wire.end;
  assert.is(end.reason, 'refused');
  assert.is(end.result, SERVICE_RESULT.FORBIDDEN);
  assert.is(end.error?.code, 'AccessDeniedException');
  assert.is(wire.source.connected, 0);
});

it('a refusal is told apart from the body that the network drops with it', async () => {
  const platform = new ScriptedPlatform();
  const source = new Source();
  platform.on('/putMedia', async (request) => {
    const reader = (request.body as ReadableStream<Uint8Array>).getReader();
    source.put('abc');
    await reader.read();
    const waiting = reader.read();
    await platform.idle();
    await reader.cancel(new Error('the service answered early'));
    await waiting;
    source.put('def');
    await platform.idle();
    return { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } };
  });
  const end = await new UploadSession(platform, source, STALL_MS).run(REQUEST);
  assert.is(end.reason, 'refused');
  assert.is(source.pending.length, 3, 'nothing was read for nobody');
});

it('an ack may end the connection; later ones are not looked at', async () => {
  const wire = new Wire();
  await wire.pull();
  const verdict: SessionEnd = { reason: 'error-ack', result: 4006 };
  wire.source.endOnAck = verdict;
  await wire.answer('{"EventType":"ERROR","ErrorId":4006}{"EventType":"PERSISTED","FragmentTimecode":1}');
  assert.is(await wire.end, verdict);
  assert.is(wire.source.acks.length, 1);
});

it('abort() ends the connection at once, whatever the network does', async () => {
  const wire = new Wire('silent');
  wire.source.put('abc');
  await wire.pull();
  wire.session.abort();
  assert.is((await wire.end).reason, 'aborted');
  assert.is(wire.platform.timerCount, 0);
  assert.is(wire.platform.requests[0]?.signal?.aborted, true);
});

it('a core that fails while it is read ends the connection with its error', async () => {
  const wire = new Wire();
  const poison = new CorePoisonedError('read');
  wire.source.read = (): number => {
    throw poison;
  };
  await wire.pull();
  assert.is((await wire.end).error, poison);
});

it.run();
