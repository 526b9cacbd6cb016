/** The messages of the relay's protocol: what is encoded is decoded, byte for byte as documented, and nothing else is taken. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ClientMessage, decodeClientMessage, encodeClientMessage } from '../../../sdk/relay/client-message.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { decodeRelayMessage, encodeRelayMessage, type RelayMessage } from '../../../sdk/relay/relay-message.ts';

const messages = suite('relay messages');

const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const u53 = fc.maxSafeNat();
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const optionalOf = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const track = fc.record(
  {
    kind: fc.constantFrom('video' as const, 'audio' as const, 'data' as const),
    codec: fc.string(),
    trackNumber: fc.integer({ min: 1, max: 126 }),
    trackId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    framing: fc.constantFrom('annexb' as const, 'avcc' as const),
    codecPrivateData: fc.uint8Array({ maxLength: 100 }),
    name: fc.string(),
    width: fc.integer({ min: 1, max: 65_535 }),
    sampleRate: fc.integer({ min: 1, max: 192_000 }),
  },
  { requiredKeys: ['kind', 'codec'], noNullPrototype: true },
);
const item = fc.record({ name: fc.string(), value: fc.string() }, { noNullPrototype: true });
const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    firstSequence: sequence,
    tracks: fc.array(track, { maxLength: 3 }),
    metadata: fc.array(item, { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant('frame' as const),
    sequence,
    trackNumber: fc.integer({ min: 0, max: 255 }),
    timestampUs: u53,
    decodeTimestampUs: optionalOf(u53),
    durationUs: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    isKey: fc.boolean(),
    discardable: fc.boolean(),
    invisible: fc.boolean(),
    data: bytes,
  }),
  fc.record({ type: fc.constant('end-of-fragment' as const), sequence }),
  fc.record({
    type: fc.constant('metadata' as const),
    sequence,
    persistent: fc.boolean(),
    name: fc.string(),
    value: fc.string(),
  }),
  fc.record({ type: fc.constant('stop' as const), sequence }),
  fc.record({ type: fc.constant('renew' as const), token: fc.string() }),
  fc.record({ type: fc.constant('ping' as const) }),
);
const lostMessage = fc.record(
  {
    type: fc.constant('lost' as const),
    report: u53,
    reason: fc.constantFrom('skipped' as const, 'refused' as const, 'no-room' as const, 'rejected' as const),
    frames: u53,
    firstTimestampUs: u53,
    lastTimestampUs: u53,
    status: u53,
    code: fc.string(),
    message: fc.string(),
  },
  { noNullPrototype: true },
);
const relayMessage: fc.Arbitrary<RelayMessage> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    receivedThrough: u53,
    acceptedThrough: u53,
    persistedThrough: u53,
    session: fc.string(),
    lost: fc.array(lostMessage, { maxLength: 3 }),
    isResumed: fc.boolean(),
    creditBytes: u53,
    creditMessages: u53,
    maxFrameBytes: u53,
    maxBitrateBps: u53,
    expiresAtMs: u53,
  }),
  fc.record({
    type: fc.constant('status' as const),
    acceptedThrough: u53,
    persistedThrough: u53,
    storeUsedBytes: u53,
    storeCapacityBytes: u53,
  }),
  fc.record({
    type: fc.constant('service-ack' as const),
    ackType: fc.constantFrom('buffering' as const, 'persisted' as const, 'error' as const),
    timecode: optionalOf(u53),
    fragmentNumber: fc.string(),
    errorId: optionalOf(u53),
    errorCode: optionalOf(fc.string()),
  }),
  lostMessage,
  fc.record({
    type: fc.constant('event' as const),
    event: fc.constantFrom('connected' as const, 'rate-limited' as const, 'token-expired' as const),
    status: u53,
    message: fc.string(),
  }),
  fc.record({ type: fc.constant('renewed' as const), expiresAtMs: u53, maxBitrateBps: u53 }),
  fc.record({ type: fc.constant('stopped' as const), status: u53, message: fc.string() }),
);

messages('every message of a client comes back as it was', () => {
  fc.assert(
    fc.property(clientMessage, (message) =>
      assert.equal(decodeClientMessage(encodeClientMessage(message)), { ...message }),
    ),
  );
});

messages('every message of the relay comes back as it was', () => {
  fc.assert(
    fc.property(relayMessage, (message) =>
      assert.equal(decodeRelayMessage(encodeRelayMessage(message)), { ...message }),
    ),
  );
});

messages('a frame lies in its bytes as documented', () => {
  const frame = encodeClientMessage({
    type: 'frame',
    sequence: 0x0102030405,
    trackNumber: 7,
    timestampUs: 0x1122334455,
    decodeTimestampUs: 0x66778899,
    durationUs: 40_000,
    isKey: true,
    discardable: false,
    invisible: true,
    data: Uint8Array.of(0xaa, 0xbb),
  });
  assert.is(Buffer.from(frame).toString('hex'), '01020d0700000001020304050000001122334455000000006677889900009c40aabb');
});

/** What must not be taken, and for what reason. */
const HOSTILE: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['nothing', '', /0 bytes are no message/],
  ['half a head', '0103', /2 bytes are no message/],
  ['another version', '020300000000000000000001', /version 2/],
  ['a type that nobody has', '017f00000000000000000001', /type 127/],
  ["a type of the relay's", '018200000000000000000001', /type 130/],
  ['a sequence beyond 2^53', '010300000020000000000000', /beyond 2\^53/],
  ['the sequence 0', '010300000000000000000000', /begin with 1/],
  ['a frame without payload', `010201010000000000000001${'00'.repeat(20)}`, /no payload/],
  ['a frame that is cut off', `010201010000000000000001${'00'.repeat(7)}`, /no payload/],
  ['unknown flags', `010210010000000000000001${'00'.repeat(20)}ff`, /flags 16/],
  ['a time beyond 2^53', `010201010000000000000001${'ff'.repeat(20)}ff`, /beyond 2\^53/],
  ['more behind a stop', '01050000000000000000000100', /nothing behind its head/],
  ['a hello that is no JSON', '0101000000000000000000007b', /not JSON/],
  ['a hello that is no UTF-8', '010100000000000000000000ff', /not JSON/],
  ['a hello that is a list', '0101000000000000000000005b5d', /not an object/],
];

for (const [what, hex, reason] of HOSTILE) {
  messages(`refuses ${what}`, () => {
    assert.throws(
      () => decodeClientMessage(Uint8Array.from(Buffer.from(hex, 'hex'))),
      (error: unknown) => error instanceof RelayError && error.code === 'bad-message' && reason.test(error.message),
    );
  });
}

const hello = (body: unknown): Uint8Array =>
  Uint8Array.from(Buffer.concat([Buffer.from('010100000000000000000000', 'hex'), Buffer.from(JSON.stringify(body))]));
const HOSTILE_HELLOS: ReadonlyArray<readonly [unknown, RegExp]> = [
  [{}, /firstSequence/],
  [{ firstSequence: 0, tracks: [] }, /begin with 1/],
  [{ firstSequence: -1, tracks: [] }, /firstSequence/],
  [{ firstSequence: 1.5, tracks: [] }, /firstSequence/],
  [{ firstSequence: 1 }, /tracks is not a list/],
  [{ firstSequence: 1, tracks: [null] }, /a track is not an object/],
  [{ firstSequence: 1, tracks: [{ kind: 'smell', codec: 'h264' }] }, /smell/],
  [{ firstSequence: 1, tracks: [{ kind: 'video' }] }, /codec/],
  [{ firstSequence: 1, tracks: [{ kind: 'video', codec: 'h264', width: '9' }] }, /width/],
  [{ firstSequence: 1, tracks: [{ kind: 'video', codec: 'h264', trackId: '-1' }] }, /track id/],
  [{ firstSequence: 1, tracks: [{ kind: 'video', codec: 'h264', codecPrivateData: '!' }] }, /base64/],
  [{ firstSequence: 1, tracks: [{ kind: 'video', codec: 'h264', framing: 'none' }] }, /framing/],
  [{ firstSequence: 1, tracks: Array.from({ length: 65 }, () => ({ kind: 'video', codec: 'h264' })) }, /up to 64/],
  [{ firstSequence: 1, tracks: [], metadata: [{ name: 'a' }] }, /value/],
];

for (const [body, reason] of HOSTILE_HELLOS) {
  messages(`refuses the hello ${JSON.stringify(body).slice(0, 80)}`, () => {
    assert.throws(
      () => decodeClientMessage(hello(body)),
      (error: unknown) => error instanceof RelayError && reason.test(error.message),
    );
  });
}

messages('bytes of any kind are taken whole or refused, by both ends', () => {
  const taken = { client: 0, relay: 0 };
  const head = fc.tuple(
    fc.constantFrom(1, 1, 1, 1, 2),
    fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 99),
    fc.nat(20),
    fc.nat(255),
  );
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(head, fc.uint8Array({ maxLength: 64 })).map(([front, rest]) => Uint8Array.of(...front, ...rest)),
    fc
      .tuple(head, fc.json())
      .map(([front, text]) => Uint8Array.of(...front, ...new Uint8Array(8), ...Buffer.from(text))),
    fc
      .tuple(
        fc.oneof(clientMessage.map(encodeClientMessage), relayMessage.map(encodeRelayMessage)),
        fc.nat(),
        fc.nat(255),
      )
      .map(([whole, at, byte]) => whole.slice().fill(byte, at % whole.length, (at % whole.length) + 1)),
    fc
      .tuple(fc.oneof(clientMessage.map(encodeClientMessage), relayMessage.map(encodeRelayMessage)), fc.nat())
      .map(([whole, at]) => whole.subarray(0, at % whole.length)),
  );
  fc.assert(
    fc.property(input, (given) => {
      for (const [end, decode] of [
        ['client', decodeClientMessage],
        ['relay', decodeRelayMessage],
      ] as const) {
        try {
          decode(given);
          taken[end]++;
        } catch (error) {
          assert.instance(error, RelayError);
          assert.is((error as RelayError).code, 'bad-message');
        }
      }
    }),
    { numRuns: 5_000 },
  );
  assert.ok(taken.client > 0 && taken.relay > 0, 'some were taken');
});

messages.run();
