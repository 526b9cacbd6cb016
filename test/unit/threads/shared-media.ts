/** A scripted service on a platform whose threads share memory. */
import { createNodePlatform } from '../../../bindings/node/platform.ts';
import type { ThreadSupport } from '../../../sdk/platform.ts';
import type { StreamOptions } from '../../../sdk/producer/index.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { TestStream } from '../../support/test-stream.ts';

class SharedMedia extends ScriptedMedia {
  readonly threads: ThreadSupport = createNodePlatform().threads as ThreadSupport;
}

/** A stream that can be shared. */
export function openShared(
  options: Partial<StreamOptions> = {},
  producerOptions: Parameters<typeof TestStream.open>[1] = {},
): Promise<TestStream> {
  return TestStream.open(options, { sharedMemory: true, ...producerOptions }, new SharedMedia());
}

/** Waits until something holds that another thread brings about; a minute at most. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let times = 0; times < 6_000; times++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come about: ${what}`);
}
