/** These must run, whatever else is left out. */
export const REQUIRED_SCENARIOS: readonly string[] = [
  'h264_annexb',
  'h264_avcc_passthrough',
  'h264_avcc_to_annexb',
  'h264_aac_multitrack',
  'h264_aac_multitrack_coordinated_dts',
  'h264_aac_multitrack_coordinated_eofr',
  'metadata_persistent',
  'metadata_nonpersistent',
  'eofr',
  'relative_fragment_times_1ms',
  'timecode_scale_default',
  'skip_non_key_at_start',
];
