/** Endpoints of several streams of one producer: an entry each, for as long as the stream is open. Source: c-producer §6.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducerWith, type Producer, type ProducerStream } from '../../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia, type ScriptedUpload } from '../../support/scripted-media.ts';
import { jsonBody } from '../../support/scripted-platform.ts';
import { TEST_TRACK, testFrame, timecodeOf } from '../../support/test-stream.ts';

const it = suite('endpoints of several streams');
const RECONNECT_MS = 2_000;

/** A producer whose streams are told endpoints of their own: `http://NAME.test`. */
class Streams {
  readonly service = new ScriptedMedia();
  readonly asked: string[] = [];
  readonly producer: Producer;

  private constructor(service: ScriptedMedia, producer: Producer, asked: string[]) {
    this.service = service;
    this.producer = producer;
    this.asked = asked;
  }

  static async set(): Promise<Streams> {
    const service = new ScriptedMedia();
    const asked: string[] = [];
    service.on('/getDataEndpoint', async (request) => {
      const { StreamName: name } = (await jsonBody(request)) as { StreamName: string };
      asked.push(name);
      return { body: JSON.stringify({ DataEndpoint: `http://${name}.test` }) };
    });
    const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
    return new Streams(service, producer, asked);
  }

  async open(name: string): Promise<ProducerStream> {
    const stream = await this.producer.openStream(name, {
      tracks: [TEST_TRACK],
      endpointCacheMs: 60_000,
      stallTimeoutMs: 600_000,
    });
    for (let i = 0; i < 8; i++) await stream.putFrame(testFrame(i));
    await this.service.idle();
    return stream;
  }

  /** The newest connection of a stream. */
  uploadOf(name: string): ScriptedUpload {
    return this.service.uploads.findLast(({ headers }) => headers['x-amzn-stream-name'] === name) as ScriptedUpload;
  }

  /** The service closes the connection of a stream, which had worked. */
  async close(name: string): Promise<void> {
    this.uploadOf(name).persist(timecodeOf(0));
    await this.service.idle();
    this.uploadOf(name).close();
    await this.service.pass(RECONNECT_MS);
  }

  /** Where the connections of a stream went. */
  hostsOf(name: string): string[] {
    return this.service.requests
      .filter(({ url, headers }) => url.endsWith('/putMedia') && headers['x-amzn-stream-name'] === name)
      .map(({ url }) => new URL(url).host);
  }
}

it('each has its own, and keeps it over connections that the service closes', async () => {
  const streams = await Streams.set();
  for (const name of ['north', 'south', 'east']) await streams.open(name);
  assert.equal(streams.asked, ['north', 'south', 'east']);
  for (const name of ['north', 'south', 'east']) await streams.close(name);
  assert.equal(streams.asked, ['north', 'south', 'east'], 'nobody is asked again');
  for (const name of ['north', 'south', 'east']) assert.equal(streams.hostsOf(name), [`${name}.test`, `${name}.test`]);
  streams.producer.abort();
});

it('a failure of one forgets that one’s alone', async () => {
  const streams = await Streams.set();
  await streams.open('north');
  await streams.open('south');
  streams.uploadOf('north').reset();
  await streams.service.pass(RECONNECT_MS);
  assert.equal(streams.asked, ['north', 'south', 'north']);
  await streams.close('south');
  assert.equal(streams.asked, ['north', 'south', 'north']);
  streams.producer.abort();
});

it('each grows old by itself', async () => {
  const streams = await Streams.set();
  await streams.open('north');
  await streams.service.pass(50_000);
  await streams.open('south');
  await streams.service.pass(11_000);
  const before = streams.asked.length;
  await streams.close('south');
  assert.is(streams.asked.length, before, 'that of south is young');
  await streams.close('north');
  assert.equal(streams.asked.slice(before), ['north']);
  streams.producer.abort();
});

it('a stream that has ended leaves none behind', async () => {
  const streams = await Streams.set();
  const first = await streams.open('north');
  first.abort();
  await streams.service.idle();
  await streams.open('north');
  assert.equal(streams.asked, ['north', 'north']);
  streams.producer.abort();
  await streams.service.idle();
  assert.is(streams.service.timerCount, 0);
});

it.run();
