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
  if (terminated.length > 0 && microseconds(info.buffer_duration) < mediaUs(scenario))
    return 'producer engine: eviction by buffer duration';
  return null;
}
