/** Acks as text, well-formed and not, in pieces of any size. Source: producer-core §17.1. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AckParser } from '../../sdk/producer/acks.ts';
import { ackLine } from '../support/scripted-media.ts';
import { TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: ack parser');

const GOOD = ackLine('PERSISTED', timecodeOf(0));
const fields = (type: string): string =>
  `"EventType":"${type}","FragmentTimecode":${timecodeOf(0)},"FragmentNumber":"91"`;

/** A stream of two fragments whose service sends these pieces of a response; then what it made of them. */
async function answered(...pieces: readonly string[]): Promise<{ persisted: number; codes: string[]; acks: number }> {
  const test = await TestStream.open();
  await test.putFragments(2);
  for (const piece of pieces) test.service.upload.send(piece);
  await test.service.idle();
  const { acks, fragmentsPersisted } = test.stream.metrics;
  const codes = test.eventsOf('ack-ignored').map(({ error }) => error.code);
  await test.end();
  return { persisted: fragmentsPersisted, codes, acks: acks.buffering + acks.received + acks.persisted + acks.error };
}

/** What the parser alone makes of pieces. */
function parsed(...pieces: readonly string[]): unknown[] {
  const found: unknown[] = [];
  const parser = new AckParser(
    (ack) => found.push(ack),
    (error) => found.push(error.code),
  );
  for (const piece of pieces) parser.push(new TextEncoder().encode(piece));
  return found;
}

const TAKEN = { persisted: 1, codes: [], acks: 1 };

for (const [name, text] of [
  ['on one line', `{${fields('PERSISTED')}}\n`],
  ['without a line break', `{${fields('PERSISTED')}}`],
  [
    'with spaces, tabs and line breaks everywhere',
    `\r\n{ \t"EventType" :\n "PERSISTED" , "FragmentTimecode" : ${timecodeOf(0)} \n}\n`,
  ],
  ['with a timecode in quotes', `{"EventType":"PERSISTED","FragmentTimecode":"${timecodeOf(0)}"}`],
  [
    'with the keys in another order',
    `{"FragmentNumber":"91","FragmentTimecode":${timecodeOf(0)},"EventType":"PERSISTED"}`,
  ],
  ['with an object under an unknown key', `{"Extra":{"a":{"b":"}"},"c":[1,{}]},${fields('PERSISTED')}}`],
  ['with a list under an unknown key', `{"Extra":[1,"]",[2,[3]],{"x":[]}],${fields('PERSISTED')}}`],
  ['with null and true under unknown keys', `{"A":null,"B":true,${fields('PERSISTED')}}`],
  ['behind noise that is no ack', `HTTP/1.1 whatever\r\n${GOOD}`],
  [
    'with a fragment number of 200 digits',
    `{"EventType":"PERSISTED","FragmentTimecode":${timecodeOf(0)},"FragmentNumber":"${'7'.repeat(200)}"}`,
  ],
  ['with a leading plus in front of the timecode', `{"EventType":"PERSISTED","FragmentTimecode":+${timecodeOf(0)}}`],
] as const) {
  it(`S188: an ack ${name} is taken whole, byte by byte, and cut in two anywhere`, async () => {
    assert.equal(await answered(text), TAKEN);
    assert.equal(await answered(...text), TAKEN);
    for (let at = 1; at < text.length; at++)
      assert.equal(parsed(text.slice(0, at), text.slice(at)), parsed(text), `${at}`);
  });
}

it('S188: three acks in one piece are three acks', async () => {
  const batch = ['BUFFERING', 'RECEIVED', 'PERSISTED'].map((type) => ackLine(type, timecodeOf(0))).join('');
  assert.equal(await answered(batch), { persisted: 1, codes: [], acks: 3 });
});

it('S188: a piece that ends one ack and begins the next', async () => {
  const batch = ackLine('RECEIVED', timecodeOf(0)) + GOOD;
  const at = batch.length / 2 + 9;
  assert.equal(await answered(batch.slice(0, at), batch.slice(at)), { persisted: 1, codes: [], acks: 2 });
});

// The bad ack costs itself alone, where native drops the rest of the piece too.
for (const [code, bad] of [
  ['STATUS_INVALID_ACK_KEY_START', '{}'],
  ['STATUS_INVALID_ACK_KEY_START', '{EventType:"PERSISTED"}'],
  ['STATUS_INVALID_ACK_DUPLICATE_KEY_NAME', '{"EventType":"IDLE","EventType":"IDLE"}'],
  ['STATUS_INVALID_ACK_DUPLICATE_KEY_NAME', '{"FragmentTimecode":1,"FragmentTimecode":1,"EventType":"IDLE"}'],
  ['STATUS_INVALID_ACK_INVALID_VALUE_START', '{"EventType":}'],
  ['STATUS_INVALID_ACK_INVALID_VALUE_START', '{"EventType":,"FragmentTimecode":1}'],
  ['STATUS_INVALID_ACK_INVALID_VALUE_END', '{"FragmentTimecode":1"2"}'],
  ['STATUS_INVALID_ACK_INVALID_VALUE_END', '{"FragmentTimecode":1:2}'],
  ['STATUS_INVALID_PARSED_ACK_TYPE', '{"EventType":"PERSISTING","FragmentTimecode":1}'],
  ['STATUS_INVALID_PARSED_ACK_TYPE', '{"FragmentTimecode":1}'],
  ['STATUS_MISSING_ERR_ACK_ID', '{"EventType":"ERROR","FragmentTimecode":1,"ErrorCode":"X"}'],
  ['STATUS_INVALID_ACK_SEGMENT_LEN', `{"Endless":"${'x'.repeat(20_000)}`],
  ['STATUS_INVALID_DIGIT', '{"EventType":"PERSISTED","FragmentTimecode":1.5}'],
  ['STATUS_INVALID_BASE', '{"EventType":"PERSISTED","FragmentTimecode":12ab}'],
  ['STATUS_EMPTY_STRING', '{"EventType":"PERSISTED","FragmentTimecode":""}'],
  ['STATUS_INT_OVERFLOW', '{"EventType":"PERSISTED","FragmentTimecode":18446744073709551616}'],
] as const) {
  it(`S189: ${code}: ${bad.slice(0, 60)} is told, and the next ack is taken`, async () => {
    assert.equal(await answered(bad, `\n${GOOD}`), { persisted: 1, codes: [code], acks: 1 });
    assert.equal(await answered(`${bad}\n${GOOD}`), { persisted: 1, codes: [code], acks: 1 }, 'in the same piece');
  });
}

it('S189: after every bad ack of a row the next one is taken', async () => {
  const row = ['{}', '{"A"}', '{"EventType":"X"}', '{"EventType":"ERROR"}'].map((bad) => `${bad}\n`).join('');
  const { persisted, codes } = await answered(row + GOOD);
  assert.equal([persisted, codes.length], [1, 3], '{"A"} ends with the line, as a key without a value');
});

it.run();
