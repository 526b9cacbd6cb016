/** What a camera or a microphone gives, as a stream of WebCodecs frames. Whoever reads one closes it. */

interface TrackProcessor<T> {
  readonly readable: ReadableStream<T>;
}

/** MediaStreamTrackProcessor, where the browser has it. Source: MediaStreamTrack Insertable Media Processing §2. */
function processorOf<T>(track: MediaStreamTrack): TrackProcessor<T> | undefined {
  const { MediaStreamTrackProcessor } = globalThis as unknown as {
    readonly MediaStreamTrackProcessor?: new (init: { readonly track: MediaStreamTrack }) => TrackProcessor<T>;
  };
  return MediaStreamTrackProcessor === undefined ? undefined : new MediaStreamTrackProcessor({ track });
}

/** The frames of a camera: through a processor where there is one, otherwise as a video element shows them. */
export function videoFrames(
  track: MediaStreamTrack,
  capture?: 'processor' | 'video-element',
): ReadableStream<VideoFrame> {
  const processor = capture === 'video-element' ? undefined : processorOf<VideoFrame>(track);
  return processor?.readable ?? shownFrames(track);
}

/** The sound of a microphone; undefined where the browser gives none. */
export function audioFrames(track: MediaStreamTrack): ReadableStream<AudioData> | undefined {
  return processorOf<AudioData>(track)?.readable;
}

/** Frames as a hidden video element presents them. A page in the background presents none. */
function shownFrames(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  let request = 0;
  const stop = (): void => {
    video.cancelVideoFrameCallback(request);
    video.srcObject = null;
  };
  return new ReadableStream<VideoFrame>(
    {
      async start(controller) {
        const onFrame: VideoFrameRequestCallback = (nowMs, { captureTime }) => {
          // What is not read in time is not taken, as a processor does it.
          if ((controller.desiredSize ?? 0) > 0) {
            const timestamp = Math.round((captureTime ?? nowMs) * 1000);
            controller.enqueue(new VideoFrame(video, { timestamp }));
          }
          request = video.requestVideoFrameCallback(onFrame);
        };
        track.addEventListener('ended', () => {
          stop();
          controller.close();
        });
        request = video.requestVideoFrameCallback(onFrame);
        await video.play();
      },
      cancel: stop,
    },
    { highWaterMark: 1 },
  );
}
