/** Where the region and the endpoint come from: options, environment, AWS's partitions as AWS publishes them. */
import { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import { controlPlaneEndpoint } from '../../../sdk/aws/endpoints.ts';
import { type LocationOptions, serviceLocation } from '../../../sdk/aws/service-location.ts';
import { userAgent } from '../../../sdk/aws/user-agent.ts';
import type { KvsError } from '../../../sdk/errors.ts';
import { createProducerWith, type ProducerOptions } from '../../../sdk/producer/index.ts';
import { VERSION } from '../../../sdk/version.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { TEST_TRACK } from '../../support/test-stream.ts';

const it = suite('service location');

type Variables = Readonly<Record<string, string>>;
const locate = (variables: Variables, options: LocationOptions = {}): { region: string; endpoint: string } =>
  serviceLocation({ environment: (name) => variables[name] }, options);

const OWN = 'https://kinesisvideo.us-west-2.amazonaws.com';

for (const [what, variables, options, region, endpoint] of [
  ['nothing', {}, {}, 'us-west-2', OWN],
  ['AWS_REGION', { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'sa-east-1' }, {}, 'eu-west-1', undefined],
  ['AWS_DEFAULT_REGION', { AWS_DEFAULT_REGION: 'sa-east-1' }, {}, 'sa-east-1', undefined],
  ['an empty variable', { AWS_REGION: '', AWS_DEFAULT_REGION: '' }, {}, 'us-west-2', OWN],
  ['the option', { AWS_REGION: 'eu-west-1' }, { region: 'ap-south-1' }, 'ap-south-1', undefined],
  [
    'the service’s own variable',
    { AWS_ENDPOINT_URL_KINESIS_VIDEO: 'http://127.0.0.1:9494/', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    {},
    'us-west-2',
    'http://127.0.0.1:9494',
  ],
  ['AWS_ENDPOINT_URL', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, {}, 'us-west-2', 'http://127.0.0.1:1'],
  [
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    {},
    'us-west-2',
    OWN,
  ],
  [
    'the endpoint option',
    { AWS_ENDPOINT_URL_KINESIS_VIDEO: 'http://127.0.0.1:1', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    { endpoint: 'https://kvs.example' },
    'us-west-2',
    'https://kvs.example',
  ],
  [
    'AWS_USE_DUALSTACK_ENDPOINT',
    { AWS_USE_DUALSTACK_ENDPOINT: 'TRUE' },
    {},
    'us-west-2',
    'https://kinesisvideo.us-west-2.api.aws',
  ],
  ['a dual stack that is off', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, { dualStack: false }, 'us-west-2', OWN],
  [
    'AWS_USE_FIPS_ENDPOINT',
    { AWS_USE_FIPS_ENDPOINT: 'true' },
    {},
    'us-west-2',
    'https://kinesisvideo-fips.us-west-2.amazonaws.com',
  ],
  [
    'AWS_USE_FIPS_ENDPOINT=false in GovCloud, where there is no other natively',
    { AWS_USE_FIPS_ENDPOINT: 'false', AWS_REGION: 'us-gov-west-1' },
    {},
    'us-gov-west-1',
    'https://kinesisvideo-fips.us-gov-west-1.amazonaws.com',
  ],
  ['both options', {}, { dualStack: true, fips: true }, 'us-west-2', 'https://kinesisvideo-fips.us-west-2.api.aws'],
] as const) {
  it(`region and endpoint by ${what}`, () => {
    const found = locate(variables, options);
    assert.is(found.region, region);
    assert.is(found.endpoint, endpoint ?? controlPlaneEndpoint(region));
  });
}

it('without an environment there are the options and the defaults', () => {
  assert.equal(serviceLocation({}, {}), { region: 'us-west-2', endpoint: OWN });
});

for (const [variables, options, message] of [
  [
    { AWS_ENDPOINT_URL: 'localhost:9494' },
    {},
    /^Environment variable AWS_ENDPOINT_URL: 'localhost:9494' is not the URL/,
  ],
  [{ AWS_ENDPOINT_URL_KINESIS_VIDEO: 'ftp://x' }, {}, /^Environment variable AWS_ENDPOINT_URL_KINESIS_VIDEO/],
  [{ AWS_REGION: 'evil.example/' }, {}, /'evil.example\/' is not a region name/],
  [{}, { endpoint: 'https://kvs.example', fips: true }, /^Option fips is for AWS's own endpoints/],
  [{ AWS_ENDPOINT_URL: 'https://kvs.example' }, { dualStack: true }, /^Option dualStack is for AWS's own endpoints/],
] as const) {
  it(`refuses ${JSON.stringify({ ...variables, ...options })}`, () => {
    assert.throws(
      () => locate(variables, options),
      (error: KvsError) => error.code === 'STATUS_INVALID_ARG' && message.test(error.message),
    );
  });
}

it('is where AWS’s own client goes, in every partition', () => {
  const client = new KinesisVideoClient({ region: 'us-west-2', credentials: CREDENTIALS });
  let compared = 0;
  for (const region of [
    ...['us-east-1', 'eu-central-1', 'ap-southeast-2', 'sa-east-1', 'ca-central-1', 'me-south-1', 'af-south-1'],
    ...['il-central-1', 'mx-central-1', 'cn-north-1', 'cn-northwest-1', 'us-gov-west-1', 'us-gov-east-1'],
    ...['us-iso-east-1', 'us-iso-west-1', 'us-isob-east-1', 'us-isof-south-1', 'eu-isoe-west-1', 'eusc-de-east-1'],
  ])
    for (const dualStack of [false, true])
      for (const fips of [false, true]) {
        const { url } = client.config.endpointProvider({ Region: region, UseDualStack: dualStack, UseFIPS: fips });
        assert.is(`${controlPlaneEndpoint(region, { dualStack, fips })}/`, url.href);
        compared++;
      }
  client.destroy();
  assert.is(compared, 19 * 4);
});

it('userAgent() names product, runtime, system and what the application adds', () => {
  const platform = { name: 'node/20.20.2', system: 'linux/x64' };
  assert.is(userAgent(platform), `penstock/${VERSION} node/20.20.2 linux/x64`);
  assert.is(userAgent({ name: 'workers' }), `penstock/${VERSION} workers`);
  const named = { userAgentName: 'AWS-PRODUCER-SDK-KVS', userAgentSuffix: 'gate/7 (north)' };
  assert.is(userAgent(platform, named), `AWS-PRODUCER-SDK-KVS/${VERSION} node/20.20.2 linux/x64 gate/7 (north)`);
  assert.is(userAgent({ name: 'n'.repeat(300) }).length, 256);
});

it('VERSION is that of the package', () => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
  assert.is(VERSION, version);
});

it('every request of a producer carries the agent, PutMedia too', async () => {
  const service = new ScriptedMedia();
  const options = { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS, userAgentSuffix: 'gate/7' };
  const producer = await createProducerWith(service, options);
  const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK] });
  await stream.putFrame({ data: Uint8Array.of(0, 0, 0, 1, 0x65), timestampUs: 1e15, isKey: true });
  await service.idle();
  assert.equal(service.paths, ['/describeStream', '/getDataEndpoint', '/putMedia']);
  for (const { headers } of service.requests) assert.is(headers['user-agent'], `penstock/${VERSION} test gate/7`);
  producer.abort();
});

for (const [options, code] of [
  [{ userAgentName: '' }, 'STATUS_INVALID_ARG_LEN'],
  [{ userAgentName: 'x'.repeat(33) }, 'STATUS_INVALID_ARG_LEN'],
  [{ userAgentSuffix: 'x'.repeat(129) }, 'STATUS_INVALID_ARG_LEN'],
  [{ userAgentSuffix: 'a\r\nx-evil: 1' }, 'STATUS_INVALID_ARG'],
  [{ userAgentSuffix: 'Kamera am Südtor' }, 'STATUS_INVALID_ARG'],
  [{ userAgentName: 7 }, 'STATUS_INVALID_ARG'],
  [{ fips: 'yes' }, 'STATUS_INVALID_ARG'],
] as const) {
  it(`createProducer() refuses ${JSON.stringify(options).slice(0, 40)}`, async () => {
    const error = await createProducerWith(new ScriptedMedia(), options as unknown as ProducerOptions).catch(
      (reason: unknown) => reason,
    );
    assert.is((error as KvsError).code, code);
    assert.match((error as KvsError).message, `Option ${Object.keys(options)[0]} is`);
  });
}

it.run();
