import { KvsError } from '../errors.ts';
import type { Platform, SharedCore } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import type { ThreadHub } from './thread-hub.ts';

/**
 * The core for memory that threads share, and what they share beside it; loaded for the producers alone that ask for it. Rejects with `KvsError`
 * where the runtime has no such memory.
 */
export async function shareCore({ name, threads }: Platform): Promise<{ source: SharedCore; hub: ThreadHub }> {
  if (threads === undefined)
    throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, `Option sharedMemory: threads cannot share memory on ${name}`);
  const [{ ThreadHub }, source] = await Promise.all([import('./thread-hub.ts'), threads.loadSharedCore()]);
  return { source, hub: new ThreadHub(threads, source) };
}
