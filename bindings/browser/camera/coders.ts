/** The browser's encoders, as a camera's tracks use them. */
import type { TrackOptions } from '../../../sdk/producer/options.ts';
import type { AudioChoice, VideoChoice } from './encoder-choice.ts';
import type { TrackCoder } from './track-encoder.ts';

/** Frames in the encoder: one being encoded, one ready. More would only add delay. */
const VIDEO_QUEUE_LENGTH = 2;
/** Half a second of AudioData of 10 ms each. */
const AUDIO_QUEUE_LENGTH = 50;

export function videoCoder(
  { config }: VideoChoice,
  trackNumber: number,
  keyFrameIntervalMs: number,
): TrackCoder<VideoFrame> {
  return {
    trackNumber,
    queueLength: VIDEO_QUEUE_LENGTH,
    hasKeyFrames: true,
    create(output, error) {
      const encoder = new VideoEncoder({ output, error });
      encoder.configure(config);
      let keyUs = -Infinity;
      return {
        get encodeQueueSize() {
          return encoder.encodeQueueSize;
        },
        encode(frame, isKeyWanted) {
          const keyFrame = isKeyWanted || frame.timestamp - keyUs >= keyFrameIntervalMs * 1000;
          encoder.encode(frame, { keyFrame });
          if (keyFrame) keyUs = frame.timestamp;
        },
        flush: () => encoder.flush(),
        close: () => encoder.state === 'closed' || encoder.close(),
      };
    },
  };
}

/** `startUs`: time of the first picture. */
export function audioCoder(
  { config }: AudioChoice,
  trackNumber: number,
  startUs: () => number | undefined,
): TrackCoder<AudioData> {
  return {
    trackNumber,
    startUs,
    queueLength: AUDIO_QUEUE_LENGTH,
    hasKeyFrames: false,
    create(output, error) {
      const encoder = new AudioEncoder({ output, error });
      encoder.configure(config);
      return {
        get encodeQueueSize() {
          return encoder.encodeQueueSize;
        },
        encode: (frame) => encoder.encode(frame),
        flush: () => encoder.flush(),
        close: () => encoder.state === 'closed' || encoder.close(),
      };
    },
  };
}

export function videoTrack({ codec, config: { width, height } }: VideoChoice): TrackOptions {
  return { kind: 'video', codec, width, height };
}

export function audioTrack({ codec, config: { sampleRate, numberOfChannels } }: AudioChoice): TrackOptions {
  const track = { kind: 'audio', codec, sampleRate, channels: numberOfChannels } as const;
  return codec === 'opus' ? { ...track, codecPrivateData: opusHead(sampleRate, numberOfChannels) } : track;
}

/** What libopus leaves out at the start, samples of 48 kHz. */
const OPUS_PRE_SKIP = 312;

/** Source: RFC 7845 §5.1. */
function opusHead(sampleRate: number, channels: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode('OpusHead'));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint16(10, OPUS_PRE_SKIP, true);
  view.setUint32(12, sampleRate, true);
  return head;
}
