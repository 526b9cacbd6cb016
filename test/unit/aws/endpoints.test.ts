import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../../sdk/errors.ts';
import { controlPlaneEndpoint, serviceEndpoint } from '../../../sdk/aws/endpoints.ts';

const it = suite('endpoints');

for (const [region, classic, dualStack] of [
  ['us-west-2', 'https://kinesisvideo.us-west-2.amazonaws.com', 'https://kinesisvideo.us-west-2.api.aws'],
  [
    'cn-north-1',
    'https://kinesisvideo.cn-north-1.amazonaws.com.cn',
    'https://kinesisvideo.cn-north-1.api.amazonwebservices.com.cn',
  ],
  [
    'us-gov-west-1',
    'https://kinesisvideo-fips.us-gov-west-1.amazonaws.com',
    'https://kinesisvideo-fips.us-gov-west-1.api.aws',
  ],
  [
    'us-iso-east-1',
    'https://kinesisvideo-fips.us-iso-east-1.c2s.ic.gov',
    'https://kinesisvideo-fips.us-iso-east-1.api.aws.ic.gov',
  ],
  [
    'us-isob-east-1',
    'https://kinesisvideo-fips.us-isob-east-1.sc2s.sgov.gov',
    'https://kinesisvideo-fips.us-isob-east-1.api.aws.scloud',
  ],
] as const) {
  it(`controlPlaneEndpoint() knows the partition of ${region}`, () => {
    assert.is(controlPlaneEndpoint(region), classic);
    assert.is(controlPlaneEndpoint(region, { dualStack: true }), dualStack);
  });
}

for (const region of ['', 'us west', 'evil.example.com/', 'a'.repeat(129)]) {
  it(`controlPlaneEndpoint() refuses '${region.slice(0, 20)}' as a region`, () => {
    assert.throws(() => controlPlaneEndpoint(region), /not a region name/);
  });
}

for (const [text, expected] of [
  ['http://127.0.0.1:9494', 'http://127.0.0.1:9494'],
  ['HTTPS://Example.com//', 'https://example.com'],
  ['https://proxy.example/kvs/', 'https://proxy.example/kvs'],
] as const) {
  it(`serviceEndpoint() takes ${text}`, () => assert.is(serviceEndpoint(text), expected));
}

for (const text of [
  '',
  'localhost',
  'localhost:9494',
  'ftp://127.0.0.1/',
  'file:///etc/passwd',
  'https://user:secret@example.com',
  'https://example.com/?x=1',
  'https://example.com/#top',
]) {
  it(`serviceEndpoint() refuses '${text}'`, () => {
    assert.throws(
      () => serviceEndpoint(text),
      (error: KvsError) => error.code === 'STATUS_INVALID_ARG',
    );
  });
}

for (const [text, told] of [
  ['https://user:secret@example.com/kvs', 'https:…example.com/kvs'],
  ['https://user:sec/ret@example.com', 'https:…example.com'],
  ['https://example.com/?X-Amz-Signature=secret', 'https://example.com/…'],
  ['https://example.com/#secret', 'https://example.com/…'],
] as const) {
  it(`serviceEndpoint() refuses ${text} without repeating what may be secret`, () => {
    assert.throws(
      () => serviceEndpoint(text),
      (error: Error) => error.message === `'${told}' is not the URL of an endpoint (http or https)`,
    );
  });
}

it.run();
