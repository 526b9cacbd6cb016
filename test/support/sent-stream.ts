/** A stream that has sent fragments, for a test of their acks. */
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from './callback-recorder.ts';
import { ScriptedMedia } from './scripted-media.ts';
import { TestStream } from './test-stream.ts';

export const NOT_IN_VIEW = 'STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW';

/** A stream that has sent fragments, the last of them open, with what its callbacks hear. */
export async function sent(
  fragments: number,
  options: Partial<StreamOptions> = {},
  staysOpen = false,
): Promise<{ readonly test: TestStream; readonly recorder: CallbackRecorder }> {
  const recorder = new CallbackRecorder();
  const service = new ScriptedMedia();
  service.uploadsStayOpen = staysOpen;
  const test = await TestStream.open(options, recorder.options, service);
  await test.putFragments(fragments);
  return { test, recorder };
}

/** Codes of the acks that were ignored. */
export const ignored = (test: TestStream): string[] => test.eventsOf('ack-ignored').map(({ error }) => error.code);
