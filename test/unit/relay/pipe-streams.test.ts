/** A producer's requests on a platform that signs elsewhere: unsigned, and each over the pipe of its stream. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createStream, describeStream, getDataEndpoint, tagStream } from '../../../sdk/aws/control-api.ts';
import { listStreams } from '../../../sdk/aws/stream-api.ts';
import { awsServiceCalls } from '../../../sdk/producer/signed-access.ts';
import { PipeStreams } from '../../../sdk/relay/pipe-streams.ts';
import { DATA_URL, PipeDialer } from '../../support/pipe-pair.ts';
import { ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('relay pipe, requests of a producer');

const STREAM = { StreamARN: 'arn:aws:kinesisvideo:us-west-2:1:stream/granted/1', Status: 'ACTIVE' };

class StreamsTest {
  /** What the relay's end reaches. */
  readonly service = new ScriptedPlatform();
  readonly dialer = new PipeDialer(this.service);
  readonly dialled: string[] = [];
  readonly target;

  constructor() {
    this.service
      .on('/describeStream', { body: JSON.stringify({ StreamInfo: STREAM }) })
      .on('/createStream', { body: JSON.stringify(STREAM) })
      .on('/tagStream', { body: '{}' })
      .on('/getDataEndpoint', { body: JSON.stringify({ DataEndpoint: DATA_URL }) })
      .on('/putMedia', { body: 'acks' });
    const page = new ScriptedPlatform();
    const pipes = new PipeStreams(page, (streamName) => {
      this.dialled.push(streamName);
      return this.dialer.dial;
    });
    const platform = Object.assign(page, {
      signsUpstream: true,
      fetch: pipes.fetch.bind(pipes),
    });
    const credentials = (): Promise<never> => Promise.reject(new Error('Credentials were asked for'));
    this.target = { platform, region: 'us-west-2', endpoint: 'https://any.test', credentials };
  }
}

it('the whole way to an upload asks for no credentials, over one socket', async () => {
  const test = new StreamsTest();
  const once = { maxAttempts: 1 };
  await describeStream(test.target, 'granted', once);
  await createStream(test.target, { streamName: 'granted', mediaType: 'video/h264', retentionHours: 1 }, once);
  await tagStream(test.target, STREAM.StreamARN, { a: 'b' }, once);
  const endpoint = await getDataEndpoint(test.target, 'granted', 'PUT_MEDIA', once);
  const calls = awsServiceCalls(test.target);
  const { request, transport, expiresAtMs } = await calls.prepareUpload(
    {
      streamName: 'granted',
      endpoint,
      startUs: 1_700_000_000_000_000,
      timecodeType: 'relative',
      fragmentAcks: true,
      uploadHandle: 1,
    },
    once,
  );
  assert.not('authorization' in request.headers);
  assert.is(expiresAtMs, Infinity);
  assert.is(await calls.uploadExpiresAtMs('granted', once), Infinity);
  const response = await transport.fetch({ ...request, body: new Blob(['media']).stream() });
  assert.is(await new Response(response.body).text(), 'acks');
  assert.equal(test.dialled, ['granted']);
  assert.is(test.dialer.sockets.length, 1);
  assert.equal(test.service.paths, ['/describeStream', '/createStream', '/tagStream', '/getDataEndpoint', '/putMedia']);
  // The relay's own signatures.
  for (const { headers } of test.service.requests) assert.match(headers['authorization'] ?? '', /^AWS4-HMAC-SHA256/);
});

it('each stream has a socket of its own; what is about none is not sent', async () => {
  const test = new StreamsTest();
  await describeStream(test.target, 'granted');
  const refused = await describeStream(test.target, 'other').catch((error: unknown) => error);
  assert.equal(test.dialled, ['granted', 'other']);
  assert.is((refused as { code?: string }).code, 'RelayStreamNotGrantedException');
  assert.is((refused as { retryable?: boolean }).retryable, false);
  const unnamed = await listStreams(test.target, { maxAttempts: 1 })
    .next()
    .catch((error: unknown) => error);
  assert.match((unnamed as Error).message, 'about one stream');
  assert.is(test.dialled.length, 2);
});

it.run();
