/** A camera in a page, and what can happen to it. Only plain data crosses to the test. */
import {
  type Camera,
  type CameraEvent,
  type CameraOptions,
  createProducer,
  KvsError,
  openCamera,
} from '../../bindings/browser/index.ts';

export interface Outcome {
  /** By their types; of `failed`, with the error's code. */
  readonly events: readonly string[];
  /** Of `stop`; empty when it resolved. */
  readonly failure: string;
  readonly encoded: number;
  readonly keyFrames: number;
  readonly restarts: number;
  readonly liveTracks: number;
  readonly elapsedMs: number;
  readonly isSamePromise: boolean;
}

/** Encoders that are in use, and the moment until which every one of them fails. */
const encoders = new Map<VideoEncoder, VideoEncoderInit['error']>();
let failingUntilMs = 0;
const RealEncoder = VideoEncoder;

/** The browser's own, which can be taken away, as browsers do to pages. */
class TakenEncoder extends RealEncoder {
  constructor(init: VideoEncoderInit) {
    super(init);
    encoders.set(this, init.error);
  }

  override encode(frame: VideoFrame, options?: VideoEncoderEncodeOptions): void {
    if (performance.now() < failingUntilMs) {
      take(this);
      throw new DOMException('The encoder was taken away', 'EncodingError');
    }
    super.encode(frame, options);
  }
}
Object.assign(globalThis, { VideoEncoder: TakenEncoder });

function take(encoder: VideoEncoder): void {
  encoders.delete(encoder);
  if (encoder.state !== 'closed') encoder.close();
}

let camera: Camera | undefined;
const events: string[] = [];
let heard: Promise<void> = Promise.resolve();

function opened(): Camera {
  if (camera === undefined) throw new Error('There is no camera');
  return camera;
}

const eventText = (event: CameraEvent): string =>
  event.type === 'failed'
    ? `failed ${event.error instanceof KvsError ? event.error.code : String(event.error)}`
    : event.type;

const LIMIT_MS = 40_000;

/** Looked at as often as the page is drawn. Rejects after a time that is long enough for a slow machine. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`${what}: not after ${LIMIT_MS} ms; events: ${events.join()}`);
    await new Promise((resolve) => void requestAnimationFrame(resolve));
  }
}

function outcome(failure: string, startedMs: number, isSamePromise = true): Outcome {
  const { encoded, keyFrames, encoderRestarts: restarts } = opened().statistics.video;
  const liveTracks = opened()
    .preview.getTracks()
    .filter(({ readyState }) => readyState === 'live').length;
  const elapsedMs = performance.now() - startedMs;
  return { events, failure, encoded, keyFrames, restarts, liveTracks, elapsedMs, isSamePromise };
}

async function stopped(stopping: Promise<void>): Promise<string> {
  return stopping.then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

export const faults = {
  /** Empty, or what opening was refused with. */
  async open(relayUrl: string, stream: string, options: CameraOptions, storeBytes: number): Promise<string> {
    const relay = { url: relayUrl, token: () => Promise.resolve('any') };
    try {
      camera = await openCamera(await createProducer({ relay, storeBytes }), stream, options);
    } catch (error) {
      return error instanceof KvsError ? `${error.code}: ${error.message}` : String(error);
    }
    const subscription = camera.events();
    heard = (async () => {
      for await (const event of subscription) events.push(eventText(event));
    })();
    return '';
  },
  /** Until the camera gave so many frames. */
  async captured(frames: number): Promise<void> {
    await until(() => opened().statistics.video.captured >= frames, `${frames} frames captured`);
  },
  async persisted(fragments: number): Promise<void> {
    await until(() => opened().stream.metrics.fragmentsPersisted >= fragments, `${fragments} fragments persisted`);
  },
  /** Until a frame waits for room, or all are skipped for want of it. */
  async waiting(): Promise<void> {
    await until(() => opened().statistics.video.skippedForStore >= 20, 'frames skipped for the store');
  },
  /** Takes the encoders away, as often as is said. */
  async failEncoders(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await until(() => encoders.size > 0, 'an encoder');
      for (const [encoder, tell] of encoders) {
        take(encoder);
        tell(new DOMException('The encoder was taken away', 'EncodingError'));
      }
    }
  },
  failEncodersFor(milliseconds: number): Promise<void> {
    failingUntilMs = performance.now() + milliseconds;
    return Promise.resolve();
  },
  async resize(width: number, height: number): Promise<void> {
    const [track] = opened().preview.getVideoTracks();
    await track?.applyConstraints({ width: { exact: width }, height: { exact: height } });
    await until(() => track?.getSettings().width === width, 'the other size');
  },
  /** The device goes: its track ends, and says so. */
  async unplug(): Promise<Outcome> {
    const startedMs = performance.now();
    const [track] = opened().preview.getVideoTracks();
    track?.stop();
    track?.dispatchEvent(new Event('ended'));
    await heard;
    return outcome(await stopped(opened().stop()), startedMs);
  },
  /** Until the camera has stopped by itself. */
  async ended(): Promise<Outcome> {
    const startedMs = performance.now();
    await heard;
    return outcome(await stopped(opened().stop()), startedMs);
  },
  /** With a limit, it is given up after so many milliseconds. */
  async stop(limitMs?: number): Promise<Outcome> {
    const startedMs = performance.now();
    const controller = new AbortController();
    const stopping = opened().stop(limitMs === undefined ? {} : { signal: controller.signal });
    const isSamePromise = opened().stop() === stopping;
    if (limitMs !== undefined) setTimeout(() => controller.abort(new Error('enough')), limitMs);
    const failure = await stopped(stopping);
    await heard;
    return outcome(failure, startedMs, isSamePromise);
  },
};

export type FaultPage = typeof faults;
