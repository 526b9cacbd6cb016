/** Signature Version 4 as different clients make it, and everything that can be wrong with it. Source: service-api §1.2. */

import { KinesisVideoClient, ListStreamsCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seenError } from '../support/errors.ts';
import { openSocket, rawRequest, requestHead, signedPost } from '../support/raw-http.ts';
import type { RawResponse } from '../support/raw-http.ts';
import type { TestService } from '../support/service.ts';
import { clientOptions, startTestService } from '../support/service.ts';
import { EMPTY_HASH, sha256Hex, sign } from '../support/sign.ts';

const OWN = { accessKeyId: 'AKIAOWNKEY', secretAccessKey: 'own/secret+key' };
const BODY = '{"MaxResults":5}';
const MINUTE_MS = 60_000;

const signing = suite<{ service: TestService }>('signing');

signing.before(async (context) => {
  context.service = await startTestService();
});
signing.after((context) => context.service.close());

function outcome(response: RawResponse): string {
  const entry = Object.entries(response.headers).find(([name]) => name.toLowerCase() === 'x-amzn-errortype');
  return `${response.status} ${entry?.[1] ?? 'ok'}`;
}

function message(response: RawResponse): string {
  return (JSON.parse(response.body) as { Message: string }).Message;
}

signing('the official client passes, for any region, with and without a session token', async ({ service }) => {
  for (const region of ['us-east-1', 'ap-southeast-2']) {
    const client = new KinesisVideoClient({ ...clientOptions(service), region });
    assert.ok(await client.send(new ListStreamsCommand({})));
    client.destroy();
  }
  const token = { accessKeyId: 'penstock', secretAccessKey: 'penstock-development', sessionToken: 'a/session+token=' };
  const client = new KinesisVideoClient(clientOptions(service, token));
  assert.ok(await client.send(new ListStreamsCommand({})), 'the client lists and signs the token');
  client.destroy();
});

signing('what boto and the native producer sign passes', async ({ service }) => {
  const headers = {
    host: '127.0.0.1',
    'user-agent': 'AWS-SDK-KVS/3.5.0 (curl; x86_64)  two  spaces',
    'content-type': 'application/json',
    'x-amz-security-token': 'sent-but-not-signed',
    accept: '*/*',
  };
  for (const signedHeaders of [['content-type', 'host'], ['host', 'user-agent'], Object.keys(headers)]) {
    const response = await signedPost(service.url, '/listStreams', BODY, { headers, signedHeaders });
    assert.is(outcome(response), '200 ok', signedHeaders.join());
  }
});

signing('the payload hash header is checked against the body, signed or not', async ({ service }) => {
  const post = (hash: string, signed: string[], payloadHash: string): Promise<RawResponse> =>
    signedPost(service.url, '/listStreams', BODY, {
      headers: { host: 'x', 'x-amz-content-sha256': hash },
      signedHeaders: signed,
      payloadHash,
    });
  const right = sha256Hex(BODY);
  const wrong = sha256Hex('other');
  assert.is(outcome(await post(right, ['host', 'x-amz-content-sha256'], right)), '200 ok');
  assert.is(outcome(await post(right, ['host'], right)), '200 ok');
  assert.is(outcome(await post('UNSIGNED-PAYLOAD', ['host', 'x-amz-content-sha256'], 'UNSIGNED-PAYLOAD')), '200 ok');
  const refused = await post(wrong, ['host', 'x-amz-content-sha256'], wrong);
  assert.is(outcome(refused), '403 InvalidSignatureException');
  assert.match(message(refused), /x-amz-content-sha256 is not the hash of the received body/);
  assert.is(
    outcome(await signedPost(service.url, '/listStreams', BODY, { payloadHash: EMPTY_HASH })),
    '403 InvalidSignatureException',
  );
});

signing('a changed request does not pass', async ({ service }) => {
  const headers = { host: 'x', 'content-type': 'application/json', 'user-agent': 'u' };
  const signed = sign({ path: '/listStreams', headers, payloadHash: sha256Hex(BODY) });
  const send = (path: string, changes: object, body: string): Promise<RawResponse> =>
    rawRequest(service.url, 'POST', path, { ...signed, ...changes }, body);
  assert.is(outcome(await send('/listStreams', {}, BODY)), '200 ok');
  const otherDigit = signed['authorization']?.endsWith('0') ? '1' : '0';
  for (const [path, changes, body] of [
    ['/listStreams?a=b', {}, BODY],
    ['/describeStream', {}, BODY],
    ['/listStreams', { host: 'y' }, BODY],
    ['/listStreams', { 'user-agent': 'v' }, BODY],
    ['/listStreams', {}, `${BODY} `],
    ['/listStreams', { authorization: signed['authorization']?.slice(0, -1) + otherDigit }, BODY],
  ] as const) {
    const response = await send(path, changes, body);
    assert.is(outcome(response), '403 InvalidSignatureException', JSON.stringify([path, changes, body]));
    assert.match(message(response), /Signature does not match the request/);
  }
});

signing('query parameters are part of the signature, each value of them', async ({ service }) => {
  for (const [signedQuery, sentQuery, expected] of [
    ['', '?', '200 ok'],
    ['', '?a=1', '403 InvalidSignatureException'],
    ['a=1&b=2', '?b=2&a=1', '200 ok'],
    ['a=%20%2F', '?a=%20/', '200 ok'],
    ['a=', '?a', '200 ok'],
    ['a=1&a=2', '?a=2&a=1', '200 ok'],
    ['a=2', '?a=1&a=2', '403 InvalidSignatureException'],
  ] as const) {
    const signed = sign({
      path: '/listStreams',
      query: signedQuery,
      headers: { host: 'x' },
      payloadHash: sha256Hex(BODY),
    });
    const response = await rawRequest(service.url, 'POST', `/listStreams${sentQuery}`, signed, BODY);
    assert.is(outcome(response), expected, `signed ${signedQuery}, sent ${sentQuery}`);
  }
});

signing('a signature counts for its own scope and path alone', async ({ service }) => {
  const signed = sign({ path: '/listStreams', headers: { host: 'x' }, payloadHash: sha256Hex(BODY), region: 'here' });
  const authorization = signed['authorization'] as string;
  for (const [path, changed, expected] of [
    ['/listStreams', authorization, '200 ok'],
    ['/listStreams', authorization, '200 ok'],
    ['/listStreams', authorization.replaceAll(', ', ','), '200 ok'],
    ['/listStreams', authorization.replace('/here/', '/there/'), '403 InvalidSignatureException'],
    ['/%6CistStreams', authorization, '403 InvalidSignatureException'],
    ['//listStreams', authorization, '404 UnknownOperationException'],
    ['/listStreams/', authorization, '404 UnknownOperationException'],
  ] as const) {
    const response = await rawRequest(
      service.url,
      'POST',
      path,
      { ...signed, authorization: changed, 'USER-AGENT': 'any' },
      BODY,
    );
    assert.is(outcome(response), expected, `${path} ${changed}`);
  }
  const other = sign({ path: '/listStreams', headers: { host: 'x' }, payloadHash: sha256Hex(BODY), service: 's3' });
  const claimed = { ...other, authorization: (other['authorization'] as string).replace('/s3/', '/kinesisvideo/') };
  assert.is(
    outcome(await rawRequest(service.url, 'POST', '/listStreams', claimed, BODY)),
    '403 InvalidSignatureException',
  );
});

signing('names of what every object has are no headers', async ({ service }) => {
  for (const name of ['constructor', '__proto__', 'tostring']) {
    const signed = sign({ path: '/listStreams', headers: { host: 'x' }, payloadHash: sha256Hex(BODY) });
    const authorization = (signed['authorization'] as string).replace('=host;', `=host;${name};`);
    const response = await rawRequest(service.url, 'POST', '/listStreams', { ...signed, authorization }, BODY);
    assert.is(outcome(response), '403 InvalidSignatureException', name);
    assert.match(message(response), `Signed header ${name} did not arrive`);
  }
});

signing('a wrong key and a wrong secret have errors of their own', async ({ service }) => {
  const unknown = await signedPost(service.url, '/listStreams', BODY, { credentials: OWN });
  assert.is(outcome(unknown), '403 InvalidClientTokenId');
  assert.match(message(unknown), /AKIAOWNKEY is not known here/);
  const secret = { accessKeyId: 'penstock', secretAccessKey: 'wrong' };
  assert.is(
    outcome(await signedPost(service.url, '/listStreams', BODY, { credentials: secret })),
    '403 InvalidSignatureException',
  );
  const error = await seenError(
    new KinesisVideoClient(clientOptions(service, secret)).send(new ListStreamsCommand({})),
  );
  assert.is(error.name, 'InvalidSignatureException');
  assert.is(error.status, 403);
});

signing('dates may be fifteen minutes off, no more', async ({ service }) => {
  for (const [minutes, expected] of [
    [-14.5, '200 ok'],
    [14.5, '200 ok'],
    [-15.5, '400 RequestExpired'],
    [15.5, '400 RequestExpired'],
    [-1e6, '400 RequestExpired'],
  ] as const) {
    const dateMs = Date.now() + minutes * MINUTE_MS;
    assert.is(outcome(await signedPost(service.url, '/listStreams', BODY, { dateMs })), expected, `${minutes} min`);
  }
  const late = await signedPost(service.url, '/listStreams', BODY, { dateMs: Date.now() - 20 * MINUTE_MS });
  assert.match(message(late), /Signing date is 1\d{3} s in the past; at most 900 s are allowed/);
});

signing('no or half an authorization says what is missing', async ({ service }) => {
  const scope = '20260101/eu-west-1/kinesisvideo/aws4_request';
  const whole = `AWS4-HMAC-SHA256 Credential=penstock/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
  for (const [authorization, date, expected, problem] of [
    [null, null, '403 MissingAuthenticationToken', /Authorization header is missing/],
    ['Bearer token', null, '400 IncompleteSignature', /must begin with AWS4-HMAC-SHA256/],
    ['AWS4-HMAC-SHA256 ', null, '400 IncompleteSignature', /must begin with AWS4|needs Credential/],
    ['AWS4-HMAC-SHA256 a', null, '400 IncompleteSignature', /needs Credential/],
    [
      whole.replace('kinesisvideo', 's3'),
      null,
      '400 IncompleteSignature',
      /needs Credential=KEY\/DATE\/REGION\/kinesisvideo/,
    ],
    [whole.replace('penstock/', '/'), null, '400 IncompleteSignature', /needs Credential/],
    [whole.replace(/Signature=.*/, ''), null, '400 IncompleteSignature', /needs Signature/],
    [whole.replace('host;', ''), null, '400 IncompleteSignature', /must list host/],
    [whole.replace(';x-amz-date', ''), null, '400 IncompleteSignature', /must list x-amz-date/],
    [whole.replace('host;', 'host;a b;'), null, '400 IncompleteSignature', /lists "a b" in SignedHeaders/],
    [whole.replace('host;', 'host;;'), null, '400 IncompleteSignature', /lists "" in SignedHeaders/],
    [`${whole}, SignedHeaders=host`, null, '400 IncompleteSignature', /has SignedHeaders twice/],
    [`${whole}, ${whole}`, null, '400 IncompleteSignature', /has SignedHeaders twice/],
    [whole, null, '400 IncompleteSignature', /x-amz-date header is missing/],
    [whole, 'yesterday', '400 IncompleteSignature', /YYYYMMDDThhmmssZ/],
    [whole, '20269901T000000Z', '400 IncompleteSignature', /YYYYMMDDThhmmssZ/],
    [whole, '20260102T000000Z', '400 IncompleteSignature', /date other than that of x-amz-date/],
    [whole, '20260101T000000Z', '400 RequestExpired', /in the/],
  ] as const) {
    const headers = {
      host: 'x',
      ...(authorization === null ? {} : { authorization }),
      ...(date === null ? {} : { 'x-amz-date': date }),
    };
    const response = await rawRequest(service.url, 'POST', '/listStreams', headers, BODY);
    assert.is(outcome(response), expected, `${authorization} ${date}`);
    assert.match(message(response), problem);
  }
});

signing('a signed header that did not arrive is named', async ({ service }) => {
  const signed = sign({
    path: '/listStreams',
    headers: { host: 'x', 'x-amz-extra': '1' },
    payloadHash: sha256Hex(BODY),
  });
  const { 'x-amz-extra': _dropped, ...sent } = signed;
  const response = await rawRequest(service.url, 'POST', '/listStreams', sent, BODY);
  assert.is(outcome(response), '403 InvalidSignatureException');
  assert.match(message(response), /Signed header x-amz-extra did not arrive/);
});

signing('own credentials replace the development pair', async () => {
  const service = await startTestService({ credentials: [OWN] });
  assert.is(outcome(await signedPost(service.url, '/listStreams', BODY, { credentials: OWN })), '200 ok');
  assert.is(outcome(await signedPost(service.url, '/listStreams', BODY)), '403 InvalidClientTokenId');
  await service.close();
});

/** A PutMedia head as the native producer sends it; the stream does not exist, so a passed signature answers 404. */
async function putMediaOutcome(
  service: TestService,
  changes: { hash?: string; sentHash?: string; signAs?: string },
): Promise<string> {
  const { hash = EMPTY_HASH, sentHash, signAs = 'keep-alive' } = changes;
  const headers = {
    host: '127.0.0.1',
    'x-amzn-stream-name': 'nobody',
    'x-amzn-fragment-timecode-type': 'ABSOLUTE',
    'x-amzn-producer-start-timestamp': '1700000000.5',
    'x-amzn-fragment-acknowledgment-required': '1',
    'transfer-encoding': 'chunked',
    connection: signAs,
    'user-agent': 'native',
    ...(sentHash === undefined ? {} : { 'x-amz-content-sha256': sentHash }),
  };
  const signed = sign({ path: '/putMedia', headers, payloadHash: hash });
  const sent = {
    ...signed,
    connection: 'keep-alive',
    'content-type': 'application/json',
    'x-amz-security-token': 'unsigned',
  };
  const socket = await openSocket(service.url);
  socket.write(requestHead('POST', '/putMedia', sent));
  let text = '';
  for await (const piece of socket) {
    text += (piece as Buffer).toString('latin1');
    if (/\r\n\r\n.*\}/s.test(text)) break;
  }
  socket.destroy();
  return `${text.slice(9, 12)} ${/x-amzn-errortype: (\w+)/i.exec(text)?.[1] ?? 'ok'}`;
}

signing('PutMedia passes with hop-by-hop headers signed, before any body came', async ({ service }) => {
  const passed = '404 ResourceNotFoundException';
  assert.is(await putMediaOutcome(service, {}), passed, 'hash of nothing, as the native producer');
  assert.is(await putMediaOutcome(service, { hash: 'UNSIGNED-PAYLOAD', sentHash: 'UNSIGNED-PAYLOAD' }), passed);
  assert.is(await putMediaOutcome(service, { hash: sha256Hex('x'), sentHash: sha256Hex('x') }), passed, 'a real hash');
  assert.is(await putMediaOutcome(service, { hash: sha256Hex('x') }), '403 InvalidSignatureException');
  assert.is(await putMediaOutcome(service, { signAs: 'close' }), '403 InvalidSignatureException');
});

signing.run();
