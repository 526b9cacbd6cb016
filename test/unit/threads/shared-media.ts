/** A scripted service on a platform whose threads share memory. */
import { createNodePlatform } from '../../../bindings/node/platform.ts';
import type { ThreadSupport } from '../../../sdk/platform.ts';
import type { Frame, StreamOptions } from '../../../sdk/producer/index.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { testFrame, TestStream } from '../../support/test-stream.ts';
import type { PutThread } from './put-thread.ts';

/** A store of a few frames. */
export const SMALL = { storeBytes: 1 << 20 } as const;
export const FRAME_BYTES = 128 * 1024;

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

/** The first frames of a test stream. */
export const frames = (count: number, sizeBytes?: number): Frame[] =>
  Array.from({ length: count }, (_, index) => testFrame(index, sizeBytes));

/** What the service has received, frame by frame. */
export async function receivedFrames(test: TestStream): Promise<Buffer[]> {
  const fragments = await test.service.upload.fragments();
  return fragments.flatMap((fragment) => fragment.frames).map(({ data }) => Buffer.from(data));
}

export async function finish(test: TestStream, ...threads: readonly PutThread[]): Promise<void> {
  await test.end();
  for (const thread of threads) await thread.end();
}

/** Waits until something holds that another thread brings about; a minute at most. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let times = 0; times < 6_000; times++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come about: ${what}`);
}
