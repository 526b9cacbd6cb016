/** Threads where the runtime has the web's own means for them: shared memory, and channels of messages. */
import { SHARED_CORE_MEMORY } from '../../sdk/core/shared-memory.ts';
import type { Mutex, ThreadPort, ThreadSupport } from '../../sdk/platform.ts';
import { createSerialMutex } from '../../sdk/threads/serial-mutex.ts';
import { createSharedMutex } from '../../sdk/threads/shared-mutex.ts';
import { startTimer } from './platform.ts';

/**
 * What a runtime needs for frames to be put from other threads.
 * @param loadModule compiles the core for shared memory
 * @param tellsOfEnds as of `ThreadSupport`
 */
export function threadSupport(loadModule: () => Promise<WebAssembly.Module>, tellsOfEnds: boolean): ThreadSupport {
  return {
    tellsOfEnds,
    loadSharedCore: async () => ({
      flavour: 'shared',
      module: await loadModule(),
      memory: new WebAssembly.Memory(SHARED_CORE_MEMORY),
    }),
    createChannel: () => {
      const { port1, port2 } = new MessageChannel();
      return [port1, port2] as unknown as readonly [ThreadPort, ThreadPort];
    },
  };
}

/** `Platform.createMutex` where threads share memory. */
export function createThreadMutex(memory?: SharedArrayBuffer): Mutex {
  return memory === undefined ? createSerialMutex() : createSharedMutex({ setTimer: startTimer }, memory);
}
