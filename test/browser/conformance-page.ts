/** The conformance checks in a page; its producers upload through the relay of the tests. */
import { type BrowserProducerOptions, createBrowserPlatform, createProducer } from '../../bindings/browser/index.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import type { CheckResult } from '../conformance/check.ts';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';
import { pipeUrl } from '../support/pipe-url.ts';

/** What a producer elsewhere is told is told to the relay here. */
export function runInPage(task: EndToEndTask, relayUrl: string): Promise<CheckResult[]> {
  return runTask(task, createBrowserPlatform(), async ({ endpoint, region, credentials, ...options }) => {
    const provider =
      typeof credentials === 'function' ? credentials : staticCredentials(credentials ?? task.credentials);
    const query = { endpoint: endpoint ?? task.endpoint, region: region ?? task.region };
    const relay: BrowserProducerOptions['relay'] = { url: pipeUrl(relayUrl, query, await provider()), token: 'any' };
    return createProducer({ ...options, relay });
  });
}
