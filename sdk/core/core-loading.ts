import { KvsError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import * as STATUS from '../status-codes.ts';

/**
 * Loads and starts a core; what a runtime says when it cannot becomes a `KvsError` of status STATUS_OPEN_FILE_FAILED, with that as its cause:
 * a file that is missing or may not be read, or that holds no core.
 */
export async function loadingCore<T>(platform: Pick<Platform, 'name'>, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof KvsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KvsError(STATUS.STATUS_OPEN_FILE_FAILED, `Cannot load the core on ${platform.name}: ${reason}`, {
      cause: error,
      retryable: false,
    });
  }
}
