/** Every refusal of the relay in workerd: before the upgrade by its HTTP status, after it by its close code and reason. */
// time-limit-s: 240
import { CreateStreamCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeClientMessage } from '../../sdk/relay/client-message.ts';
import { REFUSALS, type RefusalName } from '../../sdk/relay/refusals.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { ALLOWED_ORIGIN, RELAY_SECRET, RelayStage } from '../support/relay-stage.ts';
import { RelayWire, upgrade } from '../support/relay-wire.ts';
import { mintRelayTokenWith } from '../../sdk/relay/relay-token.ts';

const KEY = 'a-key-that-nobody-can-guess';
const CREDIT_BYTES = 8_000;
const MESSAGE_BYTES = 4_000;

const refusals = suite('relay: refusals');
const stage = await RelayStage.set({
  createStreams: false,
  limits: {
    maxMessageBytes: MESSAGE_BYTES,
    creditBytes: CREDIT_BYTES,
    storeBytes: 1 << 20,
    maxMessagesPerSecond: 5,
    clientSilenceMs: 2_000,
    expiryGraceMs: 1_000,
    maxConnectionsPerStream: 2,
  },
});
refusals.after(() => stage[Symbol.asyncDispose]());

const seen = new Set<RefusalName>();

function assertHttp(answer: { status: number; refusal: string }, name: RefusalName): void {
  assert.equal(answer, { status: REFUSALS[name].httpStatus, refusal: name });
  seen.add(name);
}

async function assertClosed(wire: RelayWire, name: RefusalName): Promise<void> {
  const { code, reason } = await wire.closed;
  assert.match(reason, new RegExp(`^${name}: `));
  assert.is(code, 4000 + REFUSALS[name].httpStatus);
  seen.add(name);
}

const offering = (token: string, more = ''): Record<string, string> => ({
  'sec-websocket-protocol': `penstock.relay.v1, bearer.${token}${more}`,
});
const framesOf = (streamName: string): string => `${stage.url}/v1/streams/${streamName}/frames`;

/** The relay of this stage creates none. */
async function createStream(streamName: string): Promise<void> {
  await stage.service.control.send(new CreateStreamCommand({ StreamName: streamName, DataRetentionInHours: 1 }));
}

/** A client of a stream of its own, greeted. */
async function greeted(streamName: string, lifetimeMs = 60_000): Promise<RelayWire> {
  await createStream(streamName);
  const wire = new RelayWire(framesOf(streamName), await stage.token({ streamName, lifetimeMs }), {
    protocols: [`resume.${KEY}`],
  });
  await wire.greet();
  return wire;
}

refusals('health is told to anyone', async () => {
  const response = await fetch(`${stage.url}/health`);
  assert.equal([response.status, await response.json()], [200, { ok: true }]);
});

refusals('addresses and requests that are none', async () => {
  assertHttp(await upgrade(`${stage.url}/v1/streams/front-door`), 'not-found');
  assertHttp(await upgrade(`${stage.url}/v1/streams/front%20door/frames`), 'bad-stream-name');
  const response = await fetch(framesOf('front-door'));
  const { refusal } = (await response.json()) as { refusal: string };
  assertHttp({ status: response.status, refusal }, 'upgrade-required');
  assertHttp(await upgrade(framesOf('front-door')), 'protocol-missing');
  assertHttp(await upgrade(framesOf('front-door'), { 'sec-websocket-protocol': 'mqtt' }), 'protocol-missing');
  assertHttp(await upgrade(framesOf('front-door'), offering('x', ', resume.short')), 'protocol-missing');
});

refusals('tokens that do not fit, before the upgrade', async () => {
  const url = framesOf('front-door');
  assertHttp(await upgrade(url, { 'sec-websocket-protocol': 'penstock.relay.v1' }), 'token-missing');
  assertHttp(
    await upgrade(`${url}?token=${await stage.token()}`, { 'sec-websocket-protocol': 'penstock.relay.v1' }),
    'token-missing',
  );
  assertHttp(await upgrade(url, offering('x'.repeat(4_097))), 'token-too-long');
  assertHttp(await upgrade(url, offering('a.b.c')), 'token-invalid');
  assertHttp(await upgrade(url, offering(await stage.token({ streamName: 'back-door' }))), 'token-for-other-stream');
  assertHttp(await upgrade(url, offering(await stage.token({ mode: 'pipe' }))), 'token-for-other-mode');
  const early = await stage.token({ notBeforeMs: Date.now() + 30_000 });
  assertHttp(await upgrade(url, offering(early)), 'token-not-yet-valid');
  const late = await mintRelayTokenWith(
    { now: () => Date.now() - 600_000, randomBytes: (length) => new Uint8Array(length) },
    { key: RELAY_SECRET, streamName: 'front-door', maxBitrateBps: 1_000 },
  );
  assertHttp(await upgrade(url, offering(late)), 'token-expired');
});

refusals('pages of other origins are refused', async () => {
  const url = framesOf('paged');
  const offer = offering(await stage.token({ streamName: 'paged' }), ', refuse.by-close');
  assertHttp(await upgrade(url, { ...offer, origin: 'https://elsewhere.example.com' }), 'origin-refused');
  assertHttp(await upgrade(url, { ...offer, origin: 'null' }), 'origin-refused');
  assert.is((await upgrade(url, { ...offer, origin: ALLOWED_ORIGIN })).status, 101);
});

refusals('who asks for it is refused by a close code, which a script can see', async () => {
  const url = framesOf('scripted');
  const refused = (token: string): RelayWire => new RelayWire(url, token, { protocols: ['refuse.by-close'] });
  await assertClosed(refused('a.b.c'), 'token-invalid');
  await assertClosed(refused(await stage.token({ streamName: 'other' })), 'token-for-other-stream');
  const used = await stage.token({ streamName: 'scripted' });
  assert.is((await upgrade(url, offering(used))).status, 101);
  await assertClosed(refused(used), 'token-used');
});

refusals('a token opens one session, and only the client that opened it comes back with it', async () => {
  const url = framesOf('replayed');
  await createStream('replayed');
  const token = await stage.token({ streamName: 'replayed' });
  const first = new RelayWire(url, token, { protocols: [`resume.${KEY}`] });
  await first.greet();
  assertHttp(await upgrade(url, offering(token)), 'stream-busy');
  first.close();
  await first.closed;
  assertHttp(await upgrade(url, offering(token)), 'token-used');
  assertHttp(await upgrade(url, offering(token, ', resume.another-key-that-is-long')), 'token-used');
  await stage.evict('replayed');
  assertHttp(await upgrade(url, offering(token)), 'token-used');
  const again = new RelayWire(url, token, { protocols: [`resume.${KEY}`] });
  const { isResumed } = await again.greet();
  assert.is(isResumed, false, 'the memory was gone');
  const third = new RelayWire(url, token, { protocols: [`resume.${KEY}`] });
  await assertClosed(again, 'session-taken-over');
  assert.is((await third.greet()).isResumed, true);
  third.close();
});

refusals('one client a stream', async () => {
  const first = await greeted('busy');
  const url = framesOf('busy');
  assertHttp(await upgrade(url, offering(await stage.token({ streamName: 'busy' }))), 'stream-busy');
  first.close();
});

refusals('messages that are none', async () => {
  const text = await greeted('bad-1');
  text.sendBytes('text' as unknown as Uint8Array);
  await assertClosed(text, 'bad-message');
  const early = new RelayWire(framesOf('bad-2'), await stage.token({ streamName: 'bad-2' }));
  await early.opened;
  early.send({ type: 'ping' });
  await assertClosed(early, 'bad-message');
  const other = await greeted('bad-3');
  other.sendBytes(encodeClientMessage({ type: 'ping' }).fill(9, 0, 1));
  await assertClosed(other, 'bad-message');
  const twice = await greeted('bad-4');
  twice.send({ type: 'hello', firstSequence: 1, tracks: [], metadata: [] });
  await assertClosed(twice, 'bad-message');
});

refusals('tracks that no producer takes', async () => {
  const wire = new RelayWire(framesOf('tracks'), await stage.token({ streamName: 'tracks' }));
  await wire.opened;
  wire.send({ type: 'hello', firstSequence: 1, tracks: [{ kind: 'video', codec: 'no-codec' }], metadata: [] });
  await assertClosed(wire, 'bad-tracks');
});

refusals('a sequence that is missing', async () => {
  const wire = await greeted('gap');
  wire.sendFrame(2, relayFrame(0, startOfStreamUs()));
  await assertClosed(wire, 'sequence-gap');
});

refusals('messages that are too large, too many on their way, or too many a second', async () => {
  const large = await greeted('large');
  large.sendFrame(1, relayFrame(0, startOfStreamUs(), { sizeBytes: MESSAGE_BYTES }));
  await assertClosed(large, 'message-too-large');

  await createStream('credit');
  const slow = new RelayWire(framesOf('credit'), await stage.token({ streamName: 'credit', maxBitrateBps: 8 * 100 }));
  await slow.greet();
  for (let i = 0; i < 6; i++) slow.sendFrame(i + 1, relayFrame(i, startOfStreamUs()));
  await slow.next('event', ({ event }) => event === 'rate-limited');
  await assertClosed(slow, 'credit-exceeded');

  const many = await greeted('many');
  for (let i = 0; i < 110; i++) many.send({ type: 'ping' });
  await assertClosed(many, 'too-many-messages');
});

refusals('a client that says nothing', async () => {
  await assertClosed(await greeted('silent'), 'client-silent');
});

refusals('a token that expires while its client is connected; another one keeps it', async () => {
  const kept = await greeted('kept', 1_000);
  kept.send({ type: 'renew', token: await stage.token({ streamName: 'kept' }) });
  const { expiresAtMs } = await kept.next('renewed');
  assert.ok(expiresAtMs > Date.now() + 60_000);
  const ended = await greeted('ended', 1_000);
  await ended.next('event', ({ event }) => event === 'token-expired');
  await assertClosed(ended, 'token-expired');
  const wrong = await greeted('wrong');
  wrong.send({ type: 'renew', token: await stage.token({ streamName: 'kept' }) });
  await assertClosed(wrong, 'token-for-other-stream');
  kept.close();
});

refusals('an upload that the service does not take: the stream does not exist', async () => {
  const wire = new RelayWire(framesOf('missing'), await stage.token({ streamName: 'missing' }));
  await wire.greet();
  const { status } = await wire.next('event', ({ event }) => event === 'upload-failed');
  assert.is(status, STATUS.STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR);
  await assertClosed(wire, 'upload-failed');
});

refusals('no refusal of the table is left out', () => {
  // What cannot be brought about from outside.
  const untold: readonly RefusalName[] = ['relay-failed'];
  assert.equal(
    Object.keys(REFUSALS).filter((name) => !seen.has(name as RefusalName) && !untold.includes(name as RefusalName)),
    [],
  );
});

refusals.run();
