import { STATUS_INVALID_ARG, STATUS_INVALID_OPERATION, STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED } from '../status';
import { View } from '../view/content-view';
import { Track } from './track';

/**
 * A stream's own block in the arena: settings, packager state, read session, tag queue. Its frames are in the store.
 *
 * ```
 * | Stream | View | Track × n | spare mark | span table | tag queue | parameter sets × n | strings, codec private data |
 * ```
 */
@unmanaged
export class Stream {
  /** Bytes of each part follow from the settings; these are the parts' addresses. */
  tracks: usize;
  tags: usize;
  spans: usize;
  /** The stream header, in a region of its own since it changes its size with the codec private data. */
  header: usize;
  headerRoom: u32;
  headerBytes: u32;

  trackCount: u32;
  /** How the video tracks' frames are adapted: 0 not at all, or NAL_*. */
  nal: u32;
  /** SETTING_* bits. */
  settings: u32;
  /** CONTENT_* bits of the content type. */
  content: u32;
  scaleTicks: u32;
  title: usize;
  titleBytes: u32;
  application: usize;
  applicationBytes: u32;
  segmentUuid: usize;
  fragmentDuration: u64;

  /** STATE_* bits. */
  state: u32;
  /** Slot of a frame that is reserved and not yet committed, 0 for none. */
  pendingItem: usize;
  pendingPayload: usize;
  pendingBytes: u32;
  /** Position of its track. */
  pendingTrack: u32;
  pendingFlags: u32;
  /** First start code of the pending frame, between the two passes of its adaptation. */
  firstCode: u32;
  /** Presentation timecode of the first frame ever; base of relative cluster timecodes, for the stream's whole life. */
  streamStart: u64;
  clusterPts: u64;
  clusterDts: u64;
  /** Decoding timecode of the newest item. */
  lastDts: u64;
  /** Duration of the newest frame: as it was given, and as a timecode. */
  lastDurationUs: f64;
  lastDuration: u64;

  /** Tags waiting for the next fragment. */
  tagCount: u32;
  tagBytes: u32;

  /** SESSION_* phase of the reader. */
  session: u32;
  sessionOffset: u32;
  /** Items handed out, at least in part, in this session. */
  sessionItems: u32;
  /** Not 0: the session ends at the next fragment's start. */
  sessionEnding: u32;
  /** Not 0: the item handed out last is an explicit end of fragment. */
  endedByMark: u32;
  /** Changes of codec private data so far: the generation of what is put now. */
  generation: u32;
  /** Generation whose header this session carries. */
  sessionGeneration: u32;
  /** Not 0: a session has carried the header of the newest generation. */
  headerGiven: u32;
  /** Older generations that fragments in the view need, in store slots; see `codec-generation.ts`. */
  oldestGeneration: usize;
  newestGeneration: usize;
  /** Tracks whose codec private data changed since the last report, the track at position n as bit n. */
  changedTracks: u32;

  /** What is watched, see `pressure.ts`; 0 for nothing. */
  watches: u32;
  /** Media that the view may hold, and that may be unsent, as timecodes. */
  bufferDuration: u64;
  maxLatency: u64;

  framesStored: u64;
  framesSkipped: u64;
}

/** Bytes of the parts of the block, so rounded that each part is aligned. */
export const STREAM_BYTES: u32 = (<u32>offsetof<Stream>() + 15) & ~15;
export const VIEW_BYTES: u32 = (<u32>offsetof<View>() + 15) & ~15;
export const TRACK_BYTES: u32 = (<u32>offsetof<Track>() + 15) & ~15;

export const NAL_ANNEXB_TO_AVCC: u32 = 1;
export const NAL_AVCC_TO_ANNEXB: u32 = 2;
/** As bits, both ways at once: what cannot be. */
export const NAL_BOTH: u32 = 3;

export const SETTING_KEY_FRAME_FRAGMENTATION: u32 = 1;
export const SETTING_ABSOLUTE_TIMECODES: u32 = 2;
export const SETTING_ADAPT_CODEC_PRIVATE: u32 = 4;
export const SETTING_PERSISTED_ACKS: u32 = 8;
/** Fragments that are cut by duration may be ended by hand as well. */
export const SETTING_END_BY_HAND: u32 = 16;
/** The first frame begins the stream whatever it is; otherwise frames in front of the first key frame are skipped. */
export const SETTING_START_ANYWHERE: u32 = 32;

/** A first cluster exists. */
export const STATE_STARTED: u32 = 1;
/** Non-key frames are skipped until a key frame begins a fragment. */
export const STATE_WAITING_FOR_KEY: u32 = 2;
/** No more frames: stop was called. */
export const STATE_STOPPED: u32 = 4;
/** The newest item is an explicit end of fragment. */
export const STATE_ENDED_BY_MARK: u32 = 8;
/** The stream header must be built anew. */
export const STATE_HEADER_STALE: u32 = 16;
/** Stopped with tags in the queue: the queue's bytes close the stream in front of the end-of-fragment tags. */
export const STATE_TAGS_AT_END: u32 = 32;
/** The next fragment begins a session: the one before it ends in front of it. */
export const STATE_BREAK_PENDING: u32 = 128;
/** Some fragment was put that begins a session. */
export const STATE_HAS_BREAKS: u32 = 256;

/** The stream at an address that a handle resolved to. */
export function streamAt(address: usize): Stream {
  return changetype<Stream>(address);
}

/** A stream's content view. */
export function viewOf(stream: Stream): View {
  return changetype<View>(changetype<usize>(stream) + STREAM_BYTES);
}

/** A stream's track by position, 1…trackCount. */
export function trackOf(stream: Stream, position: u32): Track {
  return changetype<Track>(stream.tracks + (position - 1) * TRACK_BYTES);
}

/** Position of the track with this number; 0 when there is none. */
export function trackPosition(stream: Stream, trackNumber: u32): u32 {
  for (let position = stream.trackCount; position != 0; position--) {
    if (trackOf(stream, position).number == trackNumber) return position;
  }
  return 0;
}
/** A key frame was refused while the stream waited for one; see `commitFrame`. */
export const STATE_KEY_REFUSED: u32 = 64;

/**
 * Changes how the frames' NAL units are adapted, for hosts that find out from the first frame.
 * @returns 0; minus STATUS_INVALID_OPERATION once a frame is stored; or minus the status of what `nal` is instead
 */
export function setNalAdaptation(stream: Stream, nal: u32, adaptCodecPrivate: bool): i32 {
  if (nal == NAL_BOTH) return -STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED;
  if (nal > NAL_BOTH) return -STATUS_INVALID_ARG;
  if ((stream.state & STATE_STARTED) != 0 || stream.pendingItem != 0) return -STATUS_INVALID_OPERATION;
  stream.nal = nal;
  stream.settings = adaptCodecPrivate
    ? stream.settings | SETTING_ADAPT_CODEC_PRIVATE
    : stream.settings & ~SETTING_ADAPT_CODEC_PRIVATE;
  return 0;
}
