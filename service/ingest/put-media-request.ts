/** The request head of PutMedia. Source: service-api §3.1. */
import { invalidArgument } from '../errors.ts';
import { NAME, ARN } from '../request/constraints.ts';
import { checkInput } from '../request/validation.ts';
import type { InputOf } from '../request/validation.ts';
import type { ProducerClock } from './open-fragment.ts';

const STREAM_NAME_HEADER = 'x-amzn-stream-name';
const STREAM_ARN_HEADER = 'x-amzn-stream-arn';
const TIMECODE_TYPE_HEADER = 'x-amzn-fragment-timecode-type';
const START_TIMESTAMP_HEADER = 'x-amzn-producer-start-timestamp';
const ACKS_REQUIRED_HEADER = 'x-amzn-fragment-acknowledgment-required';

const HEADERS = {
  [STREAM_NAME_HEADER]: NAME,
  [STREAM_ARN_HEADER]: ARN,
  [TIMECODE_TYPE_HEADER]: { type: 'enum', values: ['ABSOLUTE', 'RELATIVE'], required: true },
  // Not repaired: one native producer writes 5 ms as `.5`, and a repair would break those that mean half a second.
  [START_TIMESTAMP_HEADER]: { type: 'string', minLength: 1, maxLength: 32, pattern: /^\d+(\.\d*)?$|^\.\d+$/ },
  [ACKS_REQUIRED_HEADER]: { type: 'enum', values: ['1', '0'] },
} as const;

/** What a producer asks for. Exactly one of name and ARN is set. */
export interface PutMediaRequest {
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  readonly clock: ProducerClock;
  /** False when the producer asked for a response without acknowledgements. */
  readonly wantsAcks: boolean;
}

/** @throws ServiceError InvalidArgumentException that names the header at fault */
export function readPutMediaRequest(headers: Headers): PutMediaRequest {
  const values = Object.fromEntries(Object.keys(HEADERS).map((name) => [name, headers.get(name)]));
  const input: InputOf<typeof HEADERS> = checkInput(HEADERS, values);
  const streamName = input[STREAM_NAME_HEADER];
  const streamArn = input[STREAM_ARN_HEADER];
  if ((streamName === undefined) === (streamArn === undefined)) {
    throw invalidArgument(`Exactly one of ${STREAM_NAME_HEADER} and ${STREAM_ARN_HEADER} is required`);
  }
  const startTimestamp = input[START_TIMESTAMP_HEADER];
  const timecodeType = input[TIMECODE_TYPE_HEADER];
  if (startTimestamp === undefined && timecodeType === 'RELATIVE') {
    throw invalidArgument(`${START_TIMESTAMP_HEADER} is required with RELATIVE timecodes`);
  }
  return {
    streamName,
    streamArn,
    clock: { timecodeType, startTimestampMs: Math.round(Number(startTimestamp ?? 0) * 1000) },
    wantsAcks: input[ACKS_REQUIRED_HEADER] !== '0',
  };
}
