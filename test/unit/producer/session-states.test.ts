/** What every result of a service call leads to, in every state. Source: producer-core §8.1–8.3, c-producer §5.5. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  outcomeOf,
  SESSION_TABLE,
  type SessionState,
  type WorkingState,
} from '../../../sdk/producer/session-states.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';

const it = suite('session states');

const TIMEOUTS = [408, 504, 598, 599];
const UNAUTHORIZED = [401, 403];
/** Native takes these for unknown, and describes the stream; a signature that is refused wants a new one, as an expired token does. */
const SIGNATURES = [10_007, 10_008, 10_009];
const UNKNOWN = [0, 400, 500, 501, 503, 10_006, 10_400];

/** Results that a call of the control plane may have; `GET_TOKEN` is part of `ready` and `streaming` here, where requests are signed. */
const CONTROL: Readonly<Record<Exclude<WorkingState, 'ready' | 'streaming'>, ReadonlyMap<number, SessionState>>> = {
  describe: rows('describe', [
    [[200], 'tag'],
    [[404], 'create'],
    [[406], 'failed'],
  ]),
  // Native goes on with the endpoint of a stream that is not ACTIVE yet, and creates again what failed: here DESCRIBE tells.
  create: rows('describe', [
    [[...UNAUTHORIZED, ...SIGNATURES], 'create'],
    [[10_001, 10_002], 'create'],
    [[404, 406], 'failed'],
  ]),
  tag: rows('tag', [
    [[200], 'get-endpoint'],
    // Streaming goes on untagged, as it does natively when the retries have run out; a missing stream is looked for.
    [[406, 10_001, 10_002], 'get-endpoint'],
    [[404], 'describe'],
  ]),
  'get-endpoint': rows('get-endpoint', [
    [[200], 'ready'],
    [[406], 'failed'],
    [[404], 'describe'],
  ]),
};

/** Results of PutMedia: of its answer, or of its end. */
const STREAMING = rows('describe', [
  [[200, 10_401], 'get-endpoint'],
  [[10_001, 10_002], 'get-endpoint'],
  [[...UNAUTHORIZED, ...SIGNATURES], 'ready'],
  // Native: ready. An endpoint that has fallen silent is asked for again.
  [TIMEOUTS, 'get-endpoint'],
  [[4507], 'failed'],
]);

const RESULTS: readonly number[] = Object.values(SERVICE_RESULT);
const CALL_RESULTS = RESULTS.filter((result) => result < 4000 || result >= 10_000).filter(
  (result) => result !== 10_401, // is never the answer to a call
);

function rows(
  otherwise: SessionState,
  exceptions: ReadonlyArray<readonly [results: readonly number[], next: SessionState]>,
): ReadonlyMap<number, SessionState> {
  const next = new Map<number, SessionState>();
  for (const [results, state] of exceptions) for (const result of results) next.set(result, state);
  next.set(NaN, otherwise);
  return next;
}

const expected = (table: ReadonlyMap<number, SessionState>, result: number): SessionState | undefined =>
  table.get(result) ?? table.get(NaN);

for (const [state, table] of Object.entries(CONTROL) as Array<
  [keyof typeof CONTROL, ReadonlyMap<number, SessionState>]
>) {
  it(`${state}: each of ${CALL_RESULTS.length} results leads where it should`, () => {
    for (const result of CALL_RESULTS)
      assert.is(SESSION_TABLE[state][outcomeOf(result)], expected(table, result), `${state} ${result}`);
  });
}

it(`streaming: each of ${RESULTS.length} results leads where it should`, () => {
  for (const result of RESULTS)
    assert.is(SESSION_TABLE.streaming[outcomeOf(result)], expected(STREAMING, result), `${result}`);
});

it('what is said of groups holds for results that exist', () => {
  for (const result of [...TIMEOUTS, ...UNAUTHORIZED, ...SIGNATURES, ...UNKNOWN])
    assert.ok(RESULTS.includes(result), `${result}`);
  for (const result of UNKNOWN) assert.is(outcomeOf(result), 'failed', `${result}`);
});

it('results that nobody has heard of count as unknown', () => {
  for (const result of [1, 302, 418, 429, 502, 3999, 6000, 6001, 8000, 99_999])
    assert.is(outcomeOf(result), 'failed', `${result}`);
});

it('every state that is not an end can be left for the end', () => {
  for (const [state, row] of Object.entries(SESSION_TABLE)) assert.is(row.complete, 'ended', state);
});

it.run();
