/** What a producer logs, tells and throws while its credentials are fetched, refused, renewed and lost: nothing of them. */
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlatformRequest } from '../../../../sdk/platform.ts';
import { createDefaultCallbacksProviderWithIotCertificate } from '../../../../sdk/producer/callbacks/index.ts';
import { iotCredentials, type ProducerOptions } from '../../../../sdk/producer/index.ts';
import { everythingIn } from '../../../support/rejection.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { outcomeOf, TestStream, watched } from '../../../support/test-stream.ts';

const it = suite('secrecy of credentials');
const SECRETS = /HUSH|PSST/;
const IOT = {
  endpoint: 'device.test',
  certificate: { certificatePem: 'certificate', privateKeyPem: 'HUSH-private-key' },
  roleAlias: 'CameraRole',
  thingName: 'front-door',
};
const ENDPOINT = { endpoint: 'http://127.0.0.1:1' };

class Overheard extends ScriptedMedia {
  readonly clientCertificates = 'pem';
  readonly lines: string[] = [];
  /** What the credential endpoint does: right answers, or wrong ones with secrets in them. */
  mood: 'right' | 'cut' | 'refused' = 'right';

  constructor() {
    super();
    this.on('/role-aliases/CameraRole/credentials', () => {
      const expiration = new Date(this.nowMs + 600_000).toISOString();
      const keys = { accessKeyId: 'IOTKEY', secretAccessKey: 'HUSHHUSH', sessionToken: 'PSSTPSST', expiration };
      const body = JSON.stringify({ credentials: keys });
      if (this.mood === 'right') return { body };
      return this.mood === 'cut' ? { body: body.slice(0, -5) } : { status: 403, body };
    });
  }

  override log(level: string, message: string, fields?: unknown): void {
    this.lines.push(`${level} ${message} ${inspect(fields, { depth: 20, showHidden: true })}`);
  }
}

/** All of a request but the token's own header. */
function restOf({ url, headers, body }: PlatformRequest): string {
  const { 'x-amz-security-token': _token, ...rest } = headers;
  return `${url} ${JSON.stringify(rest)} ${body instanceof Uint8Array ? new TextDecoder().decode(body) : ''}`;
}

const ways: Readonly<Record<string, (service: Overheard) => ProducerOptions>> = {
  'as a provider': (service) => ({ credentials: iotCredentials(service, IOT) }),
  'through callbacks': (service) => ({
    callbackProvider: createDefaultCallbacksProviderWithIotCertificate(service, IOT, ENDPOINT),
  }),
};
for (const [way, optionsOf] of Object.entries(ways)) {
  it(`${way}: a whole life of a stream`, async () => {
    const service = new Overheard();
    const test = await TestStream.open({ stopTimeoutMs: 60_000 }, optionsOf(service), service);
    await test.putFragments(2);
    // The service refuses them, and then they cannot be renewed until they are over.
    service.on('/putMedia', { status: 403, body: '{"__type":"ExpiredTokenException"}' });
    test.stream.resetConnection();
    for (const mood of ['cut', 'refused', 'right', 'cut', 'refused'] as const) {
      service.mood = mood;
      await service.pass(20_000);
      await test.putFragments(1);
    }
    const stopped = watched(test.stream.stop());
    await service.pass(70_000);
    const error = await outcomeOf(stopped);
    assert.ok(error instanceof Error);
    const told = [
      everythingIn(error),
      everythingIn(test.stream.lastError ?? error),
      ...test.events.map((event) => inspect(event, { depth: 20, showHidden: true })),
      ...service.lines,
      inspect(test.stream.metrics),
      await test.producer.metricsText(),
    ];
    assert.ok(test.eventsOf('retrying').length > 5, 'there was something to tell');
    assert.equal(
      told.filter((text) => SECRETS.test(text)),
      [],
    );
    assert.equal(
      service.requests.map(restOf).filter((text) => SECRETS.test(text)),
      [],
    );
    await test.end();
  });
}

it.run();
