/** Every callback that stands for a part of the platform. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CallbackName, platformFromCallbacks } from '../../../../sdk/producer/callbacks/index.ts';
import { CallbackRecorder, neverCalled } from '../../../support/callback-recorder.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { TestStream } from '../../../support/test-stream.ts';

const it = suite('callbacks: platform');

it('getCurrentTime, getRandomNumber, logPrint: clock, segment ids, back-offs and log are theirs', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({ getCurrentTime: () => 1_600_000_000_123_000, getRandomNumber: () => 0x1234 });
  const platformCallbacks = recorder.only('getCurrentTime', 'getRandomNumber', 'logPrint');
  const test = await TestStream.open({}, { platformCallbacks }, service);
  await test.putFragments(1);
  assert.match(test.service.requests[0]?.headers['x-amz-date'] ?? '', '20200913T122640Z');
  assert.is(recorder.of('getRandomNumber').length, 16 + 2, 'the segment id, and how early the connection is replaced');
  const line = recorder.of('logPrint').find(({ message }) => message.includes('is up'));
  assert.equal([line?.level, line?.tag], [3, 'front-door']);
  assert.equal(service.logged, []);
  await test.end();
});

it('createMutex, lockMutex, unlockMutex, tryLockMutex, freeMutex: the mutexes of a platform', async () => {
  let isLocked = false;
  const waiting: Array<() => void> = [];
  const recorder = new CallbackRecorder({
    createMutex: () => 'handle',
    tryLockMutex: () => !isLocked && (isLocked = true),
    lockMutex: () => new Promise<void>((resolve) => waiting.push(resolve)),
    unlockMutex: () => {
      const next = waiting.shift();
      if (next === undefined) isLocked = false;
      else next();
    },
  });
  const mutex = platformFromCallbacks(new ScriptedMedia(), recorder.callbacks).createMutex();
  const order: string[] = [];
  const section = (name: string) => async (): Promise<string> => {
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
    return name;
  };
  assert.equal(await Promise.all([mutex.run(section('a')), mutex.run(section('b'))]), ['a', 'b']);
  assert.equal(order, ['a in', 'a out', 'b in', 'b out']);
  const count = (name: CallbackName): number => recorder.names.filter((each) => each === name).length;
  assert.equal(
    (['createMutex', 'tryLockMutex', 'lockMutex', 'unlockMutex', 'freeMutex'] as const).map(count),
    [1, 2, 1, 2, 1],
  );
  assert.equal(recorder.of('freeMutex'), ['handle']);
});

it('each of its kind was called here', () => {
  assert.equal(neverCalled('platform'), []);
});

it.run();
