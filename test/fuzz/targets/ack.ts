/** The acks of a PutMedia response. The parser is TypeScript: what must agree is the whole and the split response. */
import { type FragmentAck, AckParser } from '../../../sdk/producer/acks.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { TEXT_MUTATORS } from '../mutate/text.ts';
import { type Bench, demand, type Outcome, type Target } from '../target.ts';

const MAX_TEXT_CHARACTERS = 128;
/** An ack and the line break that may end a bad one. */
const SHORTEST_REPORT_BYTES = 2;

const line = (fields: Readonly<Record<string, unknown>>): string => `${JSON.stringify(fields)}\n`;
const persisted = (timecode: number): string =>
  line({ EventType: 'PERSISTED', FragmentTimecode: timecode, FragmentNumber: '91343852333181432392682062607743920' });

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map(
  [
    ['persisted', persisted(1_600_994_737_365) + persisted(1_600_994_739_365)],
    [
      'buffering-received',
      line({ EventType: 'BUFFERING', FragmentTimecode: 0 }) + line({ EventType: 'RECEIVED', FragmentTimecode: 0 }),
    ],
    ['error', line({ EventType: 'ERROR', FragmentTimecode: 12, ErrorId: 4006, ErrorCode: 'INVALID_MKV_DATA' })],
    ['idle-nested', `{"Foo":{"a":"}\\"{","b":[{"c":1}]},"EventType":"IDLE"}\r\n${line({ EventType: 'IDLE' })}`],
  ].map(([name = '', text = '']) => [name, new TextEncoder().encode(text)]),
);

function parse(input: Uint8Array, pieceBytes: number): string[] {
  const log: string[] = [];
  const parser = new AckParser(
    (ack) => {
      checkAck(ack);
      log.push(JSON.stringify(ack));
    },
    (error) => log.push(error.code),
  );
  for (let at = 0; at < input.length; at += pieceBytes) parser.push(input.subarray(at, at + pieceBytes));
  demand(
    log.length <= input.length / SHORTEST_REPORT_BYTES + 1,
    () => `${log.length} reports out of ${input.length} bytes`,
  );
  return log;
}

function checkAck({ timecode, fragmentNumber, errorCode, errorId }: FragmentAck): void {
  demand(
    fragmentNumber.length <= MAX_TEXT_CHARACTERS && (errorCode ?? '').length <= MAX_TEXT_CHARACTERS,
    () => 'a text is too long',
  );
  for (const number of [timecode, errorId]) {
    demand(number === undefined || (Number.isInteger(number) && number >= 0), () => `the number ${number}`);
  }
}

function run({ isSplit }: Bench, input: Uint8Array): Outcome {
  const log = parse(input, isSplit ? 1 + (input.length % 7) : Math.max(1, input.length));
  const kinds = new Set(log.map((report) => (report.startsWith('{') ? report.slice(0, 20) : report)));
  return { agreed: log.join('\n'), kind: [...kinds].sort().join() };
}

export const ack: Target = {
  name: 'ack',
  knobBytes: 0,
  maxBytes: 20_000,
  mutators: [...BYTE_MUTATORS, ...TEXT_MUTATORS, ...TEXT_MUTATORS],
  seeds: () => SEEDS,
  run,
};
