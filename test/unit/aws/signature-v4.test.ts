/** Signing and verifying by AWS's published cases, and by what official clients and the native producer sign. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  canonicalRequest,
  EMPTY_PAYLOAD_HASH,
  signatureDate,
  signatureOf,
  stringToSign,
} from '../../../sdk/aws/signature-v4.ts';
import { createSigner } from '../../../sdk/aws/signing.ts';
import { utf8Bytes } from '../../../sdk/aws/utf8.ts';
import { SignatureCheck } from '../../../service/signature/signature-check.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';
import { sha256Hex, sign } from '../../support/sign.ts';
import * as published from '../../support/signature-suite.ts';

const it = suite('signature version 4');
const platform = new ManualPlatform(published.SUITE_DATE_MS);
const scope = { date: published.SUITE_DATE, region: published.SUITE_REGION, service: published.SUITE_SERVICE };

for (const { name, method = 'GET', target, headers = [], body = '', signature } of published.SUITE) {
  it(`signatureOf() gives the published signature of ${name}`, async () => {
    const request = {
      method,
      ...published.targetParts(target),
      headers: [...headers, ['X-Amz-Date', published.SUITE_DATE], ['Host', published.SUITE_HOST]] as const,
      payloadHash: sha256Hex(body),
    };
    assert.is(await signatureOf(platform, scope, published.SUITE_CREDENTIALS.secretAccessKey, request), signature);
  });
}

it('canonicalRequest() and stringToSign() give the published texts of get-vanilla', async () => {
  const canonical = canonicalRequest({
    method: 'GET',
    path: '/',
    query: '',
    headers: [
      ['X-Amz-Date', published.SUITE_DATE],
      ['Host', published.SUITE_HOST],
    ],
    payloadHash: EMPTY_PAYLOAD_HASH,
  });
  assert.is(
    canonical,
    `GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n${EMPTY_PAYLOAD_HASH}`,
  );
  assert.is(
    await stringToSign(platform, scope, canonical),
    'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n' +
      'bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63',
  );
});

for (const { name, method = 'GET', target, headers = [], body, signature, unsendable } of published.SUITE) {
  if (unsendable !== undefined) continue;
  it(`the service's verifier takes the published signature of ${name}, and none with another digit`, async () => {
    const names = ['host', 'x-amz-date', ...headers.map(([header]) => header.toLowerCase())].sort();
    const requestWith = (last: string): Request => {
      const authorization =
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ` +
        `SignedHeaders=${names.join(';')}, Signature=${signature.slice(0, -1)}${last}`;
      const sent = [
        ...(headers as ReadonlyArray<[string, string]>),
        ['x-amz-date', published.SUITE_DATE],
        ['host', published.SUITE_HOST],
        ['authorization', authorization],
      ] as Array<[string, string]>;
      return new Request(`https://${published.SUITE_HOST}${target}`, { method, headers: sent });
    };
    const check = new SignatureCheck({
      platform,
      credentials: [published.SUITE_CREDENTIALS],
      clockToleranceMs: 0,
      signingName: published.SUITE_SERVICE,
    });
    const bytes = new TextEncoder().encode(body ?? '');
    await check.verify(requestWith(signature.slice(-1)), bytes);
    const other = signature.endsWith('0') ? '1' : '0';
    const refusal = await check.verify(requestWith(other), bytes).catch((error: unknown) => error);
    assert.match(String(refusal), 'Signature does not match');
  });
}

for (const { name, method = 'GET', target, headers = [], body, signature, unsendable } of published.SUITE) {
  // The signer chooses what it signs: of these, cases whose headers are all of its kind.
  const isOurs = headers.every(([header]) => /^(content-type|x-amz-.*)$/i.test(header));
  if (unsendable !== undefined || !isOurs) continue;
  it(`createSigner() sends the published Authorization of ${name}`, async () => {
    const token = headers.find(([header]) => header === 'X-Amz-Security-Token')?.[1] as string | undefined;
    const credentials = { ...published.SUITE_CREDENTIALS, ...(token === undefined ? {} : { sessionToken: token }) };
    const signer = createSigner(platform, published.SUITE_REGION, async () => credentials, published.SUITE_SERVICE);
    const { authorization } = await signer({
      method: method as 'GET' | 'POST',
      url: new URL(target.startsWith('//') ? `/.${target}` : target, `https://${published.SUITE_HOST}`).href,
      headers: Object.fromEntries(headers) as Record<string, string>,
      ...(body === undefined ? {} : { body: utf8Bytes(body) }),
    });
    const names = ['host', 'x-amz-date', ...headers.map(([header]) => header.toLowerCase())].sort().join(';');
    assert.is(
      authorization,
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
  });
}

it('signatureOf() signs PutMedia as the native producer does: hop-by-hop headers signed, the token not, no payload', async () => {
  // Source: c-producer §5.4. The other signer of this test is node:crypto and the definition.
  const headers = {
    host: 's-0123abcd.kinesisvideo.us-west-2.amazonaws.com',
    connection: 'keep-alive',
    'transfer-encoding': 'chunked',
    'user-agent': 'AWS-PRODUCER-SDK-KVS/3.4.1 GCC/12.2.0 Linux/6.1.0 x86_64',
    'x-amzn-stream-name': 'front-door',
    'x-amzn-producer-start-timestamp': '1500000000.005',
    'x-amzn-fragment-acknowledgment-required': '1',
    'x-amzn-fragment-timecode-type': 'ABSOLUTE',
  };
  const native = sign({
    path: '/putMedia',
    headers,
    payloadHash: EMPTY_PAYLOAD_HASH,
    region: 'us-west-2',
    dateMs: published.SUITE_DATE_MS,
    credentials: published.SUITE_CREDENTIALS,
  });
  const signature = await signatureOf(
    platform,
    { ...scope, region: 'us-west-2', service: 'kinesisvideo' },
    published.SUITE_CREDENTIALS.secretAccessKey,
    {
      method: 'POST',
      path: '/putMedia',
      query: '',
      headers: [...Object.entries(headers), ['x-amz-date', published.SUITE_DATE]],
      payloadHash: EMPTY_PAYLOAD_HASH,
    },
  );
  assert.match(native['authorization'] as string, `Signature=${signature}`);
  assert.match(
    native['authorization'] as string,
    'SignedHeaders=connection;host;transfer-encoding;user-agent;x-amz-date;x-amzn-fragment-acknowledgment-required;' +
      'x-amzn-fragment-timecode-type;x-amzn-producer-start-timestamp;x-amzn-stream-name,',
  );
});

for (const [url, host] of [
  ['https://kvs.example:443/putMedia', 'kvs.example'],
  ['http://kvs.example:80/putMedia', 'kvs.example'],
  ['https://kvs.example:80/putMedia', 'kvs.example:80'],
  ['http://[::1]:9494/putMedia', '[::1]:9494'],
] as const) {
  it(`createSigner() signs the host of ${url} as a fetch sends it`, async () => {
    const credentials = async (): Promise<typeof published.SUITE_CREDENTIALS> => published.SUITE_CREDENTIALS;
    const { authorization } = await createSigner(
      platform,
      'eu-west-1',
      credentials,
    )({ method: 'POST', url, headers: {} });
    const { authorization: expected } = sign({
      path: '/putMedia',
      headers: { host },
      payloadHash: EMPTY_PAYLOAD_HASH,
      dateMs: published.SUITE_DATE_MS,
      credentials: published.SUITE_CREDENTIALS,
    });
    assert.is(authorization, expected);
    assert.is(new URL(url).host, host);
  });
}

it('signatureDate() tells UTC to the second, and refuses what is no time', () => {
  assert.is(signatureDate(published.SUITE_DATE_MS + 999.9), '20150830T123600Z');
  assert.is(signatureDate(0), '19700101T000000Z');
  assert.throws(() => signatureDate(NaN), RangeError);
});

it('utf8Bytes() is what TextEncoder gives', () => {
  for (const text of ['', 'a', '\u0000\u007f\u0080\u07ff\u0800\uffff', '\u{1f4f7}\u{10ffff}', 'x\ud800y\udc00', 'ü€'])
    assert.equal(utf8Bytes(text), new TextEncoder().encode(text), JSON.stringify(text));
});

it.run();
