import { Core } from '../core/core.ts';
import type { ThreadSupport } from '../platform.ts';
import type { ThreadHub } from './thread-hub.ts';

/** A core over memory that threads share, and what they share beside it; loaded for the producers alone that ask for it. */
export async function shareCore(threads: ThreadSupport): Promise<{ core: Core; hub: ThreadHub }> {
  const [{ ThreadHub }, source] = await Promise.all([import('./thread-hub.ts'), threads.loadSharedCore()]);
  const hub = new ThreadHub(threads, source);
  return { core: Core.create(source, hub), hub };
}
