/** One track of a camera, from its frames to the stream: frames are skipped before they are encoded where something behind is full, never after. */
import { CameraError } from './camera-error.ts';
import type { FrameSink } from './frame-sink.ts';

/** How frames of one kind are encoded. */
export interface TrackCoder<Frame extends VideoFrame | AudioData> {
  /** Makes an encoder; its errors end it. */
  create(
    output: (chunk: EncodedVideoChunk | EncodedAudioChunk) => void,
    error: (error: Error) => void,
  ): TrackEncoding<Frame>;
  /** Frames that may wait in the encoder. */
  readonly queueLength: number;
  readonly trackNumber: number;
  /** Some frames need those before them. */
  readonly hasKeyFrames: boolean;
  /** Since the epoch, microseconds: frames before it are not encoded, and none while it is undefined. @default no limit */
  readonly startUs?: () => number | undefined;
}

export interface TrackEncoding<Frame> {
  readonly encodeQueueSize: number;
  /** `isKeyWanted`: what came before cannot be built on. */
  encode(frame: Frame, isKeyWanted: boolean): void;
  flush(): Promise<void>;
  close(): void;
}

/** Of one track, since it was opened. */
export interface TrackStatistics {
  /** Frames that the device gave. */
  readonly captured: number;
  /** Frames that were not encoded: the encoder was behind, or the store full. */
  readonly skippedForEncoder: number;
  readonly skippedForStore: number;
  /** Sound from before the first picture, which no fragment could begin with. */
  readonly skippedBeforeStart: number;
  readonly encoded: number;
  readonly keyFrames: number;
  readonly encodedBytes: number;
  /** How often the encoder failed and was made anew. */
  readonly encoderRestarts: number;
}

/** An encoder that fails as often in a row, without a frame in between, is given up. */
const MAX_FAILURES = 6;
/** After the second failure, microseconds; twice as long after each further one. A browser whose encoders crashed takes seconds to have others. */
const FIRST_PAUSE_US = 250_000;

export class TrackEncoder<Frame extends VideoFrame | AudioData> {
  readonly #coder: TrackCoder<Frame>;
  readonly #sink: FrameSink;
  readonly #onFailed: (error: CameraError) => void;
  readonly #counts = {
    captured: 0,
    skippedForEncoder: 0,
    skippedForStore: 0,
    skippedBeforeStart: 0,
    encoded: 0,
    keyFrames: 0,
    encodedBytes: 0,
    encoderRestarts: 0,
  };
  #encoding: TrackEncoding<Frame> | undefined;
  #failures = 0;
  /** By the device's clock: before it no encoder is made. */
  #resumeUs = -Infinity;
  /** Time of the last frame that the device gave, by its clock. */
  #seenUs = -Infinity;
  /** Time of the last frame that came out of the encoder, by the device's clock. One may be left out by its rate control. */
  #outUs = -Infinity;
  /** From the device's clock to the epoch, microseconds: set by the first frame. */
  #offsetUs = NaN;
  #lastUs = -Infinity;
  #startUs: number | undefined;
  #isStopped = false;
  #endFrames: (() => void) | undefined;

  constructor(coder: TrackCoder<Frame>, sink: FrameSink, onFailed: (error: CameraError) => void) {
    this.#coder = coder;
    this.#sink = sink;
    this.#onFailed = onFailed;
  }

  get statistics(): TrackStatistics {
    return { ...this.#counts };
  }

  /** Time of the first frame that was encoded, microseconds since the epoch. */
  get startUs(): number | undefined {
    return this.#startUs;
  }

  /** Encodes frames until they end or `stop` is called; then what is in the encoder goes out too. Rejects with what the frames failed with. */
  async run(frames: ReadableStream<Frame>): Promise<void> {
    const reader = frames.getReader();
    // A device that gives nothing more must not keep its track from ending.
    this.#endFrames = () => void reader.cancel().catch(() => undefined);
    try {
      while (!this.#isStopped) {
        const { done, value } = await reader.read();
        if (done) break;
        this.#take(value);
      }
      await this.#encoding?.flush().catch((error: unknown) => this.#onEncoderError(error));
    } finally {
      this.#encoding?.close();
      this.#encoding = undefined;
      this.#endFrames();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#endFrames?.();
  }

  #take(frame: Frame): void {
    this.#counts.captured++;
    this.#seenUs = frame.timestamp;
    try {
      if (Number.isNaN(this.#offsetUs)) this.#offsetUs = Date.now() * 1000 - frame.timestamp;
      // Times rise in a track: a device that repeats one has said nothing new.
      if (this.#isStopped || frame.timestamp <= this.#lastUs) return;
      const timeUs = frame.timestamp + this.#offsetUs;
      const { startUs } = this.#coder;
      if (startUs !== undefined && !(timeUs >= (startUs() ?? Infinity))) return void this.#counts.skippedBeforeStart++;
      if (this.#sink.isFull) {
        if (this.#coder.hasKeyFrames && this.#outUs === this.#lastUs) this.#sink.makeRoom();
        return void this.#counts.skippedForStore++;
      }
      if (frame.timestamp < this.#resumeUs) return void this.#counts.skippedForEncoder++;
      this.#encoding ??= this.#coder.create(this.#onOutput, (error) => this.#onEncoderError(error));
      if (this.#encoding.encodeQueueSize >= this.#coder.queueLength) return void this.#counts.skippedForEncoder++;
      this.#lastUs = frame.timestamp;
      this.#encoding.encode(frame, this.#coder.hasKeyFrames && this.#sink.takeKeyWanted());
      this.#startUs ??= timeUs;
    } catch (error) {
      this.#onEncoderError(error);
    } finally {
      frame.close();
    }
  }

  readonly #onOutput = (chunk: EncodedVideoChunk | EncodedAudioChunk): void => {
    this.#failures = 0;
    this.#outUs = chunk.timestamp;
    this.#counts.encoded++;
    this.#counts.encodedBytes += chunk.byteLength;
    if (chunk.type === 'key') this.#counts.keyFrames++;
    this.#sink.put(this.#coder.trackNumber, chunk, this.#offsetUs);
  };

  /** Browsers take encoders away from pages, hardware ones above all: another one begins with a key frame. */
  #onEncoderError(error: unknown): void {
    this.#encoding = undefined;
    this.#outUs = this.#lastUs;
    if (this.#isStopped) return;
    this.#counts.encoderRestarts++;
    if (++this.#failures > 1) this.#resumeUs = this.#seenUs + FIRST_PAUSE_US * 2 ** (this.#failures - 2);
    if (this.#failures < MAX_FAILURES) return;
    this.#isStopped = true;
    const text = error instanceof Error ? error.message : String(error);
    this.#onFailed(
      new CameraError('encoder-failed', `The encoder failed ${MAX_FAILURES} times: ${text}`, { cause: error }),
    );
  }
}
