import { KvsError, type KvsErrorOptions } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';

/**
 * `unsupported`: the page has no cameras (it is not secure) or no WebCodecs. `permission-denied`: by the user or a policy. `no-camera`: none
 * there, or none that fits. `camera-busy`: another program has it. `no-encoder`: for none of the codecs. `encoder-failed`: again and again.
 */
export type CameraFailure =
  'unsupported' | 'permission-denied' | 'no-camera' | 'camera-busy' | 'no-encoder' | 'encoder-failed';

/** The camera cannot be opened, or not be encoded. `code` is `CAMERA_` with the reason. */
export class CameraError extends KvsError {
  static override readonly kind: string = 'CameraError';
  readonly reason: CameraFailure;

  constructor(reason: CameraFailure, message: string, options: KvsErrorOptions = {}) {
    super(STATUS.STATUS_INVALID_OPERATION, message, {
      code: `CAMERA_${reason.toUpperCase().replaceAll('-', '_')}`,
      retryable: reason === 'camera-busy',
      ...options,
    });
    this.reason = reason;
  }
}
