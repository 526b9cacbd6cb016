import { createHash, createHmac } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { staticCredentials } from '../../../sdk/aws/credentials.ts';
import { createSigner, type SignableRequest } from '../../../sdk/aws/signing.ts';
import type { Credentials } from '../../../sdk/platform.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';

const it = suite('signing');

const CREDENTIALS: Credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
/** 2015-08-30T12:36:00Z, the moment of AWS's published examples. */
const MOMENT_MS = Date.UTC(2015, 7, 30, 12, 36);
const LONG_DATE = '20150830T123600Z';
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Signature Version 4 once more, straight from its definition: the oracle. */
function signatureOf(canonicalRequest: string, region: string): string {
  const scope = `20150830/${region}/kinesisvideo/aws4_request`;
  const dateKey = hmac(`AWS4${CREDENTIALS.secretAccessKey}`, '20150830');
  const signingKey = hmac(hmac(hmac(dateKey, region), 'kinesisvideo'), 'aws4_request');
  return hmac(signingKey, `AWS4-HMAC-SHA256\n${LONG_DATE}\n${scope}\n${sha256(canonicalRequest)}`).toString('hex');
}

function sign(request: SignableRequest, region: string, credentials = CREDENTIALS): Promise<Record<string, string>> {
  return createSigner(new ManualPlatform(MOMENT_MS), region, staticCredentials(credentials))(request);
}

it('the oracle derives the signing key of the published example', () => {
  // The documentation's example key, for region us-east-1 and service iam.
  const key = hmac(
    hmac(hmac(hmac(`AWS4${CREDENTIALS.secretAccessKey}`, '20150830'), 'us-east-1'), 'iam'),
    'aws4_request',
  );
  assert.is(key.toString('hex'), 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
});

it('sign() signs host, date, content type and the hash of a JSON body', async () => {
  const body = new TextEncoder().encode('{"StreamName":"front-door"}');
  const headers = await sign(
    {
      method: 'POST',
      url: 'https://kinesisvideo.eu-west-1.amazonaws.com/describeStream',
      headers: { 'content-type': 'application/json', 'user-agent': 'x' },
      body,
    },
    'eu-west-1',
  );
  const canonical = [
    'POST',
    '/describeStream',
    '',
    'content-type:application/json',
    'host:kinesisvideo.eu-west-1.amazonaws.com',
    `x-amz-date:${LONG_DATE}`,
    '',
    'content-type;host;x-amz-date',
    sha256(body),
  ].join('\n');
  assert.is(
    headers['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/kinesisvideo/aws4_request, ' +
      `SignedHeaders=content-type;host;x-amz-date, Signature=${signatureOf(canonical, 'eu-west-1')}`,
  );
  assert.is(headers['x-amz-date'], LONG_DATE);
  assert.is(headers['host'], undefined, 'fetch sets the host itself');
  assert.is(headers['user-agent'], 'x');
});

it('sign() signs PutMedia over the hash of nothing, without what a runtime may rewrite', async () => {
  const headers = await sign(
    {
      method: 'POST',
      url: 'http://127.0.0.1:9494/putMedia',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'penstock',
        connection: 'keep-alive',
        'transfer-encoding': 'chunked',
        'x-amzn-stream-name': 'front-door',
        'x-amzn-producer-start-timestamp': '1500000000.005',
        'x-amzn-fragment-acknowledgment-required': '1',
        'x-amzn-fragment-timecode-type': 'ABSOLUTE',
      },
    },
    'us-west-2',
    { ...CREDENTIALS, sessionToken: 'TOKEN' },
  );
  const names =
    'host;x-amz-date;x-amz-security-token;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;' +
    'x-amzn-producer-start-timestamp;x-amzn-stream-name';
  const canonical = [
    'POST',
    '/putMedia',
    '',
    'host:127.0.0.1:9494',
    `x-amz-date:${LONG_DATE}`,
    'x-amz-security-token:TOKEN',
    'x-amzn-fragment-acknowledgment-required:1',
    'x-amzn-fragment-timecode-type:ABSOLUTE',
    'x-amzn-producer-start-timestamp:1500000000.005',
    'x-amzn-stream-name:front-door',
    '',
    names,
    EMPTY_HASH,
  ].join('\n');
  assert.is(
    headers['authorization']?.split('SignedHeaders=')[1],
    `${names}, Signature=${signatureOf(canonical, 'us-west-2')}`,
  );
  assert.is(headers['x-amz-security-token'], 'TOKEN');
  assert.is(headers['content-type'], 'application/json', 'sent, not signed');
});

it('sign() uses the clock of the moment of signing', async () => {
  const platform = new ManualPlatform(MOMENT_MS);
  const signer = createSigner(platform, 'us-west-2', staticCredentials(CREDENTIALS));
  const request = { method: 'POST' as const, url: 'http://127.0.0.1/putMedia', headers: {} };
  await signer(request);
  platform.nowMs += 60_000;
  assert.is((await signer(request))['x-amz-date'], '20150830T123700Z');
});

it.run();
