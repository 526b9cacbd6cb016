/** Credentials against a service that verifies every signature. */
import { cachedCredentials } from '../../sdk/aws/credentials.ts';
import { type Credentials, CredentialsError, ServiceCallError } from './public-api.ts';
import { askWithoutRuntime, WITHOUT_RUNTIME } from './credential-task.ts';
import { assertSame, assertThat, type Check, rejection } from './check.ts';
import type { CreateProducer, EndToEndTask } from './end-to-end.ts';
import { putAll, type ServiceBench, serviceChecks, VIDEO } from './service-bench.ts';

/** Life of credentials that have to be refreshed within a check; they are, from the half of it on. Milliseconds. */
const SHORT_LIFE_MS = 4_000;

/** Providers for which nothing has to be signed. */
const offlineChecks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>> = {
  'fixed ones, a callback, a chain and a cache give what they are for': async ({ platform }) => {
    const outcomes = await askWithoutRuntime(platform);
    for (const [way, expected] of Object.entries(WITHOUT_RUNTIME)) assertSame(outcomes[way], expected, way);
  },
  'all who ask a cache at once share one fetch, and one that failed is not kept': async ({ platform }) => {
    let fetches = 0;
    const cached = cachedCredentials(platform, async () => {
      if (++fetches === 1) throw new Error('not yet');
      return { accessKeyId: `KEY${fetches}`, secretAccessKey: 'HUSHHUSH', expiresAtMs: platform.now() + 3_600_000 };
    });
    const failures = await Promise.all([rejection(cached(), 'first'), rejection(cached(), 'second')]);
    for (const failure of failures)
      assertThat(failure instanceof CredentialsError, `It rejected with ${String(failure)}`);
    assertSame(fetches, 1, 'fetches that failed');
    const given = await Promise.all([cached(), cached(), cached()]);
    assertSame(given.map(({ accessKeyId }) => accessKeyId).join(), 'KEY2,KEY2,KEY2', 'keys');
  },
};

export function credentialChecks(task: EndToEndTask, createProducer: CreateProducer): readonly Check[] {
  const checks: Readonly<Record<string, (bench: ServiceBench) => Promise<void>>> = {
    'a provider is asked once for all calls of all streams': async (bench) => {
      let calls = 0;
      const credentials = (): Promise<Credentials> => {
        calls++;
        return Promise.resolve(task.credentials);
      };
      await bench.withProducer({ credentials }, async (producer) => {
        const streams = await Promise.all(
          ['-a', '-b'].map((suffix) => producer.openStream(bench.streamName(suffix), VIDEO)),
        );
        for (const stream of streams) await putAll(stream, bench.video({ fragments: 2 }));
        await producer.stopStreams();
        for (const stream of streams) assertSame(stream.metrics.fragmentsPersisted, 2, 'fragments persisted');
      });
      assertSame(calls, 1, 'calls of the provider');
    },
    'a provider is asked again before what it gave expires': async (bench) => {
      const { platform } = bench;
      const given: { readonly atMs: number; readonly expiresAtMs: number }[] = [];
      const credentials = (): Promise<Credentials> => {
        const atMs = platform.now();
        given.push({ atMs, expiresAtMs: atMs + SHORT_LIFE_MS });
        return Promise.resolve({ ...task.credentials, expiresAtMs: atMs + SHORT_LIFE_MS });
      };
      await bench.withProducer({ credentials }, async (producer) => {
        await producer.openStream(bench.streamName('-a'), VIDEO);
        const first = given[0];
        assertThat(first !== undefined, 'The provider was not asked');
        const halfLifeMs = first.atMs + SHORT_LIFE_MS / 2 - platform.now() + 1;
        await new Promise<void>((resolve) => void platform.setTimer(Math.max(0, halfLifeMs), resolve));
        await producer.openStream(bench.streamName('-b'), VIDEO);
        const second = given[1];
        assertThat(second !== undefined, 'The provider was not asked again');
        assertThat(second.atMs < first.expiresAtMs, 'It was asked when the credentials had expired');
      });
    },
    'a secret that is wrong is refused, with the answer of the service': async (bench) => {
      let calls = 0;
      const credentials = (): Promise<Credentials> => {
        calls++;
        return Promise.resolve({ ...task.credentials, secretAccessKey: 'not-the-secret' });
      };
      await bench.withProducer({ credentials }, async (producer) => {
        const failure = await rejection(producer.openStream(bench.streamName(), VIDEO), 'openStream');
        assertThat(failure instanceof ServiceCallError, `It rejected with ${String(failure)}`);
        assertSame(failure.httpStatus, 403, 'HTTP status');
        assertSame(failure.operation, 'DescribeStream', 'operation');
        assertThat(!failure.retryable, 'It is said to be retryable');
      });
      assertSame(calls, 2, 'calls of the provider: once more, since the first may have been out of date');
    },
    'refused credentials are fetched anew, and the stream opens with good ones': async (bench) => {
      const secrets = ['out-of-date', task.credentials.secretAccessKey];
      const credentials = (): Promise<Credentials> =>
        Promise.resolve({ ...task.credentials, secretAccessKey: secrets.shift() ?? task.credentials.secretAccessKey });
      await bench.withProducer({ credentials }, async (producer) => {
        const stream = await producer.openStream(bench.streamName(), VIDEO);
        await putAll(stream, bench.video({ fragments: 1 }));
        await stream.stop();
        assertSame(stream.metrics.fragmentsPersisted, 1, 'fragments persisted');
      });
      assertSame(secrets.length, 0, 'secrets left');
    },
    'a provider that fails leads to a CredentialsError with its cause': async (bench) => {
      const cause = new Error('the vault is shut');
      await bench.withProducer({ credentials: () => Promise.reject(cause) }, async (producer) => {
        const failure = await rejection(producer.openStream(bench.streamName(), VIDEO), 'openStream');
        assertThat(failure instanceof CredentialsError, `It rejected with ${String(failure)}`);
        assertSame(failure.code, 'STATUS_CLIENT_AUTH_CALL_FAILED', 'code');
        assertThat(failure.cause === cause, 'The cause is not told');
      });
    },
    'expired credentials are not used': async (bench) => {
      const credentials = { ...task.credentials, expiresAtMs: bench.platform.now() - 1 };
      await bench.withProducer({ credentials }, async (producer) => {
        const failure = await rejection(producer.openStream(bench.streamName(), VIDEO), 'openStream');
        assertThat(failure instanceof CredentialsError, `It rejected with ${String(failure)}`);
      });
    },
  };
  return [
    ...serviceChecks('credentials', task, createProducer, checks, ['network', 'signing']),
    ...serviceChecks('credentials', task, createProducer, offlineChecks, []),
  ];
}
