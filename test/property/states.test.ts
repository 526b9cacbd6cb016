/** Whatever calls answer and connections end with, for a while: in the end every fragment is persisted, once, and in order. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Call, AnsweredCalls, description } from '../support/answered-calls.ts';
import type { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, timecodeOf, watched } from '../support/test-stream.ts';
import { announceSeed, parameters } from './property.ts';

const RUNS = 40;
const FRAGMENTS = 6;

const it = suite('states');
announceSeed();

/** Results that no state gives the stream up for. */
const result = fc.constantFrom(
  ...[0, 400, 401, 403, 408, 500, 501, 503, 504, 598, 599, 418, 10_000, 10_001, 10_002],
  ...[10_003, 10_004, 10_005, 10_006, 10_007, 10_008, 10_009, 10_400],
);
const answers = fc.array(result, { maxLength: 4 });
const script = fc.record({
  describe: fc.array(fc.oneof(result, fc.constantFrom(404, description('CREATING'), description('UPDATING'))), {
    maxLength: 4,
  }),
  create: answers,
  tag: fc.array(fc.oneof(result, fc.constantFrom(404, 406)), { maxLength: 3 }),
  endpoint: fc.array(fc.oneof(result, fc.constant(404)), { maxLength: 4 }),
  token: fc.array(fc.oneof(result, fc.constantFrom(404, 406)), { maxLength: 4 }),
  put: fc.array(fc.oneof(result, fc.constantFrom(404, 406, 10_401)), { maxLength: 4 }),
});
/** What happens to a connection: acks of so many fragments, and then its end. */
const connections = fc.array(
  fc.record({
    acks: fc.nat(2),
    end: fc.oneof(result, fc.constantFrom(undefined, 404, 406, 10_401), fc.constant('reset' as const)),
  }),
  { maxLength: 5 },
);

/** The calls that may follow each other, whatever was answered. */
const FOLLOWS: Readonly<Record<Call, readonly Call[]>> = {
  describe: ['describe', 'create', 'tag', 'endpoint', 'token'],
  create: ['create', 'describe'],
  tag: ['tag', 'describe', 'endpoint'],
  endpoint: ['endpoint', 'describe', 'token'],
  token: ['token', 'describe', 'put'],
  put: ['token', 'endpoint', 'describe'],
};

/** Time passes in steps below the waits of a stream that keeps failing. */
async function pass(service: ScriptedMedia, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 1_000) {
    await service.advance(1_000);
    await service.idle();
  }
}

it('every fragment is persisted in the end, and every call follows one that may come before it', async () => {
  await fc.assert(
    fc.asyncProperty(script, connections, fc.boolean(), async (answered, ends, isTagged) => {
      const calls = new AnsweredCalls(answered);
      const test = await calls.open({
        retry: { factorMs: 50, jitter: 'none' },
        stopTimeoutMs: 10_000_000,
        stallTimeoutMs: 10_000_000,
        ...(isTagged ? { tags: { site: 'north' } } : {}),
      });
      const { service, stream } = test;
      const untilConnected = async (count: number): Promise<void> => {
        for (let waits = 0; calls.uploads.length < count && waits < 60; waits++) await pass(service, 10_000);
        assert.is(calls.uploads.length, count, calls.line());
      };
      await test.putFragments(FRAGMENTS);
      let made = 0;
      let persisted = 0;
      for (const { acks, end } of ends) {
        await untilConnected(++made);
        for (let i = 0; i < acks && persisted < FRAGMENTS - 1; i++) calls.upload.persist(timecodeOf(persisted++));
        await service.idle();
        if (end === 'reset') stream.resetConnection();
        else calls.upload.end(end);
        await service.idle();
      }
      const stopped = watched(stream.stop());
      await untilConnected(made + 1);
      for (; persisted < FRAGMENTS; persisted++) calls.upload.persist(timecodeOf(persisted));
      await service.idle();
      calls.upload.end();
      await service.idle();
      assert.is(await outcomeOf(stopped), undefined, calls.line());
      const { fragmentsPersisted, framesDropped, framesRejected, sessions } = stream.metrics;
      assert.equal(
        { fragmentsPersisted, framesDropped, framesRejected },
        {
          fragmentsPersisted: FRAGMENTS,
          framesDropped: 0,
          framesRejected: 0,
        },
      );
      assert.ok(sessions >= made + 1);
      assert.is(calls.made[0], 'describe');
      calls.made.forEach((call, i) => {
        const before = calls.made[i - 1];
        assert.ok(before === undefined || FOLLOWS[before].includes(call), `${before} ${call}: ${calls.line()}`);
      });
      if (!isTagged) assert.is(calls.count('tag'), 0);
      await test.producer.close();
      await service.idle();
      assert.is(service.timerCount, 0, 'no timer is left');
    }),
    parameters(RUNS),
  );
});

it('with limits a stream ends by itself, whatever keeps failing: nothing runs on', async () => {
  const call = fc.constantFrom<Exclude<Call, 'tag' | 'put'>>('describe', 'create', 'endpoint', 'token');
  await fc.assert(
    fc.asyncProperty(
      call,
      fc.array(result, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      async (failing, results, maxCallRetries) => {
        const many = <T>(given: readonly T[]): T[] =>
          Array.from({ length: 40 }, (_, i) => given[i % given.length] as T);
        // In use is an answer to the creation of a stream.
        const failures = results.filter((each) => failing !== 'create' || each !== 10_003);
        if (failures.length === 0) return;
        const calls = new AnsweredCalls({
          ...(failing === 'create' ? { describe: many([404]) } : {}),
          [failing]: many(failures),
        });
        const test = await calls.open({
          continuousRetry: false,
          maxCallRetries,
          retry: { factorMs: 50, jitter: 'none' },
        });
        await test.putFragments(1);
        for (let waits = 0; test.stream.metrics.state !== 'failed' && waits < 40; waits++)
          await pass(test.service, 10_000);
        assert.is(test.stream.metrics.state, 'failed', calls.line());
        assert.is(calls.count(failing), maxCallRetries + 1);
        await test.producer.close().catch(() => undefined);
        await test.service.idle();
        assert.is(test.service.timerCount, 0);
      },
    ),
    parameters(RUNS),
  );
});

it.run();
