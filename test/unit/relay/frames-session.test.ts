/** One client's session in the relay: how it ends, who comes after it, and what it holds while the service takes nothing. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  FramesSession,
  MESSAGE_BURST_SECONDS,
  type SessionSocket,
} from '../../../bindings/workers/relay/frames-session.ts';
import type { RelayGrant } from '../../../bindings/workers/relay/grant.ts';
import type { RelayContext } from '../../../bindings/workers/relay/relay-context.ts';
import { DEFAULT_LIMITS, type RelayLimits } from '../../../bindings/workers/relay/relay-options.ts';
import { TokenCheck } from '../../../bindings/workers/relay/token-check.ts';
import type { FrameMessage, HelloMessage } from '../../../sdk/relay/client-message.ts';
import { FRAME_HEAD_BYTES } from '../../../sdk/relay/protocol.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import type { RelayMessage } from '../../../sdk/relay/relay-message.ts';
import { relayFrame } from '../../support/relay-frames.ts';
import { ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('relay: the session of frames mode');

const VP8 = { kind: 'video', codec: 'vp8', width: 320, height: 240 } as const;
const HELLO: HelloMessage = { type: 'hello', firstSequence: 1, tracks: [VP8], metadata: [] };
const SECRET = 'a secret of the relay that is long enough';

class Socket implements SessionSocket {
  readonly sent: RelayMessage[] = [];
  closed: RelayError | undefined;
  send(message: RelayMessage): void {
    this.sent.push(message);
  }
  onProgress(): void {
    // Statuses are asked for by the tests.
  }
  close(error: RelayError): void {
    this.closed = error;
  }
  finish(): void {
    // A client that stops.
  }
}

/** A relay in front of a service that never answers. */
class Stage {
  readonly platform = new ScriptedPlatform();
  readonly context: RelayContext;

  constructor(limits: Partial<RelayLimits> = {}) {
    const { platform } = this;
    platform.on('/describeStream', () => new Promise(() => undefined));
    this.context = {
      platform,
      options: { access: { secret: SECRET }, endpoint: 'https://control.service.test' },
      limits: { ...DEFAULT_LIMITS, storeBytes: 1 << 20, ...limits },
      tokens: new TokenCheck({ platform, access: { secret: SECRET }, maxTokenLifetimeMs: 1, maxBitrateBps: 1 }),
      credentials: platform.credentials,
    };
  }

  session(before?: Promise<void>, grant: Partial<RelayGrant> = {}): FramesSession {
    const all = { streamName: 's', mode: 'frames' as const, maxBitrateBps: 8e9, expiresAtMs: Infinity, tokenId: 'id' };
    return new FramesSession(this.context, { ...all, ...grant }, 'key', before);
  }
}

function frameOf(sequence: number, sizeBytes = 100): FrameMessage {
  const { data, timestampUs, isKey } = relayFrame(sequence - 1, 1_700_000_000_000_000, { sizeBytes });
  const flags = { isKey, discardable: false, invisible: false };
  const times = { timestampUs, decodeTimestampUs: undefined, durationUs: 0 };
  return { type: 'frame', sequence, trackNumber: 1, ...times, ...flags, data };
}

const put = (session: FramesSession, sequence: number, sizeBytes = 100): boolean =>
  session.receive(frameOf(sequence, sizeBytes), FRAME_HEAD_BYTES + sizeBytes);

/** Whether a promise has settled by now. */
async function isSettled(stage: Stage, promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.finally(() => (settled = true)).catch(() => undefined);
  await stage.platform.idle();
  return settled;
}

it('whoever asks for the end of a session that is ending waits for that end', async () => {
  const stage = new Stage();
  const session = stage.session();
  await session.greet(HELLO);
  put(session, 1);
  await stage.platform.idle();
  const first = session.end();
  const second = session.end();
  assert.is(await isSettled(stage, second), false, 'its upload goes on still');
  // The service takes nothing: the upload is given up.
  await stage.platform.advance(60_000);
  assert.is(await isSettled(stage, first), true);
  assert.is(await isSettled(stage, second), true);
});

it('a session that is ended before its turn opens no upload, and is over when the one before it is', async () => {
  const stage = new Stage();
  let endBefore!: () => void;
  const session = stage.session(new Promise<void>((resolve) => (endBefore = resolve)));
  const greeting = session.greet(HELLO).catch((error: unknown) => error);
  const end = session.end();
  assert.is(await isSettled(stage, end), false, 'the upload of the session before it goes on still');
  endBefore();
  assert.is(await isSettled(stage, end), true);
  const error = await greeting;
  assert.instance(error, RelayError);
  assert.is((error as RelayError).code, 'session-taken-over');
  assert.equal(stage.platform.paths, [], 'nobody would ever have ended it');
});

it('a session that is ended while it opens its upload ends that too', async () => {
  const stage = new Stage();
  const session = stage.session();
  const greeting = session.greet(HELLO).catch((error: unknown) => error);
  const end = session.end();
  await stage.platform.advance(120_000);
  assert.is(await isSettled(stage, end), true);
  assert.instance(await greeting, RelayError);
  assert.is(stage.platform.timerCount, 0, 'an upload that is left behind tries for ever');
});

it('media that come faster than messages may wait, and more of them than there is credit for are refused', async () => {
  const stage = new Stage({ maxMessagesPerSecond: 2, creditMessages: 50 });
  const session = stage.session();
  const socket = new Socket();
  session.attach(socket);
  await session.greet(HELLO);
  for (let sequence = 1; sequence <= 50; sequence++) put(session, sequence);
  await stage.platform.idle();
  const burst = 2 * MESSAGE_BURST_SECONDS;
  assert.is(session.status().acceptedThrough, burst);
  assert.equal(
    socket.sent.filter(({ type }) => type === 'event').map((message) => 'event' in message && message.event),
    ['rate-limited'],
  );
  await stage.platform.advance(1_000);
  assert.is(session.status().acceptedThrough, burst + 2);
  for (let sequence = 51; sequence <= 50 + burst + 2; sequence++) put(session, sequence);
  assert.throws(() => put(session, 50 + burst + 3), /more than 50 messages are on their way \(credit-exceeded\)/);
  await Promise.all([session.end(), stage.platform.advance(60_000)]);
});

it('a client that comes back with other tracks is refused, and its session stands', async () => {
  const stage = new Stage();
  const session = stage.session();
  await session.greet(HELLO);
  put(session, 1);
  await stage.platform.idle();
  for (const tracks of [[{ ...VP8, width: 640 }], [VP8, VP8], []]) {
    const error = await session.greet({ ...HELLO, tracks }).catch((reason: unknown) => reason);
    assert.is((error as RelayError).code, 'bad-tracks', JSON.stringify(tracks));
  }
  const { isResumed, receivedThrough } = await session.greet({ ...HELLO, tracks: [{ ...VP8 }] });
  assert.equal([isResumed, receivedThrough], [true, 1]);
  await Promise.all([session.end(), stage.platform.advance(60_000)]);
});

for (const [what, status, errorType, outcome] of [
  ['refuses the relay', 403, 'AccessDeniedException', 'retrying'],
  ['finds the request bad', 400, 'InvalidArgumentException', 'upload-failed'],
  ['is out of order', 500, 'InternalFailure', 'retrying'],
] as const)
  it(`a service that ${what}: ${outcome}, and nothing of the relay's account`, async () => {
    const stage = new Stage();
    const body = JSON.stringify({ Message: 'of arn:aws:iam::123456789012:user/relay' });
    stage.platform.on('/describeStream', { status, headers: { 'x-amzn-errortype': errorType }, body });
    const session = stage.session();
    const socket = new Socket();
    session.attach(socket);
    await session.greet(HELLO);
    put(session, 1);
    await stage.platform.advance(5_000);
    const event = socket.sent.find((message) => message.type === 'event' && message.event === outcome);
    assert.ok(event !== undefined, JSON.stringify(socket.sent));
    assert.is(session.isOver, outcome === 'upload-failed');
    assert.is(socket.closed?.code, outcome === 'upload-failed' ? 'upload-failed' : undefined);
    if (status === 403) assert.not.match(JSON.stringify([socket.sent, socket.closed?.reason]), /123456789012/);
    assert.is(session.status().acceptedThrough, 1);
    await Promise.all([session.end(), stage.platform.advance(120_000)]);
    assert.is(stage.platform.timerCount, 0);
  });

it('what a session has already is passed over, and a gap is refused', async () => {
  const stage = new Stage();
  const session = stage.session();
  await session.greet(HELLO);
  const receive = (sequence: number): boolean => session.receive(frameOf(sequence), 132);
  assert.equal([receive(1), receive(2), receive(1), receive(2), receive(3)], [true, true, false, false, true]);
  assert.throws(() => receive(5), /5 follows 3 \(sequence-gap\)/);
  await Promise.all([session.end(), stage.platform.advance(60_000)]);
});

it.run();
