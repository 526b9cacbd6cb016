/** The request of GetMedia and where it asks to start. Source: service-api §3.3. */
import { invalidArgument } from '../errors.ts';
import { STREAM_ADDRESS } from '../request/constraints.ts';
import type { JsonObject } from '../request/json-body.ts';
import type { StreamAddress } from '../request/stream-address.ts';
import { checkInput } from '../request/validation.ts';
import type { InputOf } from '../request/validation.ts';
import type { Clock } from './chunk-log.ts';

const MS_PER_SECOND = 1000;

const SHAPE = {
  ...STREAM_ADDRESS,
  StartSelector: {
    type: 'structure',
    required: true,
    members: {
      StartSelectorType: {
        type: 'enum',
        required: true,
        values: ['FRAGMENT_NUMBER', 'SERVER_TIMESTAMP', 'PRODUCER_TIMESTAMP', 'NOW', 'EARLIEST', 'CONTINUATION_TOKEN'],
      },
      AfterFragmentNumber: { type: 'string', minLength: 1, maxLength: 128, pattern: /^[0-9]+$/ },
      StartTimestamp: { type: 'timestamp' },
      // The model allows more characters; the tokens that this service gives out are fragment numbers.
      ContinuationToken: { type: 'string', minLength: 1, maxLength: 128, pattern: /^[0-9]+$/ },
    },
  },
} as const;

type SelectorInput = InputOf<typeof SHAPE>['StartSelector'];

/** Where a response begins. */
export type MediaStart =
  | { readonly kind: 'now' }
  | { readonly kind: 'earliest' }
  /** With the chunk after this fragment. */
  | { readonly kind: 'after'; readonly fragmentNumber: string }
  /** With the chunk that contains this time, milliseconds since the epoch. */
  | { readonly kind: 'at'; readonly clock: Clock; readonly timestampMs: number };

export interface GetMediaRequest {
  readonly address: StreamAddress;
  readonly start: MediaStart;
}

/** @throws ServiceError InvalidArgumentException that names the member at fault */
export function readGetMediaRequest(json: JsonObject): GetMediaRequest {
  const { StartSelector, ...address } = checkInput(SHAPE, json);
  return { address, start: readStart(StartSelector) };
}

function readStart(selector: SelectorInput): MediaStart {
  switch (selector.StartSelectorType) {
    case 'NOW':
      return { kind: 'now' };
    case 'EARLIEST':
      return { kind: 'earliest' };
    case 'FRAGMENT_NUMBER':
      return { kind: 'after', fragmentNumber: needed(selector, 'AfterFragmentNumber') };
    case 'CONTINUATION_TOKEN':
      return { kind: 'after', fragmentNumber: needed(selector, 'ContinuationToken') };
    case 'SERVER_TIMESTAMP':
      return { kind: 'at', clock: 'server', timestampMs: needed(selector, 'StartTimestamp') * MS_PER_SECOND };
    case 'PRODUCER_TIMESTAMP':
      return { kind: 'at', clock: 'producer', timestampMs: needed(selector, 'StartTimestamp') * MS_PER_SECOND };
  }
}

function needed<M extends 'AfterFragmentNumber' | 'ContinuationToken' | 'StartTimestamp'>(
  selector: SelectorInput,
  member: M,
): NonNullable<SelectorInput[M]> {
  const value = selector[member];
  if (value === undefined) {
    throw invalidArgument(`StartSelector.${member} is required with StartSelectorType ${selector.StartSelectorType}`);
  }
  return value;
}
