/** A producer and one stream of it over a scripted service, with frames that are recognised by their bytes. */
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import {
  createProducerWith,
  type Frame,
  type Producer,
  type ProducerOptions,
  type ProducerStream,
  type StreamEvent,
  type StreamOptions,
  type TrackOptions,
} from '../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia } from './scripted-media.ts';

/** First timestamp of every test stream: the moment of the manual clock. */
export const BASE_MS = 1_700_000_000_000;
export const FRAMES_A_FRAGMENT = 4;
const FRAME_MS = 250;
/** avcC of a 1280×720 High-profile stream. Source: ISO/IEC 14496-15 §5.3.3.1. */
const AVCC_RECORD = '0164001fffe1001a6764001facd9405005bb0110000003001000000303c0f183196001000668ebe3cb22c0';
/** What the frames of `testFrame` belong to. */
export const TEST_TRACK: TrackOptions = {
  kind: 'video',
  codec: 'h264',
  codecPrivateData: Uint8Array.from(Buffer.from(AVCC_RECORD, 'hex')),
};

/** Timecode of fragment `n`, absolute. */
export const timecodeOf = (n: number): number => BASE_MS + n * FRAMES_A_FRAGMENT * FRAME_MS;

/** Frame `i`: length-prefixed, a key frame at every fourth. */
export function testFrame(i: number, sizeBytes = 1_000): Frame {
  const data = new Uint8Array(sizeBytes).fill(i & 0xff);
  new DataView(data.buffer).setUint32(0, sizeBytes - 4);
  data[4] = i % FRAMES_A_FRAGMENT === 0 ? 0x65 : 0x41;
  return { data, timestampUs: (BASE_MS + i * FRAME_MS) * 1000, isKey: i % FRAMES_A_FRAGMENT === 0 };
}

export class TestStream {
  readonly service: ScriptedMedia;
  readonly producer: Producer;
  readonly stream: ProducerStream;
  readonly events: StreamEvent[] = [];
  #next = 0;

  private constructor(service: ScriptedMedia, producer: Producer, stream: ProducerStream) {
    this.service = service;
    this.producer = producer;
    this.stream = stream;
    void this.#collect();
  }

  static async open(
    options: Partial<StreamOptions> = {},
    producerOptions: ProducerOptions = {},
    service: ScriptedMedia = new ScriptedMedia(),
  ): Promise<TestStream> {
    const given = { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS, ...producerOptions };
    const producer = await createProducerWith(service, given, openCallbacks);
    const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK], ...options });
    return new TestStream(service, producer, stream);
  }

  /** Puts whole fragments; the last one stays open. */
  async putFragments(count: number, sizeBytes?: number): Promise<void> {
    for (let i = 0; i < count * FRAMES_A_FRAGMENT; i++) await this.stream.putFrame(testFrame(this.#next++, sizeBytes));
    await this.service.idle();
  }

  /** Puts single frames, from where the last put ended. */
  async putFrames(count: number, sizeBytes?: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.stream.putFrame(testFrame(this.#next++, sizeBytes));
    await this.service.idle();
  }

  eventsOf<T extends StreamEvent['type']>(type: T): Array<Extract<StreamEvent, { type: T }>> {
    return this.events.filter((event): event is Extract<StreamEvent, { type: T }> => event.type === type);
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    this.producer.abort(new Error('The test is over'));
    await this.service.idle();
  }

  async #collect(): Promise<void> {
    for await (const event of this.stream.events()) this.events.push(event);
  }
}

/** A promise that a test will look at later; until then its rejection is nobody's surprise. */
export function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** What a promise came to, without throwing: 'pending', or its value or reason. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.catch((error: unknown) => error);
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([settled, Promise.resolve('pending')]);
}
