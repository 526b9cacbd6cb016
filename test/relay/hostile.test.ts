/** What nobody who means well sends: each is refused by name or told as lost, and the relay goes on for whoever comes after. */
// time-limit-s: 240
import { SignJWT, UnsecuredJWT } from 'jose';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeClientMessage } from '../../sdk/relay/client-message.ts';
import { decodeJson, encodeCredit, encodeJson, encodeMessage, PIPE_MESSAGE } from '../../sdk/relay/pipe-message.ts';
import type { RefusalName } from '../../sdk/relay/refusals.ts';
import { PipeWire } from '../support/pipe-wire.ts';
import { framesOf, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { ALLOWED_ORIGIN, RELAY_SECRET, RelayStage } from '../support/relay-stage.ts';
import { RelayWire, upgrade } from '../support/relay-wire.ts';

const NOTHING: Uint8Array = new Uint8Array(0);
const VP8 = { kind: 'video', codec: 'vp8' } as const;
/** So many of the same. */
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const KEY = 'resume.a-key-that-nobody-can-guess';

const hostile = suite('relay: hostile clients');
const stage = await RelayStage.set();
hostile.after(() => stage[Symbol.asyncDispose]());

const routeOf = (streamName: string, mode = 'frames'): string => `${stage.url}/v1/streams/${streamName}/${mode}`;

/** A client of frames mode, with a token of its own. */
async function connect(streamName: string, protocols: readonly string[] = [KEY]): Promise<RelayWire> {
  const wire = new RelayWire(routeOf(streamName), await stage.token({ streamName }), { protocols });
  await wire.opened;
  return wire;
}

/** A message with its head, and whatever body. */
function raw(type: number, { flags = 0, sequence = 0n, body = NOTHING, version = 1 } = {}): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  bytes.set([version, type, flags, 1]);
  new DataView(bytes.buffer).setBigUint64(4, sequence);
  bytes.set(body, 12);
  return bytes;
}

const json = (text: string): Uint8Array => new TextEncoder().encode(text);
const frameBody = (timestampUs: bigint, sizeBytes = 1): Uint8Array => {
  const body = new Uint8Array(20 + sizeBytes);
  new DataView(body.buffer).setBigUint64(0, timestampUs);
  return body;
};

for (const [what, message] of [
  ['nothing', new Uint8Array(0)],
  ['half a head', raw(0x07).subarray(0, 11)],
  ['a version to come', raw(0x07, { version: 2 })],
  ['a type that there is not', raw(0x08)],
  ['a message of the relay', raw(0x82)],
  ['a frame cut in the middle of its head', raw(0x02, { sequence: 1n, body: new Uint8Array(19) })],
  ['a frame without payload', raw(0x02, { sequence: 1n, body: new Uint8Array(20) })],
  ['a frame with flags of tomorrow', raw(0x02, { sequence: 1n, flags: 0x10, body: frameBody(0n) })],
  ['a frame without number', raw(0x02, { body: frameBody(0n) })],
  ['a number beyond 2^53', raw(0x02, { sequence: 2n ** 53n, body: frameBody(0n) })],
  ['a time beyond 2^53', raw(0x02, { sequence: 1n, body: frameBody(2n ** 64n - 1n) })],
  ['an end of fragment with a body', raw(0x03, { sequence: 1n, body: new Uint8Array(1) })],
  ['metadata that are no JSON', raw(0x04, { sequence: 1n, body: json('{"name":') })],
  ['metadata that are no text', raw(0x04, { sequence: 1n, body: json('{"name":"a","value":{}}') })],
  ['metadata that are no UTF-8', raw(0x04, { sequence: 1n, body: Uint8Array.of(0xff, 0xfe) })],
  ['another hello', encodeClientMessage({ type: 'hello', firstSequence: 1, tracks: [], metadata: [] })],
  ['a token that is a number', raw(0x06, { body: json('{"token":7}') })],
] as const)
  hostile(`refused as a bad message: ${what}`, async () => {
    const wire = await connect('bad');
    await wire.greet();
    wire.sendBytes(message);
    const { code, reason } = await wire.closed;
    assert.match(reason, /^bad-message: /);
    assert.is(code, 4400);
  });

for (const [what, body] of [
  ['no number', '{"tracks":[],"metadata":[]}'],
  ['a number of 0', '{"firstSequence":0,"tracks":[],"metadata":[]}'],
  ['a number that is not whole', '{"firstSequence":1.5,"tracks":[],"metadata":[]}'],
  ['a number that JSON cannot hold', '{"firstSequence":1e999,"tracks":[],"metadata":[]}'],
  ['a list', '[]'],
  ['tracks that are none', '{"firstSequence":1,"tracks":[null],"metadata":[]}'],
  ['a hundred tracks', JSON.stringify({ firstSequence: 1, tracks: times(100, { kind: 'video' }), metadata: [] })],
  ['lists in lists', `{"firstSequence":1,"tracks":${'['.repeat(100_000)}${']'.repeat(100_000)},"metadata":[]}`],
] as const)
  hostile(`refused as a bad message: a hello with ${what}`, async () => {
    const wire = await connect('bad');
    wire.sendBytes(raw(0x01, { body: json(body) }));
    assert.match((await wire.closed).reason, /^bad-message: /);
  });

for (const [what, tracks, metadata] of [
  ['no track', [], []],
  ['four tracks', times(4, VP8), []],
  ['two tracks of one number', times(2, { ...VP8, trackNumber: 1 }), []],
  ['metadata that are too long', [VP8], [{ name: 'n'.repeat(129), value: '' }]],
] as const)
  hostile(`refused by the producer: a hello with ${what}`, async () => {
    const wire = await connect('bad');
    wire.sendBytes(raw(0x01, { body: json(JSON.stringify({ firstSequence: 1, tracks, metadata })) }));
    assert.match((await wire.closed).reason, /^bad-tracks: /);
  });

hostile(
  'frames at times that cannot be are told as lost or passed on, one by one; the next fragment is persisted',
  async () => {
    const streamName = 'times';
    const wire = await connect(streamName);
    await wire.greet();
    const startUs = startOfStreamUs();
    let sequence = 0;
    const send = (
      changes: Partial<ReturnType<typeof relayFrame>>,
      trackNumber = 1,
      decodeTimestampUs?: number,
    ): void => {
      const { data, timestampUs, isKey } = { ...relayFrame(1, startUs), ...changes };
      const flags = { isKey, discardable: false, invisible: false };
      const when = { timestampUs, decodeTimestampUs, durationUs: 2 ** 32 - 1 };
      wire.send({ type: 'frame', sequence: ++sequence, trackNumber, ...when, ...flags, data });
    };
    send({ timestampUs: startUs, isKey: true });
    send({ timestampUs: 0 });
    send({ timestampUs: startUs - 1 });
    send({ timestampUs: startUs + 40_000 }, 0);
    send({ timestampUs: startUs + 40_000 }, 200);
    send({ timestampUs: startUs + 40_000 }, 1, Number.MAX_SAFE_INTEGER);
    send({ timestampUs: Number.MAX_SAFE_INTEGER });
    await wire.next('status', ({ acceptedThrough }) => acceptedThrough === sequence);
    const refused = wire.received.flatMap((message) => (message.type === 'lost' ? [message.reason] : []));
    assert.ok(refused.length >= 4 && refused.every((reason) => reason === 'refused'), refused.join());
    wire.send({ type: 'end-of-fragment', sequence: ++sequence });
    for (let index = 5; index < 10; index++) wire.sendFrame(++sequence, relayFrame(index, startUs));
    wire.send({ type: 'stop', sequence: ++sequence });
    await wire.next('stopped');
    const came = new Set(framesOf(await stage.readBack(6, streamName)).keys());
    for (let index = 5; index < 10; index++) assert.ok(came.has(relayFrame(index, startUs).timestampUs), `${index}`);
  },
);

hostile('a number of long ago is passed over, one of tomorrow ends the connection; the session stands', async () => {
  const streamName = 'numbers';
  const startUs = startOfStreamUs();
  const first = await connect(streamName);
  await first.greet();
  for (let index = 0; index < 5; index++) first.sendFrame(index + 1, relayFrame(index, startUs));
  // Out of turn, and twice.
  for (const sequence of [3, 1, 5, 5]) first.sendFrame(sequence, relayFrame(30 + sequence, startUs));
  first.send({ type: 'ping' });
  await first.next('status', ({ acceptedThrough }) => acceptedThrough === 5);
  first.sendFrame(7, relayFrame(6, startUs));
  assert.match((await first.closed).reason, /^sequence-gap: /);
  const forged = await connect(streamName);
  forged.send({ type: 'hello', firstSequence: 900, tracks: [], metadata: [] });
  assert.match((await forged.closed).reason, /^bad-tracks: /);
  const ahead = await connect(streamName);
  ahead.send({ type: 'hello', firstSequence: 900, tracks: [{ ...VP8, width: 320, height: 240 }], metadata: [] });
  assert.match((await ahead.closed).reason, /^sequence-gap: /);
  const last = await connect(streamName);
  const { isResumed, receivedThrough } = await last.greet(1);
  assert.equal([isResumed, receivedThrough], [true, 5]);
  last.send({ type: 'stop', sequence: 6 });
  await last.next('stopped');
  assert.is(framesOf(await stage.readBack(5, streamName)).size, 5);
});

hostile(
  'of two sockets of one client the newer one counts, whichever token it has; what the older one said is not lost',
  async () => {
    const streamName = 'both';
    const startUs = startOfStreamUs();
    let wire = await connect(streamName);
    await wire.greet();
    let sent = 0;
    for (let sockets = 0; sockets < 4; sockets++) {
      for (let count = 0; count < 5; count++, sent++) wire.sendFrame(sent + 1, relayFrame(sent, startUs));
      await wire.next('status', ({ acceptedThrough }) => acceptedThrough === sent);
      const older = wire;
      wire = await connect(streamName);
      assert.match((await older.closed).reason, /^session-taken-over: /);
      const { receivedThrough } = await wire.greet(1);
      assert.is(receivedThrough, sent);
    }
    wire.send({ type: 'stop', sequence: sent + 1 });
    await wire.next('stopped');
    assert.is(framesOf(await stage.readBack(sent, streamName)).size, sent);
  },
);

hostile('tokens of other makers are refused at the door', async () => {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { aud: 'penstock-relay', stream: 'front-door', mode: 'frames', maxBitrateBps: 1e6, jti: 'forged' };
  const good = { ...claims, iat: seconds, exp: seconds + 60 };
  const sign = (payload: Record<string, unknown>, alg = 'HS256', secret = RELAY_SECRET): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  const refusals: ReadonlyArray<readonly [string, RefusalName]> = [
    [new UnsecuredJWT(good).encode(), 'token-invalid'],
    [await sign(good, 'HS512', RELAY_SECRET + RELAY_SECRET), 'token-invalid'],
    [await sign(good, 'HS256', 'another secret that is long enough too'), 'token-invalid'],
    [await sign({ ...good, mode: ['frames'] }), 'token-invalid'],
    [await sign({ ...good, maxBitrateBps: -1 }), 'token-invalid'],
    [await sign({ ...good, exp: seconds + 86_400 }), 'token-invalid'],
    [await sign({ ...good, exp: seconds - 60, iat: seconds - 120 }), 'token-expired'],
    [await sign({ ...good, iat: seconds + 60, exp: seconds + 120 }), 'token-not-yet-valid'],
    [await sign({ ...good, nbf: seconds + 60 }), 'token-not-yet-valid'],
    [await sign({ ...good, stream: 'Front-Door' }), 'token-for-other-stream'],
    [await sign({ ...good, stream: '*' }), 'token-for-other-stream'],
    [await sign({ ...good, more: 'x'.repeat(4_096) }), 'token-too-long'],
  ];
  const offer = (token: string): Record<string, string> => ({
    'sec-websocket-protocol': `penstock.relay.v1, bearer.${token}`,
  });
  for (const [token, refusal] of refusals)
    assert.is((await upgrade(routeOf('front-door'), offer(token))).refusal, refusal, refusal);
  // Of two tokens the first one counts, and claims that nobody knows harm nobody.
  const [bad, fine] = [refusals[0]?.[0] ?? '', await sign({ ...good, admin: true })];
  assert.is((await upgrade(routeOf('front-door'), offer(`${bad}, bearer.${fine}`))).refusal, 'token-invalid');
  assert.is((await upgrade(routeOf('front-door'), offer(fine))).status, 101);
});

hostile('names that are no stream, and origins that only look like one that may, are refused', async () => {
  const offer = {
    'sec-websocket-protocol': `penstock.relay.v1, bearer.${await stage.token({ streamName: 'front-door' })}`,
  };
  for (const name of ['a%2Fb', '%2e%2e%2f', 't%C3%BCr', 'x'.repeat(257), 'a%00', 'a;b', 'a%20b'])
    assert.is((await upgrade(routeOf(name), offer)).refusal, 'bad-stream-name', name);
  for (const name of ['a/b', '', '../streams'])
    assert.is((await upgrade(`${stage.url}/v1/streams/${name}/frames`, offer)).refusal, 'not-found', name);
  for (const origin of [
    `${ALLOWED_ORIGIN}.evil.test`,
    `${ALLOWED_ORIGIN}:8443`,
    `${ALLOWED_ORIGIN}/`,
    ALLOWED_ORIGIN.toUpperCase(),
    ALLOWED_ORIGIN.replace('https', 'http'),
    ALLOWED_ORIGIN.replace('cameras', 'evil-cameras'),
    'null',
  ])
    assert.is((await upgrade(routeOf('front-door'), { ...offer, origin })).refusal, 'origin-refused', `'${origin}'`);
});

hostile('heads of a pipe that cannot be are answered one by one, and the pipe stands', async () => {
  const streamName = 'piped';
  const url = routeOf(streamName, 'pipe');
  const wire = await PipeWire.open(url, await stage.token({ streamName, mode: 'pipe' }), 'p'.repeat(32));
  const headers = { 'x-amzn-stream-name': streamName };
  let exchange = 0;
  for (const [head, errorType] of [
    [{}, 'RelayApiNotAllowedException'],
    [{ method: 'POST', path: ['/putMedia'], headers }, 'RelayApiNotAllowedException'],
    [{ method: 'POST', path: 'http://169.254.169.254/putMedia', headers }, 'RelayApiNotAllowedException'],
    [{ method: 'POST', path: '/putMedia?x=1', headers }, 'RelayApiNotAllowedException'],
    [{ method: 'POST', path: '/putMedia#', headers }, 'RelayApiNotAllowedException'],
    [{ method: 'POST', path: `/${'x'.repeat(60_000)}`, headers }, 'RelayApiNotAllowedException'],
    [{ method: 'GET', path: '/putMedia', headers }, 'RelayApiNotAllowedException'],
    [
      { method: 'POST', path: '/putMedia', headers: { ...headers, 'x-amzn-producer-start-timestamp': '1\r\nx: y' } },
      'RelayHeaderNotAllowedException',
    ],
    [
      { method: 'POST', path: '/putMedia', headers: { ...headers, 'X-Amzn-Stream-Name': 'other' } },
      'RelayHeaderNotAllowedException',
    ],
    [
      { method: 'POST', path: '/putMedia', headers: { ...headers, 'x-amzn-stream-arn': 'arn:other' } },
      'RelayHeaderNotAllowedException',
    ],
    [
      { method: 'POST', path: '/putMedia', headers: { 'x-amzn-stream-name': 'other' } },
      'RelayStreamNotGrantedException',
    ],
    [{ method: 'POST', path: '/putMedia', headers: null }, 'RelayHeaderNotAllowedException'],
  ] as const) {
    wire.send(encodeMessage(PIPE_MESSAGE.OPEN, ++exchange, encodeJson(head)));
    const { headers: answered } = decodeJson(await wire.next(PIPE_MESSAGE.HEAD));
    assert.is((answered as Record<string, string>)['x-amzn-errortype'], errorType, JSON.stringify(head).slice(0, 90));
    await wire.next(PIPE_MESSAGE.END);
  }
  // What comes for exchanges that are over, or for none, harms nobody; credit without end neither.
  wire.send(encodeMessage(PIPE_MESSAGE.DATA, 1, new Uint8Array(65_536)));
  wire.send(encodeMessage(PIPE_MESSAGE.CREDIT, 2, encodeCredit(0xffff_ffff)));
  wire.send(encodeMessage(PIPE_MESSAGE.PONG, 0));
  wire.send(encodeMessage(PIPE_MESSAGE.PING, 0));
  await wire.next(PIPE_MESSAGE.PONG);
  wire.send(encodeMessage(PIPE_MESSAGE.CREDIT, exchange + 1, encodeCredit(1)));
  assert.is((await wire.closed).code, 4400);
});

hostile.run();
