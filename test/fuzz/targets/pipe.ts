/** The relay's end of a pipe, given messages that no client sends. It is TypeScript: what must agree is every run. */
import { PIPE_CLOSE, PIPE_MESSAGE } from '../../../sdk/relay/pipe-message.ts';
import { DATA_URL, PipeTest, SERVICE_URL } from '../../support/pipe-pair.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { TEXT_MUTATORS } from '../mutate/text.ts';
import { demand, type Outcome, type Target } from '../target.ts';

/** Each message of an input is behind its length in two bytes. */
const LENGTH_BYTES = 2;
const HEAD_BYTES = 6;
const CLOSE_CODES: ReadonlySet<number> = new Set(Object.values(PIPE_CLOSE));
const HOSTS: ReadonlySet<string> = new Set([SERVICE_URL, DATA_URL]);
const APIS: ReadonlySet<string> = new Set([
  '/describeStream',
  '/createStream',
  '/tagStream',
  '/getDataEndpoint',
  '/putMedia',
]);

function packed(...messages: readonly (readonly [type: number, exchange: number, payload: string])[]): Uint8Array {
  return Buffer.concat(
    messages.map(([type, exchange, payload]) => {
      const message = Buffer.concat([Buffer.of(1, type, 0, 0, 0, exchange), Buffer.from(payload)]);
      return Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);
    }),
  );
}

const call = (exchange: number, path: string, body: object): [number, number, string][] => [
  [PIPE_MESSAGE.OPEN, exchange, JSON.stringify({ method: 'POST', path, headers: {} })],
  [PIPE_MESSAGE.DATA, exchange, JSON.stringify(body)],
  [PIPE_MESSAGE.END, exchange, ''],
];
const MEDIA_HEADERS = { 'x-amzn-stream-name': 'granted', 'x-amzn-producer-start-timestamp': '1.5' };

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map([
  ['describe', packed(...call(1, '/describeStream', { StreamName: 'granted' }))],
  [
    'tag-create',
    packed(
      ...call(1, '/tagStream', { StreamARN: 'arn:aws:kinesisvideo:r:1:stream/granted/1', Tags: { a: 'b' } }),
      ...call(2, '/createStream', { StreamName: 'granted', MediaType: 'video/h264', DataRetentionInHours: 1 }),
    ),
  ],
  [
    'media',
    packed(
      [PIPE_MESSAGE.OPEN, 1, JSON.stringify({ method: 'POST', path: '/putMedia', headers: MEDIA_HEADERS })],
      [PIPE_MESSAGE.DATA, 1, 'media'],
      [PIPE_MESSAGE.CREDIT, 1, '\0\0\x04\0'],
      [PIPE_MESSAGE.PING, 0, ''],
      [PIPE_MESSAGE.RESET, 1, '\0\x01'],
    ),
  ],
]);

async function run(_bench: unknown, input: Uint8Array): Promise<Outcome> {
  const test = new PipeTest();
  for (const path of ['/createStream', '/tagStream', '/putMedia']) test.platform.on(path, { body: '{}' });
  for (let at = 0; at + LENGTH_BYTES <= input.length;) {
    const sizeBytes = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0);
    at += LENGTH_BYTES;
    test.raw(input.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  await test.platform.idle();
  for (const { url, headers, body } of test.platform.requests) {
    const { origin, pathname } = new URL(url);
    demand(HOSTS.has(origin) && APIS.has(pathname), () => `a request went to ${url}`);
    const named = body instanceof Uint8Array ? (JSON.parse(Buffer.from(body).toString()) as object) : headers;
    const name = 'StreamName' in named ? named.StreamName : headers['x-amzn-stream-name'];
    demand(name === 'granted', () => `a request is about ${String(name)}`);
  }
  const { closed, sent } = test.socket;
  demand(closed === undefined || CLOSE_CODES.has(closed.code), () => `closed with ${closed?.code}`);
  const answers = sent.map(
    (message) => `${message[1]}:${Buffer.from(message.subarray(HEAD_BYTES)).toString('latin1')}`,
  );
  const kinds = answers.map((answer) => /Relay\w+Exception|^\d+/.exec(answer)?.[0] ?? '');
  test.socket.tell('close');
  await test.platform.idle();
  demand(test.platform.timerCount === 0, () => 'a timer is left');
  return {
    agreed: [closed?.code, ...answers].join('\n'),
    kind: [closed?.code, ...new Set(kinds), ...new Set(test.platform.paths)].join(),
  };
}

export const pipe: Target = {
  name: 'pipe',
  knobBytes: 0,
  maxBytes: 4_000,
  mutators: [...BYTE_MUTATORS, ...TEXT_MUTATORS],
  seeds: () => SEEDS,
  run,
};
