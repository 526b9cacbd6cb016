/** Mutations of JSON lines. */
import { type Mutator, replace } from './bytes.ts';

const TOKENS = [
  '{',
  '}',
  '"',
  ':',
  ',',
  '\\',
  '\\"',
  '\n',
  '\r\n',
  '[',
  ']',
  ' ',
  '{"EventType":',
  '"PERSISTED"',
  '"ERROR"',
  '"IDLE"',
  '"FragmentTimecode":',
  '"FragmentNumber":"',
  '"ErrorId":',
  '"ErrorCode":',
  '4006',
  '-1',
  '1e9',
  '9007199254740993',
  '18446744073709551616',
  'null',
  '{"a":{"b":[{}]}}',
];
const encoder = new TextEncoder();

const insertToken: Mutator = (input, random) =>
  replace(
    input,
    random.below(input.length + 1),
    random.once(3) ? random.below(8) : 0,
    encoder.encode(random.pick(TOKENS)),
  );

export const TEXT_MUTATORS: readonly Mutator[] = [insertToken, insertToken, insertToken];
