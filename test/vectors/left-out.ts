import type { Scenario } from './scenario.ts';

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

/** Why a scenario cannot run against the core alone, which is always something that the producer engine does; null when it can. */
export function reasonToLeaveOut({ stream_info: info }: Scenario): string | null {
  return info.frame_order_mode === 'pass_through' ? null : 'producer engine: frame order coordinator';
}
