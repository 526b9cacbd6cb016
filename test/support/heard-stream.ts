/** A stream whose every callback is written down. */
import { CallbackRecorder, type Overrides } from './callback-recorder.ts';
import type { ScriptedMedia } from './scripted-media.ts';
import { TestStream } from './test-stream.ts';

export interface HeardStream {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
}

/** Opens it in front of a scripted service. `overrides`: callbacks that answer. */
export async function openHeard(
  overrides: Overrides = {},
  stream: Parameters<typeof TestStream.open>[0] = {},
  producer: Parameters<typeof TestStream.open>[1] = {},
  service?: ScriptedMedia,
): Promise<HeardStream> {
  const recorder = new CallbackRecorder(overrides);
  const test = await TestStream.open(stream, { ...recorder.options, ...producer }, service);
  await test.service.idle();
  return { test, recorder };
}
