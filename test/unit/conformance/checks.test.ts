/** The conformance checks themselves: each fault of a platform is found by the check that is there for it, and what did not run did not pass. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../bindings/node/platform.ts';
import type { Platform } from '../../../sdk/platform.ts';
import { type Check, rejection, runChecks } from '../../conformance/check.ts';
import { coreChecks } from '../../conformance/core-checks.ts';
import { platformChecks } from '../../conformance/platform-checks.ts';
import { packRecording, unpackRecording } from '../../conformance/recording.ts';
import { coreSource } from '../../support/load-core.ts';

const node = createNodePlatform();

/** The limits of the checks themselves are longer than this, milliseconds; they stay as they are. */
const LONGEST_BROKEN_TIMER_MS = 1_000;

/** Timers that are wrong, as far as the checks ask for them. */
const brokenTimers = (
  setTimer: (delayMs: number, callback: () => void) => { cancel(): void },
): Pick<Platform, 'setTimer'> => ({
  setTimer: (delayMs, callback) =>
    delayMs > LONGEST_BROKEN_TIMER_MS ? node.setTimer(delayMs, callback) : setTimer(delayMs, callback),
});

function withoutCancel(delayMs: number, callback: () => void): { cancel(): void } {
  node.setTimer(delayMs, callback);
  return { cancel: () => undefined };
}

/** What is wrong with a platform, and a part of the name of the check that must find it. */
const FAULTS: readonly (readonly [fault: string, broken: Partial<Platform>, check: string])[] = [
  ['hashes something else', { sha256: (data) => node.sha256(data.subarray(1)) }, 'FIPS 180-2'],
  ['hashes the whole buffer', { sha256: (data) => node.sha256(new Uint8Array(data.buffer)) }, 'part of a larger'],
  ['cuts long keys', { hmacSha256: (key, data) => node.hmacSha256(key.subarray(0, 64), data) }, 'RFC 4231 §4.7'],
  ['swaps key and data', { hmacSha256: (key, data) => node.hmacSha256(data, key) }, 'RFC 4231 §4.3'],
  ['draws zeros', { randomBytes: (lengthBytes) => new Uint8Array(lengthBytes) }, 'randomBytes()'],
  ['counts seconds', { now: () => Date.now() / 1000 }, 'wall clock'],
  ['has no delays', brokenTimers((_, callback) => node.setTimer(0, callback)), 'in order of delay'],
  ['cancels nothing', brokenTimers(withoutCancel), 'keeps it from firing'],
  ['has a mutex that guards nothing', { createMutex: () => ({ run: async (section) => section() }) }, 'createMutex()'],
  ['has a name with a line break', { name: 'node\r\nx: y' }, 'User-Agent'],
  ['loads the translated core', { loadCore: () => Promise.resolve(coreSource('js')) }, 'without imports'],
];

const it = suite('conformance checks');

for (const [fault, broken, name] of FAULTS) {
  it(`a platform that ${fault} is found`, async () => {
    const results = await runChecks(platformChecks, { ...node, ...broken });
    const found = results.filter(({ failure }) => failure !== null).map((result) => result.name);
    assert.ok(
      found.some((check) => check.includes(name)),
      `found by: ${found.join('; ')}`,
    );
  });
}

it('a core that cannot be instantiated fails every check of the core', async () => {
  const loadCore = () => Promise.reject(new Error('no such file'));
  const results = await runChecks(coreChecks, { ...node, loadCore });
  assert.equal(
    results.filter(({ failure }) => failure?.startsWith('no such file') !== true),
    [],
  );
});

it('what needs something that is not there is told so, and neither passes nor fails', async () => {
  let ran = 0;
  const check: Check = { name: 'a', group: 'upload', needs: ['network', 'abort'], run: async () => void ran++ };
  const [result] = await runChecks([check], node, ['abort']);
  assert.is(ran, 0);
  assert.is(result?.failure, null);
  assert.match(result?.notApplicable ?? '', /^node\/\S+ has no abort$/);
});

it('a check that hangs fails by name, and the next one runs', async () => {
  const hanging: Check = { name: 'hangs', group: 'core', run: () => new Promise(() => undefined) };
  const next: Check = { name: 'next', group: 'core', run: () => Promise.resolve() };
  // Nothing but the time limit of a check asks for a timer here.
  const impatient: Platform = { ...node, setTimer: (_, callback) => node.setTimer(10, callback) };
  const results = await runChecks([hanging, next], impatient);
  assert.match(results[0]?.failure ?? '', /not done after 60000 ms/);
  assert.is(results[1]?.failure, null);
});

it('rejection() fails where nothing is rejected', async () => {
  assert.is(
    await rejection(Promise.reject(new Error('expected')), 'a')
      .catch(() => null)
      .then(String),
    'Error: expected',
  );
  const failure = await rejection(Promise.resolve(5), 'a call').catch((error: unknown) => error);
  assert.match(String(failure), /a call: expected a rejection, got 5/);
});

it('a recording travels whole, names outside ASCII and all', () => {
  const recording = {
    tracks: [{ kind: 'video', codec: 'h264', name: 'Größe "日本" 😀', codecPrivateData: Uint8Array.of(1, 2) }],
    frames: [
      { data: Uint8Array.of(5, 0, 255), timestampUs: 40_000, isKey: true, trackNumber: 1 },
      { data: new Uint8Array(0), timestampUs: 80_000, isKey: false, trackNumber: 1 },
    ],
  } as const;
  assert.equal(unpackRecording(packRecording(recording)), recording);
});

it.run();
