/** What becomes of a call and of an upload whose connection does not come to stand, in any runtime. */
import { jsonCall } from '../../sdk/aws/signed-call.ts';
import { type SessionSource, UploadSession } from '../../sdk/producer/upload-session.ts';
import type { Platform } from '../../sdk/platform.ts';

export interface ConnectingTask {
  /** `host:port`. */
  readonly authority: string;
  readonly callTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

/** How one attempt ended, and when, milliseconds. */
export interface ConnectingOutcome {
  readonly what: string;
  readonly said: string;
  readonly result: number | undefined;
  readonly afterMs: number;
}

/** A stream that always has something to send. */
const SOURCE: SessionSource = {
  read: (into) => into.length,
  isComplete: () => false,
  isHandingOver: () => false,
  unsentBytes: () => 1 << 20,
  expectsAcks: true,
  isAckOwed: () => true,
  onConnected: () => undefined,
  onAck: () => undefined,
  onAckError: () => undefined,
};

export async function tryToConnect(platform: Platform, task: ConnectingTask): Promise<ConnectingOutcome[]> {
  const outcomes: ConnectingOutcome[] = [];
  const credentials = async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' });
  for (const scheme of ['http', 'https']) {
    const endpoint = `${scheme}://${task.authority}`;
    const target = { platform, region: 'eu-west-1', endpoint, credentials };
    let startMs = platform.now();
    const options = { maxAttempts: 1, timeoutMs: task.callTimeoutMs };
    const failure: unknown = await jsonCall(target, '/describeStream', {}, options).catch((error: unknown) => error);
    const { message, result } = failure as { readonly message: string; readonly result?: number };
    outcomes.push({ what: `${scheme} call`, said: message, result, afterMs: platform.now() - startMs });
    startMs = platform.now();
    const session = new UploadSession(platform, SOURCE, task.stallTimeoutMs);
    const end = await session.run({ method: 'POST', url: `${endpoint}/putMedia`, headers: {} });
    const said = `${end.reason}: ${end.error?.message ?? ''}`;
    outcomes.push({ what: `${scheme} upload`, said, result: end.result, afterMs: platform.now() - startMs });
  }
  return outcomes;
}
