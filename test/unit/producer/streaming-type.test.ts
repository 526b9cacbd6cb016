import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamOptions } from '../../../sdk/producer/index.ts';
import { type StreamPolicy, streamPolicy } from '../../../sdk/producer/streaming-type.ts';
import { TEST_TRACK } from '../../support/test-stream.ts';

const it = suite('streaming type');

const DEFAULTS: StreamPolicy = {
  streamingType: 'realtime',
  whenFull: 'wait',
  bufferDurationUs: 0,
  keepsAll: false,
  maxLatencyUs: 0,
  connectionStalenessMs: 0,
  fragmentAcks: true,
  replayUs: undefined,
  bufferAvailabilityTimeoutMs: undefined,
};
const OFFLINE: StreamPolicy = { ...DEFAULTS, streamingType: 'offline', keepsAll: true };

// 0.85 and half of the buffer duration are native's: c-producer §2.2.
for (const [what, options, policy] of [
  ['nothing', {}, {}],
  ['a policy for a full store', { whenFull: 'reject' }, { whenFull: 'reject' }],
  ['a buffer duration', { bufferDurationUs: 10_000_000 }, { bufferDurationUs: 10_000_000, maxLatencyUs: 8_500_000 }],
  ['a latency', { bufferDurationUs: 10_000_000, maxLatencyUs: 5 }, { bufferDurationUs: 10_000_000, maxLatencyUs: 5 }],
  ['a latency alone', { maxLatencyUs: 5 }, { maxLatencyUs: 5 }],
  [
    'a staleness without acks',
    { fragmentAcks: false, connectionStalenessMs: 7, rollBack: 'native' },
    { fragmentAcks: false },
  ],
  ['a staleness', { connectionStalenessMs: 7 }, { connectionStalenessMs: 7 }],
  ['the native roll back', { rollBack: 'native' }, { replayUs: 60_000_000 }],
  ['the native roll back and how far', { rollBack: 'native', replayDurationUs: 0 }, { replayUs: 0 }],
  [
    'the native roll back and a buffer duration',
    { rollBack: 'native', bufferDurationUs: 10_000_000 },
    { bufferDurationUs: 10_000_000, maxLatencyUs: 8_500_000, replayUs: 5_000_000 },
  ],
  ['how far without the native roll back', { replayDurationUs: 5 }, {}],
] as const satisfies ReadonlyArray<readonly [string, Partial<StreamOptions>, Partial<StreamPolicy>]>) {
  it(`realtime and near-realtime with ${what}`, () => {
    const tracks = [TEST_TRACK];
    assert.equal(streamPolicy({ tracks, ...options }), { ...DEFAULTS, ...policy });
    const near = streamPolicy({ tracks, ...options, streamingType: 'near-realtime' });
    assert.equal(near, { ...DEFAULTS, ...policy, streamingType: 'near-realtime' });
  });

  it(`offline with ${what}`, () => {
    const { bufferDurationUs = 0 } = options as Partial<StreamOptions>;
    const policyOfOffline = streamPolicy({ tracks: [TEST_TRACK], ...options, streamingType: 'offline' });
    assert.equal(policyOfOffline, { ...OFFLINE, bufferDurationUs });
  });
}

it.run();
