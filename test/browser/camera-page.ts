/** One camera in a page: opened, sent for a number of frames, stopped. */
import {
  type CameraEvent,
  type CameraOptions,
  createProducer,
  KvsError,
  openCamera,
} from '../../bindings/browser/index.ts';
import type { TrackStatistics } from '../../bindings/browser/camera/track-encoder.ts';

export interface CameraTask {
  readonly relayUrl: string;
  readonly stream: string;
  /** Frames of the camera to wait for. */
  readonly frames: number;
  readonly options: CameraOptions;
  /** With a producer of this page's own. */
  readonly storeBytes?: number;
  readonly maxBitrateBps?: number;
}

/** Plain data, so that it can leave the page. */
export interface CameraRun {
  readonly camera?: {
    readonly codec: string;
    readonly video: TrackStatistics;
    readonly audio: TrackStatistics | undefined;
    readonly framesDropped: number;
  };
  readonly events: readonly CameraEvent[];
  readonly error?: { readonly code: string; readonly message: string; readonly tracksLeft: number };
}

/** Devices that a page has opened and not given back. */
const opened: MediaStreamTrack[] = [];

function watchDevices(): void {
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const media = await getUserMedia(constraints);
    opened.push(...media.getTracks());
    return media;
  };
}

export async function runCamera(task: CameraTask): Promise<CameraRun> {
  watchDevices();
  const events: CameraEvent[] = [];
  const url = task.maxBitrateBps === undefined ? task.relayUrl : `${task.relayUrl}&maxBitrateBps=${task.maxBitrateBps}`;
  const relay = { url, token: () => Promise.resolve('any') };
  try {
    const producer =
      task.storeBytes === undefined ? undefined : await createProducer({ relay, storeBytes: task.storeBytes });
    const camera = await openCamera(producer ?? { relay }, task.stream, task.options);
    const heard = (async () => {
      for await (const event of camera.events()) events.push(event);
    })();
    const frame = (): Promise<number> => new Promise((resolve) => void requestAnimationFrame(resolve));
    while (camera.statistics.video.captured < task.frames) await frame();
    await camera.stop();
    await producer?.close();
    await heard;
    const { video, audio } = camera.statistics;
    const { framesDropped } = camera.stream.metrics;
    return { camera: { codec: camera.video.config.codec, video, audio, framesDropped }, events };
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    const tracksLeft = opened.filter(({ readyState }) => readyState === 'live').length;
    return { events, error: { code: error.code, message: error.message, tracksLeft } };
  }
}
