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
 * Scenarios whose course the producer engine decides in a way of its own.
 * restart_twice: native books a received acknowledgement on the last frame of the fragment before it, because its look-up accepts a frame's
 * end as well as its start; so one fragment more is sent again.
 */
const ENGINE_COURSES: Readonly<Record<string, string>> = {
  restart_twice: 'producer engine: which fragment a received ack is booked on, so what two restarts send again',
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

/** Why a scenario cannot run against the core alone, which is always something that the producer engine does; null when it can. */
export function reasonToLeaveOut(scenario: Scenario): string | null {
  const info = scenario.stream_info;
  if (info.frame_order_mode !== 'pass_through') return 'producer engine: frame order coordinator';
  const terminated = scenario.operations.filter((operation) => operation.op === 'stream_terminated');
  const resent = terminated.length > 0;
  if (resent && microseconds(info.buffer_duration) < mediaUs(scenario))
    return 'producer engine: eviction by buffer duration';
  if (resent && microseconds(info.replay_duration) === 0)
    return 'producer engine: replay duration 0, with which native leaves out the stream header of the next session';
  const dead = terminated.some((operation) => operation.call_result === DEAD_HOST);
  if (dead && microseconds(info.replay_duration) < mediaUs(scenario))
    return 'producer engine: roll back by replay duration';
  return ENGINE_COURSES[scenario.name] ?? null;
}
