/** The client's connections, against a relay that a test plays: tokens that are not to be had, and relays that say what cannot be. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CredentialsError } from '../../../sdk/errors.ts';
import { decodeClientMessage } from '../../../sdk/relay/client-message.ts';
import { openRelayStreamWith, RelayError, type RelayStream } from '../../../sdk/relay/index.ts';
import { encodeRelayMessage, type StatusMessage, type WelcomeMessage } from '../../../sdk/relay/relay-message.ts';
import type { RelaySocketEvents } from '../../../sdk/relay/relay-socket.ts';
import { ManualPlatform, settle } from '../../support/manual-platform.ts';
import { relayFrame } from '../../support/relay-frames.ts';

const it = suite('relay: connections of the client');

/** The relay of a test: it welcomes whoever says hello. */
class PlayedRelay {
  readonly platform = new ManualPlatform();
  readonly sequences: number[] = [];
  welcome: Partial<WelcomeMessage> = {};
  connections = 0;
  #events!: RelaySocketEvents;

  readonly openSocket = (_url: string, _protocols: readonly string[], events: RelaySocketEvents) => {
    this.connections++;
    this.#events = events;
    queueMicrotask(() => events.onOpen());
    return { send: (bytes: Uint8Array) => this.#receive(bytes), close: () => undefined };
  };

  async open(token: string | (() => Promise<string>) = 'token'): Promise<RelayStream> {
    const options = { url: 'wss://relay.test', streamName: 's', tracks: [{ kind: 'video' as const, codec: 'vp8' }] };
    return openRelayStreamWith(this.platform, this.openSocket, { ...options, token });
  }

  refuse(error: RelayError): void {
    this.#events.onClose(error.closeCode, error.closeReason);
  }

  status(progress: Partial<StatusMessage>): void {
    const nothing = { acceptedThrough: 0, persistedThrough: 0, storeUsedBytes: 0, storeCapacityBytes: 1 };
    this.#events.onMessage(encodeRelayMessage({ type: 'status', ...nothing, ...progress }));
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeClientMessage(bytes);
    if ('sequence' in message) this.sequences.push(message.sequence);
    if (message.type !== 'hello') return;
    const progress = { receivedThrough: 0, acceptedThrough: 0, persistedThrough: 0, isResumed: true };
    const credit = { creditBytes: 1e6, creditMessages: 1e3, maxFrameBytes: 1e5, maxBitrateBps: 1e6 };
    const expiresAtMs = Math.ceil(this.platform.nowMs) + 600_000;
    const welcome = { session: 'one', lost: [], ...progress, ...credit, expiresAtMs, ...this.welcome };
    queueMicrotask(() => this.#events.onMessage(encodeRelayMessage({ type: 'welcome', ...welcome })));
  }
}

const failureOf = (stream: RelayStream): Promise<unknown> =>
  stream.flush().then(
    () => undefined,
    (error: unknown) => error,
  );

it('a token that is not to be had while the network is away is asked for again, and nothing is lost', async () => {
  const relay = new PlayedRelay();
  let asked = 0;
  const stream = await relay.open(() => {
    asked++;
    return asked === 2 || asked === 3 ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve('token');
  });
  await stream.putFrame(relayFrame(0, 0));
  relay.refuse(new RelayError('token-expired', 'it has expired'));
  await relay.platform.advance(10_000);
  assert.is(asked, 4);
  assert.is(relay.connections, 2);
  assert.equal(relay.sequences, [1, 1], 'the frame went out again');
  assert.is(stream.metrics.bufferedBytes > 0, true);
  stream.abort();
});

it('a token that is not to be had at the beginning is told at once; so is one that there will never be', async () => {
  const relay = new PlayedRelay();
  const none = (): Promise<string> => Promise.reject(new TypeError('fetch failed'));
  const error = await relay.open(none).catch((reason: unknown) => reason);
  assert.instance(error, CredentialsError);
  let asked = 0;
  const stream = await relay.open(() =>
    asked++ === 0 ? Promise.resolve('token') : Promise.reject(new CredentialsError('signed out', { retryable: false })),
  );
  relay.refuse(new RelayError('token-expired', 'it has expired'));
  await relay.platform.advance(10_000);
  const failure = await failureOf(stream);
  assert.instance(failure, CredentialsError);
  assert.is((failure as CredentialsError).retryable, false);
});

for (const [what, progress] of [
  ['has accepted what was never sent', { acceptedThrough: 2 }],
  ['has persisted what it has not accepted', { acceptedThrough: 0, persistedThrough: 1 }],
] as const)
  it(`a relay that ${what} is not believed`, async () => {
    const relay = new PlayedRelay();
    const stream = await relay.open();
    await stream.putFrame(relayFrame(0, 0));
    relay.status(progress);
    await settle();
    assert.is(((await failureOf(stream)) as RelayError).code, 'sequence-gap');
  });

it('a relay that comes back with more than was put, or less than was persisted, is not believed', async () => {
  for (const receivedThrough of [0, 9]) {
    const relay = new PlayedRelay();
    const stream = await relay.open();
    for (let index = 0; index < 6; index++) await stream.putFrame(relayFrame(index, 0));
    relay.status({ acceptedThrough: 6, persistedThrough: 5 });
    relay.welcome = { receivedThrough };
    stream.resetConnection();
    await relay.platform.advance(10_000);
    assert.is(((await failureOf(stream)) as RelayError).code, 'sequence-gap');
  }
});

it.run();
