import { microseconds, type Scenario, type Ticks } from './scenario.ts';

/** These must run, whatever else is left out. */
export const REQUIRED_SCENARIOS: readonly string[] = [
  'h264_annexb',
  'h264_avcc_passthrough',
  'h264_avcc_to_annexb',
  'h264_aac_multitrack',
  'metadata_persistent',
  'metadata_nonpersistent',
  'eofr',
  'relative_fragment_times_1ms',
  'timecode_scale_default',
  'skip_non_key_at_start',
];

/**
 * Scenarios whose bytes rest on a defect that the core does not have.
 * restart_twice: a received acknowledgement for a fragment is booked on the last frame of the fragment before it, because the native look-up
 * accepts a frame's end as well as its start; so one fragment too many is sent again.
 */
const NATIVE_DEFECTS: Readonly<Record<string, string>> = {
  restart_twice:
    'native look-up books an ack on the fragment before; ours matches the fragment start and sends one fragment less again',
};

const DEAD_HOST = 'SERVICE_CALL_NETWORK_CONNECTION_TIMEOUT';

/** Media time between the first and the last frame put, microseconds. */
function mediaUs(scenario: Scenario): number {
  const times = scenario.operations.flatMap((operation): Ticks[] =>
    operation.presentation_ts !== undefined && !operation.flags?.includes('end_of_fragment')
      ? [operation.presentation_ts]
      : [],
  );
  return times.length === 0 ? 0 : microseconds(times.at(-1)) - microseconds(times[0]);
}

/** Why a scenario cannot run against the core alone; null when it can. */
export function reasonToLeaveOut(scenario: Scenario): string | null {
  const info = scenario.stream_info;
  if (info.frame_order_mode !== 'pass_through') return 'the frame order coordinator is not part of the core';
  const terminated = scenario.operations.filter((operation) => operation.op === 'stream_terminated');
  const resent = terminated.length > 0;
  if (resent && microseconds(info.buffer_duration) < mediaUs(scenario))
    return 'eviction by buffer duration is not part of the core';
  // Native sends what follows without a stream header then.
  if (resent && microseconds(info.replay_duration) === 0)
    return 'a session without a stream header (replay duration 0) is a native defect';
  const dead = terminated.some((operation) => operation.call_result === DEAD_HOST);
  if (dead && microseconds(info.replay_duration) < mediaUs(scenario))
    return 'roll back by replay duration is not part of the core';
  return NATIVE_DEFECTS[scenario.name] ?? null;
}

/** The same for the generator alone. */
export function reasonToLeaveOutGenerator(scenario: Scenario): string | null {
  const first = scenario.operations.find((operation) => operation.op === 'put_frame');
  const startsInside = first !== undefined && !first.flags?.includes('key_frame');
  if (startsInside) return 'the core never begins a stream with a non-key frame, the bare generator does';
  return reasonToLeaveOut(scenario);
}
