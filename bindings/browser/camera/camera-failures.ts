/** What getUserMedia rejects with, as errors of ours. */
import { CameraError, type CameraFailure } from './camera-error.ts';

/** Names of the exceptions of getUserMedia. Source: Media Capture and Streams §10.2. */
const FAILURES: Readonly<Record<string, CameraFailure>> = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'no-camera',
  OverconstrainedError: 'no-camera',
  NotReadableError: 'camera-busy',
  AbortError: 'camera-busy',
};

/** The typed error of what getUserMedia rejected with. */
export function cameraError(error: unknown): CameraError {
  // OverconstrainedError is no Error in every browser.
  const { name = '', message = String(error) } = (error ?? {}) as Partial<Error>;
  const reason = FAILURES[name] ?? 'unsupported';
  return new CameraError(reason, `Cannot open the camera: ${message || name}`, { cause: error });
}
