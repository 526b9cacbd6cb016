import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AckError } from '../../../sdk/errors.ts';
import { AckParser, type FragmentAck } from '../../../sdk/producer/acks.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import { statusName } from '../../../sdk/status.ts';
import { skip } from '../../support/skip.ts';

const it = suite('ack parser');
const encoder = new TextEncoder();

function parse(...pieces: Array<string | Uint8Array>): { acks: FragmentAck[]; errors: AckError[] } {
  const acks: FragmentAck[] = [];
  const errors: AckError[] = [];
  const parser = new AckParser(
    (ack) => acks.push(ack),
    (error) => errors.push(error),
  );
  for (const piece of pieces) parser.push(typeof piece === 'string' ? encoder.encode(piece) : piece);
  return { acks, errors };
}

const codes = (errors: AckError[]): string[] => errors.map((error) => error.code);
const GOOD = '{"EventType":"PERSISTED","FragmentTimecode":1600994737365,"FragmentNumber":"91343852333181"}';

it('push() gives every field of an ack', () => {
  const { acks } = parse(
    '{"EventType":"ERROR","FragmentTimecode":12,"FragmentNumber":"7","ErrorCode":"FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS","ErrorId":4004}\n',
  );
  assert.equal(acks, [
    {
      type: 'error',
      timecode: 12,
      fragmentNumber: '7',
      errorId: 4004,
      errorCode: 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS',
      result: SERVICE_RESULT.ACK_FRAGMENT_TIMECODE_NOT_MONOTONIC,
      status: 0x52000060,
    },
  ]);
});

it('push() gives the same acks however the bytes are split', () => {
  const text = `${GOOD}\r\n{"Foo":{"a":"}\\"{","b":[{"c":1}]},"EventType":"IDLE"}\n${GOOD}`;
  const bytes = encoder.encode(text);
  const whole = parse(bytes);
  assert.is(whole.acks.length, 3);
  assert.is(whole.errors.length, 0);
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.equal(parse(bytes.subarray(0, cut), bytes.subarray(cut)), whole, `cut at ${cut}`);
  }
  assert.equal(parse(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), whole, 'one byte at a time');
});

it('push() reads what is nearly the usual form as it reads the same byte by byte', () => {
  const ack =
    '{"EventType":"BUFFERING","FragmentTimecode":123456789012345,"FragmentNumber":"91343852333181432392682062607743920146525"}';
  const bytes = encoder.encode(ack);
  const compare = (changed: Uint8Array, what: string): void => {
    const pieces = Array.from(changed, (_, i) => changed.subarray(i, i + 1));
    const summary = ({ acks, errors }: ReturnType<typeof parse>): unknown => [acks, codes(errors)];
    assert.equal(summary(parse(changed, GOOD)), summary(parse(...pieces, GOOD)), what);
  };
  compare(bytes, 'unchanged');
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of encoder.encode('0 "{},:xBRPI\\')) {
      compare(Uint8Array.of(...bytes.subarray(0, at), byte, ...bytes.subarray(at + 1)), `${byte} for ${at}`);
      compare(Uint8Array.of(...bytes.subarray(0, at), byte, ...bytes.subarray(at)), `${byte} in front of ${at}`);
    }
    compare(Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1)), `without ${at}`);
  }
  const digits = (length: number): string => '7'.repeat(length);
  for (const number of ['', digits(127), digits(128), digits(129)])
    for (const timecode of ['', '0', digits(15), digits(16), '18446744073709551615', '18446744073709551616'])
      for (const type of ['RECEIVED', 'PERSISTED', 'IDLE', 'ERROR', 'received'])
        compare(
          encoder.encode(`{"EventType":"${type}","FragmentTimecode":${timecode},"FragmentNumber":"${number}"}\n`),
          `${type} ${timecode} ${number}`,
        );
});

for (const [name, bad, code] of [
  ['no key', '{}', 'STATUS_INVALID_ACK_KEY_START'],
  ['a key without quotes', '{EventType:1}', 'STATUS_INVALID_ACK_KEY_START'],
  ['a value that begins badly', '{"EventType":,}', 'STATUS_INVALID_ACK_INVALID_VALUE_START'],
  ['a value that is a closing brace', '{"EventType":}', 'STATUS_INVALID_ACK_INVALID_VALUE_START'],
  ['a quote in a number', '{"FragmentTimecode":1"2}', 'STATUS_INVALID_ACK_INVALID_VALUE_END'],
  ['a brace in a number', '{"FragmentTimecode":1{"x":2}}', 'STATUS_INVALID_ACK_INVALID_VALUE_END'],
  ['a bad ack that holds another', '{"FragmentTimecode":x,"b":{"EventType":"IDLE"}}', 'STATUS_INVALID_BASE'],
  ['the same key twice', '{"ErrorId":1,"ErrorId":2}', 'STATUS_INVALID_ACK_DUPLICATE_KEY_NAME'],
  ['an unknown type', '{"EventType":"toString"}', 'STATUS_INVALID_PARSED_ACK_TYPE'],
  ['an error without id', '{"EventType":"ERROR","ErrorCode":"X"}', 'STATUS_MISSING_ERR_ACK_ID'],
  ['a bad number at the end', '{"EventType":"RECEIVED","FragmentTimecode":1e3}', 'STATUS_INVALID_BASE'],
] as const) {
  it(`push() reports ${name}, and reads the next ack`, () => {
    const { acks, errors } = parse(bad, GOOD);
    assert.equal(codes(errors), [code]);
    assert.equal(
      acks.map((ack) => ack.type),
      ['persisted'],
    );
  });
}

it('push() gives up an endless ack and finds the next line', () => {
  const { acks, errors } = parse(`{"Foo":"${'x'.repeat(100_000)}`, `\n${GOOD}`);
  assert.equal(codes(errors), ['STATUS_INVALID_ACK_SEGMENT_LEN']);
  assert.is(acks.length, 1);
});

it('push() survives every truncation of an ack followed by a new line', () => {
  const bytes = encoder.encode(GOOD);
  for (let length = 1; length < bytes.length; length++) {
    // What a cut connection leaves behind belongs to a parser that is thrown away; here it must only not throw.
    parse(bytes.subarray(0, length), '\n', GOOD, '\n', GOOD);
  }
});

/**
 * Rows where the native parser has a trap (T1–T3: the rest of the segment is lost, nested values are not understood across
 * segments or around strings, text knows no escapes) and this one does not: name → the acks and error codes given instead.
 */
const DEVIATIONS: Readonly<Record<string, { readonly types: string[]; readonly codes: string[] }>> = {
  nested_split: { types: ['received'], codes: [] },
  nested_brace_in_string: { types: ['received'], codes: [] },
  escaped_quote: { types: ['received'], codes: [] },
  empty_object_then_ack: { types: ['buffering', 'persisted'], codes: ['STATUS_INVALID_ACK_KEY_START'] },
  error_mid_chunk_rest_lost: { types: ['buffering', 'persisted'], codes: ['STATUS_INVALID_PARSED_ACK_TYPE'] },
};

interface VectorAck {
  readonly event_type: string;
  readonly fragment_timecode: number | null;
  readonly fragment_number: string;
  readonly result: string;
}
interface VectorRow {
  readonly name: string;
  readonly pieces: ReadonlyArray<{
    readonly text: string;
    readonly status: string;
    readonly acks: readonly VectorAck[];
  }>;
}

const vectorFile = `${process.env['PENSTOCK_VECTORS'] ?? '../shared/vectors'}/ack_parser.json`;
if (!existsSync(vectorFile)) skip('ack parser: golden rows', `${vectorFile} is not there`);
else {
  const rows = JSON.parse(readFileSync(vectorFile, 'utf8')) as VectorRow[];
  for (const row of rows) {
    it(`push() agrees with the native parser: ${row.name}`, () => {
      const { acks, errors } = parse(...row.pieces.map((piece) => piece.text));
      const deviation = DEVIATIONS[row.name];
      if (deviation !== undefined) {
        assert.equal({ types: acks.map((ack) => ack.type), codes: codes(errors) }, deviation);
        return;
      }
      const expected = row.pieces.flatMap((piece) => piece.acks);
      assert.equal(
        acks.map((ack) => ({
          event_type: ack.type.toUpperCase(),
          fragment_timecode: ack.timecode ?? null,
          fragment_number: ack.fragmentNumber,
          result: resultName(ack),
        })),
        expected,
      );
      const failures = row.pieces.map((piece) => piece.status).filter((status) => status !== 'STATUS_SUCCESS');
      assert.equal(codes(errors), failures);
    });
  }
  it('the golden rows are not empty', () =>
    assert.ok(rows.length > 70, `${rows.length} rows, ${Object.keys(DEVIATIONS).length} deviations`));
}

/** The vectors name results as the native enumeration does. */
function resultName(ack: FragmentAck): string {
  if (ack.result === SERVICE_RESULT.OK) return 'SERVICE_CALL_RESULT_OK';
  const name = statusName(ack.status).replace('STATUS_ACK_ERR_', '');
  return `SERVICE_CALL_RESULT_${name}`;
}

it.run();
