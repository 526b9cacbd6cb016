/** The camera of a page as a stream: captured, encoded by the browser, and sent through a relay. */
import type { KvsError } from '../../../sdk/errors.ts';
import { Broadcast, type Subscription } from '../../../sdk/producer/broadcast.ts';
import type { Producer } from '../../../sdk/producer/producer.ts';
import type { ProducerStream, WaitOptions } from '../../../sdk/producer/stream.ts';
import { createProducer } from '../producer.ts';
import type { RelayOptions } from '../relay-socket.ts';
import { CameraError } from './camera-error.ts';
import { cameraError } from './camera-failures.ts';
import { type CameraOptions, type CameraSettings, cameraSettings } from './camera-options.ts';
import { audioFrames, videoFrames } from './captured-frames.ts';
import { audioCoder, audioTrack, videoCoder, videoTrack } from './coders.ts';
import { type AudioChoice, chooseAudioEncoder, chooseVideoEncoder, type VideoChoice } from './encoder-choice.ts';
import { FrameSink } from './frame-sink.ts';
import { TrackEncoder, type TrackStatistics } from './track-encoder.ts';

export type CameraEvent =
  /** Video goes alone. */
  | { readonly type: 'audio-unavailable'; readonly reason: 'no-encoder' | 'no-microphone' | 'no-capture' }
  /** One encoded frame was not taken: its time lies before what has gone on, or it is larger than the store. The camera goes on. */
  | { readonly type: 'frame-refused'; readonly error: KvsError }
  /** The device was unplugged, or the user took it back; the stream is being stopped. */
  | { readonly type: 'ended' }
  /** Encoding or the stream failed; the camera is being stopped. */
  | { readonly type: 'failed'; readonly error: unknown };

export interface CameraStatistics {
  readonly video: TrackStatistics;
  /** Undefined where video goes alone. */
  readonly audio: TrackStatistics | undefined;
}

/** Where the stream goes: a producer of the application's own, or a relay for which one is made. */
export type CameraTarget = Producer | { readonly relay: RelayOptions };

const MAX_EVENTS = 32;
/** Where the device does not say it. */
const SAMPLE_RATE_HZ = 48_000;
const CHANNELS = 1;

/**
 * Opens camera and microphone, the stream, and begins to send. Rejects with `CameraError`, what opening the stream rejects with, or another
 * `KvsError` for options that cannot be; the devices are then free again.
 */
export async function openCamera(target: CameraTarget, streamName: string, options?: CameraOptions): Promise<Camera> {
  const settings = cameraSettings(options);
  if (typeof VideoEncoder === 'undefined' || navigator.mediaDevices === undefined)
    throw new CameraError(
      'unsupported',
      'Cannot open the camera: the page is not secure, or the browser has no WebCodecs',
    );
  const events = new Broadcast<CameraEvent>(MAX_EVENTS);
  // From before the first event, so that none is missed.
  const backlog = events.subscribe();
  const media = await openDevices(settings, events);
  let producer: Producer | undefined;
  try {
    const [cameraTrack] = media.getVideoTracks() as [MediaStreamTrack];
    const choice = await chooseVideoEncoder(settings, pictureOf(cameraTrack, settings));
    const sound = await chooseSound(media, settings, events);
    const tracks = [videoTrack(choice), ...(sound === undefined ? [] : [audioTrack(sound.choice)])];
    producer = 'openStream' in target ? target : await createProducer({ relay: target.relay });
    const stream = await producer.openStream(streamName, {
      ...settings.stream,
      tracks,
      ...(sound === undefined ? {} : { frameOrder: 'presentation-time' }),
    });
    return new Camera({
      media,
      cameraTrack,
      choice,
      sound,
      settings,
      stream,
      events,
      backlog,
      producer: producer === target ? undefined : producer,
    });
  } catch (error) {
    for (const track of media.getTracks()) track.stop();
    if (producer !== target) await producer?.close();
    throw error;
  }
}

interface Sound {
  readonly frames: ReadableStream<AudioData>;
  readonly choice: AudioChoice;
}

interface CameraParts {
  readonly media: MediaStream;
  readonly cameraTrack: MediaStreamTrack;
  readonly choice: VideoChoice;
  readonly sound: Sound | undefined;
  readonly settings: CameraSettings;
  readonly stream: ProducerStream;
  readonly events: Broadcast<CameraEvent>;
  readonly backlog: Subscription<CameraEvent>;
  /** Made for this camera, and closed with it. */
  readonly producer: Producer | undefined;
}

/** A camera that is being sent. Made by `openCamera`. */
export class Camera {
  /** For the `srcObject` of a video element. */
  readonly preview: MediaStream;
  readonly stream: ProducerStream;
  /** What the browser encodes with. */
  readonly video: VideoChoice;
  readonly audio: AudioChoice | undefined;
  readonly #parts: CameraParts;
  readonly #sink: FrameSink;
  readonly #videoEncoder: TrackEncoder<VideoFrame>;
  readonly #audioEncoder: TrackEncoder<AudioData> | undefined;
  readonly #runs: Promise<unknown>;
  #backlog: Subscription<CameraEvent> | undefined;
  #stopping: Promise<void> | undefined;

  /** Use `openCamera`. */
  constructor(parts: CameraParts) {
    const { media, cameraTrack, choice, sound, settings, stream, backlog } = parts;
    this.#parts = parts;
    this.preview = media;
    this.stream = stream;
    this.video = choice;
    this.audio = sound?.choice;
    this.#backlog = backlog;
    const onFailed = (error: unknown): void => this.#fail({ type: 'failed', error });
    this.#sink = new FrameSink(stream, {
      onFailed,
      onRefused: (error) => parts.events.publish({ type: 'frame-refused', error }),
    });
    this.#videoEncoder = new TrackEncoder(videoCoder(choice, 1, settings.keyFrameIntervalMs), this.#sink, onFailed);
    const video = this.#videoEncoder;
    const runs = [video.run(videoFrames(cameraTrack, settings.capture))];
    if (sound !== undefined) {
      this.#audioEncoder = new TrackEncoder(
        audioCoder(sound.choice, 2, () => video.startUs),
        this.#sink,
        onFailed,
      );
      runs.push(this.#audioEncoder.run(sound.frames));
    }
    this.#runs = Promise.all(runs.map((run) => run.catch(onFailed)));
    // A track that the page stops itself has no such event.
    cameraTrack.addEventListener('ended', () => this.#fail({ type: 'ended' }));
  }

  /** Figures of the tracks now; those of the stream are in `stream.metrics`. */
  get statistics(): CameraStatistics {
    return { video: this.#videoEncoder.statistics, audio: this.#audioEncoder?.statistics };
  }

  /** Events as they happen; the first subscription has those of the opening too. Ends with the camera. */
  events(): Subscription<CameraEvent> {
    const first = this.#backlog;
    this.#backlog = undefined;
    return first ?? this.#parts.events.subscribe();
  }

  /**
   * Frees the devices, sends what is encoded, and stops the stream; a producer that was made for the camera is closed. Rejects with what
   * stopping the stream rejects with, such as the signal's reason. Calling it again gives the same promise.
   */
  stop(options: WaitOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(options: WaitOptions): Promise<void> {
    const { media, stream, producer, events } = this.#parts;
    this.#videoEncoder.stop();
    this.#audioEncoder?.stop();
    for (const track of media.getTracks()) track.stop();
    try {
      await this.#runs;
      // Behind the puts that wait for room, which a relay that is gone could keep waiting for ever.
      await stream.stop(options);
      await this.#sink.settled();
    } finally {
      events.close();
      await producer?.close();
    }
  }

  #fail(event: CameraEvent): void {
    if (this.#stopping !== undefined) return;
    this.#parts.events.publish(event);
    // Whoever calls stop hears what came of it.
    this.stop().catch(() => undefined);
  }
}

/** Camera and microphone together, so that the user is asked once; the camera alone where there is no microphone. */
async function openDevices(settings: CameraSettings, events: Broadcast<CameraEvent>): Promise<MediaStream> {
  const { width, height, frameRate, facingMode, deviceId } = settings;
  const video: MediaTrackConstraints = {
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: frameRate },
    ...(facingMode === undefined ? {} : { facingMode }),
    ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
  };
  const hasEncoder = settings.audio && (await chooseAudioEncoder(settings, SAMPLE_RATE_HZ, CHANNELS)) !== undefined;
  // Nobody is asked for a microphone that would not be heard.
  if (settings.audio && !hasEncoder) events.publish({ type: 'audio-unavailable', reason: 'no-encoder' });
  if (hasEncoder) {
    try {
      return await navigator.mediaDevices.getUserMedia({ video, audio: true });
    } catch (error) {
      if (cameraError(error).reason !== 'no-camera') throw cameraError(error);
      // One of both is missing: which one, the camera alone tells.
    }
  }
  try {
    const media = await navigator.mediaDevices.getUserMedia({ video });
    if (hasEncoder) events.publish({ type: 'audio-unavailable', reason: 'no-microphone' });
    return media;
  } catch (error) {
    throw cameraError(error);
  }
}

/** Encoders of H.264 want even sizes. */
function pictureOf(
  track: MediaStreamTrack,
  settings: CameraSettings,
): { readonly width: number; readonly height: number; readonly frameRate: number } {
  const { width = settings.width, height = settings.height, frameRate = settings.frameRate } = track.getSettings();
  return { width: width & ~1, height: height & ~1, frameRate };
}

async function chooseSound(
  media: MediaStream,
  settings: CameraSettings,
  events: Broadcast<CameraEvent>,
): Promise<Sound | undefined> {
  const [track] = media.getAudioTracks();
  if (track === undefined) return undefined;
  const { sampleRate = SAMPLE_RATE_HZ, channelCount = CHANNELS } = track.getSettings();
  const choice = await chooseAudioEncoder(settings, sampleRate, channelCount);
  const frames = audioFrames(track);
  if (choice !== undefined && frames !== undefined) return { choice, frames };
  track.stop();
  events.publish({ type: 'audio-unavailable', reason: choice === undefined ? 'no-encoder' : 'no-capture' });
  return undefined;
}
