import type { CoreStreamConfig, CoreTrack } from '../../sdk/core/content-store.ts';
import { dataBytes, type Scenario, type ScenarioTrack } from './scenario.ts';

const NANOSECONDS_PER_TICK = 100;
const DEFAULT_SCALE_TICKS = 10_000;
const TICKS_PER_MICROSECOND = 10;

/** The random numbers of the machine that made the vectors: always 42. */
const RANDOM_BYTE = 42;
const UUID_BYTES = 16;

const KINDS: Readonly<Record<ScenarioTrack['track_type'], CoreTrack['kind']>> = {
  video: 'video',
  audio: 'audio',
  unknown: 'data',
};

/** A scenario's settings as the core takes them. */
export function coreSettings(scenario: Scenario): CoreStreamConfig {
  const info = scenario.stream_info;
  const flags = info.nal_adaptation_flags;
  const uuid = info.segment_uuid;
  return {
    tracks: info.tracks.map(coreTrack),
    nal: flags.includes('annexb_nals') ? 'annexb-to-avcc' : flags.includes('avcc_nals') ? 'avcc-to-annexb' : 'none',
    adaptCodecPrivateData: flags.includes('annexb_cpd_nals'),
    contentType: info.content_type,
    timecodeScaleNs: (info.timecode_scale || DEFAULT_SCALE_TICKS) * NANOSECONDS_PER_TICK,
    keyFrameFragmentation: info.key_frame_fragmentation,
    fragmentDurationUs: info.fragment_duration / TICKS_PER_MICROSECOND,
    absoluteTimecodes: info.absolute_fragment_times,
    segmentUuid: uuid === null ? new Uint8Array(UUID_BYTES).fill(RANDOM_BYTE) : Buffer.from(uuid, 'hex'),
    clientId: info.client_id,
    expectsPersistedAck: info.fragment_acks && info.retention_period > 0,
  };
}

function coreTrack(track: ScenarioTrack, index: number): CoreTrack {
  const { video_config: video, audio_config: audio } = track;
  return {
    trackNumber: index + 1,
    trackId: track.track_id,
    kind: KINDS[track.track_type],
    codecId: track.codec_id,
    name: track.track_name,
    codecPrivateData: dataBytes(track.codec_private_data),
    ...(video && { width: video.width, height: video.height }),
    ...(audio && {
      samplingFrequencyHz: audio.sampling_frequency,
      channels: audio.channels,
      bitDepth: audio.bit_depth,
    }),
  };
}
