import type { Camera, CameraTarget } from './camera/camera.ts';
import type { CameraOptions } from './camera/camera-options.ts';

/**
 * Opens camera and microphone, the stream, and begins to send. Its code is loaded with the first call, for pages that have no camera. Rejects
 * with `CameraError`, what opening the stream rejects with, or another `KvsError` for options that cannot be; the devices are then free again.
 */
export async function openCamera(target: CameraTarget, streamName: string, options?: CameraOptions): Promise<Camera> {
  const camera = await import('./camera/camera.ts');
  return camera.openCamera(target, streamName, options);
}
