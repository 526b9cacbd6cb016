import { AUDIO_LIMITS } from './audio-limits.ts';
import { CORE_LIMITS } from './core-limits.ts';
import { FRAME_LIMITS } from './frame-limits.ts';
import type { LimitRow } from './limit-row.ts';
import { PARAMETER_SET_LIMITS } from './parameter-set-limits.ts';
import { READER_LIMITS } from './reader-limits.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
import { STRICT_READER_LIMITS } from './strict-reader-limits.ts';
import { TAG_LIMITS } from './tag-limits.ts';

/** All limits. */
export const LIMITS: readonly LimitRow[] = [
  ...STREAM_LIMITS,
  ...FRAME_LIMITS,
  ...TAG_LIMITS,
  ...PARAMETER_SET_LIMITS,
  ...AUDIO_LIMITS,
  ...CORE_LIMITS,
  ...READER_LIMITS,
  ...STRICT_READER_LIMITS,
];
