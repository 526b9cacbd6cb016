/** Several providers behind one callback. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../../../sdk/errors.ts';
import {
  CALLBACK_STATUS,
  DefaultCallbackProvider,
  type StreamCallbackProvider,
} from '../../../../sdk/producer/callbacks/index.ts';
import { CREDENTIALS, ScriptedMedia } from '../../../support/scripted-media.ts';
import { outcomeOf, TestStream } from '../../../support/test-stream.ts';

const it = suite('callback chains');

const READY = { streamName: 's' };
const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as KvsError).code;
  }
  return 'nothing thrown';
};

/** Three providers, the middle one with this answer; and who was called. */
function three(middle: () => unknown): { readonly called: string[]; readonly provider: DefaultCallbackProvider } {
  const called: string[] = [];
  const entry = (name: string, answer: () => unknown = () => undefined): StreamCallbackProvider => ({
    streamReady() {
      called.push(name);
      return answer() as undefined;
    },
  });
  const streamCallbacks = [entry('first'), entry('middle', middle), { streamClosed: () => undefined }, entry('last')];
  return { called, provider: new DefaultCallbackProvider(new ScriptedMedia(), { streamCallbacks }) };
}

for (const [answer, middle, expected, calls] of [
  ['nothing', () => undefined, undefined, 'first middle last'],
  ['STATUS_SUCCESS', () => 0, undefined, 'first middle last'],
  ['STATUS_SUCCESS later', () => Promise.resolve(0), undefined, 'first middle last'],
  ['STATUS_STOP_CALLBACK_CHAIN', () => CALLBACK_STATUS.STATUS_STOP_CALLBACK_CHAIN, undefined, 'first middle'],
  ['a failure', () => 0x5200000e, 0x5200000e, 'first middle'],
  ['a failure later', () => Promise.resolve(2), 2, 'first middle'],
] as const) {
  it(`a notification goes on after ${answer} as the native chain does`, async () => {
    const { called, provider } = three(middle);
    assert.is(await provider.streamReady(READY), expected);
    assert.is(called.join(' '), calls);
  });
}

it('what a provider throws ends the chain', async () => {
  const { called, provider } = three(() => {
    throw new Error('mine');
  });
  assert.is(((await outcomeOf(Promise.resolve(provider.streamReady(READY)))) as Error).message, 'mine');
  assert.is(called.join(' '), 'first middle');
});

it('a question goes on to whoever answers; the default comes last', async () => {
  const service = new ScriptedMedia();
  const asked: string[] = [];
  const test = await TestStream.open(
    {},
    {
      apiCallbacks: [
        { describeStream: () => void asked.push('silent') },
        {
          getStreamingEndpoint: () => {
            asked.push('answers');
            return Promise.resolve({ result: 200, endpoint: 'http://127.0.0.1:7' });
          },
        },
        { getStreamingEndpoint: () => void asked.push('never asked') },
      ],
    },
    service,
  );
  assert.equal(asked, ['silent', 'answers']);
  assert.equal(service.paths, ['/describeStream']);
  await test.end();
});

it('providers are called as methods: `this` is the provider', async () => {
  class Counter {
    ready = 0;
    streamReady(): void {
      this.ready++;
    }
  }
  const counters = [new Counter(), new Counter()];
  const test = await TestStream.open({}, { streamCallbacks: counters });
  await test.service.idle();
  assert.equal(
    counters.map(({ ready }) => ready),
    [1, 1],
  );
  await test.end();
});

it('a chain is bounded, and holds nobody twice', () => {
  const platform = new ScriptedMedia();
  const provider = new DefaultCallbackProvider(platform, { chainLength: 2, credentials: CREDENTIALS });
  const same = {};
  for (const [add, duplicate] of [
    ['addClientCallbacks', 'STATUS_DUPLICATE_PRODUCER_CALLBACK_FREE_FUNC'],
    ['addStreamCallbacks', 'STATUS_DUPLICATE_STREAM_CALLBACK_FREE_FUNC'],
    ['addAuthCallbacks', 'STATUS_DUPLICATE_AUTH_CALLBACK_FREE_FUNC'],
    ['addApiCallbacks', 'STATUS_DUPLICATE_API_CALLBACK_FREE_FUNC'],
  ] as const) {
    provider[add](same);
    assert.is(
      code(() => provider[add](same)),
      duplicate,
    );
    provider[add]({});
    assert.is(
      code(() => provider[add]({})),
      'STATUS_MAX_CALLBACK_CHAIN',
    );
  }
  for (const chainLength of [0, 20, 1.5])
    assert.is(
      code(() => new DefaultCallbackProvider(platform, { chainLength })),
      'STATUS_INVALID_ARG',
    );
  const five = Array.from({ length: 6 }, () => ({}));
  assert.is(
    code(() => new DefaultCallbackProvider(platform, { streamCallbacks: five })),
    'STATUS_MAX_CALLBACK_CHAIN',
  );
});

it('free: each provider once, by kind, after clientShutdown, whatever one throws', async () => {
  const freed: string[] = [];
  const named = (name: string): { free(): void } => ({ free: () => void freed.push(name) });
  const test = await TestStream.open(
    {},
    {
      apiCallbacks: named('api'),
      authCallbacks: named('auth'),
      streamCallbacks: [
        {
          free() {
            freed.push('throws');
            throw new Error('free');
          },
        },
        named('stream'),
      ],
      clientCallbacks: { ...named('client'), clientShutdown: () => void freed.push('clientShutdown') },
    },
  );
  await test.producer.close();
  assert.is(freed.join(' '), 'clientShutdown client throws stream auth api');
  assert.ok(test.service.logged.some((line) => line.includes('free')));
});

it.run();
