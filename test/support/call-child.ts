/** Calls DescribeStream at each URL given, in a process of its own, whose trust was set before it started; prints what came of each as JSON. */
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { jsonCall } from '../../sdk/aws/signed-call.ts';
import type { ServiceCallError } from '../../sdk/errors.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';

export interface ChildOutcome {
  readonly result: number;
  readonly retryable: boolean;
  readonly reason: string | undefined;
}

const platform = createNodePlatform({ logLevel: 'silent' });
const credentials = staticCredentials(DEVELOPMENT_CREDENTIALS);
const outcomes: ChildOutcome[] = [];
for (const endpoint of process.argv.slice(2)) {
  const target = { platform, region: 'eu-west-1', endpoint, credentials };
  outcomes.push(
    await jsonCall(target, '/describeStream', {}, { maxAttempts: 1 }).then(
      () => ({ result: 200, retryable: false, reason: undefined }),
      ({ result, retryable, reason }: ServiceCallError) => ({ result, retryable, reason }),
    ),
  );
}
console.log(`outcomes ${JSON.stringify(outcomes)}`);
