/** The service calls of a producer, answered by a test: call by call as it says, well where it says nothing. */
import { type KvsError, ServiceCallError } from '../../sdk/errors.ts';
import type { PutStreamCall } from '../../sdk/producer/callbacks/index.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder, type Overrides } from './callback-recorder.ts';
import { ScriptedMedia } from './scripted-media.ts';
import { TestStream } from './test-stream.ts';

/** A call by its short name. */
export type Call = 'describe' | 'create' | 'tag' | 'endpoint' | 'token' | 'put';
/** A service result; or what the callback gives back, or is given back by it. */
export type CallAnswer = number | object | (() => unknown);
export type CallScript = Partial<Record<Call, readonly CallAnswer[]>>;

const CALLBACKS = {
  describe: 'describeStream',
  create: 'createStream',
  tag: 'tagResource',
  endpoint: 'getStreamingEndpoint',
  token: 'getStreamingToken',
  put: 'putStream',
} as const;

export const description = (status: string, more: object = {}): object => ({
  result: 200,
  description: { streamArn: 'arn:1', status, retentionHours: 24, mediaType: undefined, ...more },
});

const encoder = new TextEncoder();

/** A connection that was made: its body is taken, its acks are the test's to write. */
export class AnsweredUpload {
  readonly acks: ReadableStream<Uint8Array>;
  #writer!: ReadableStreamDefaultController<Uint8Array>;

  constructor({ body, context }: PutStreamCall) {
    this.acks = new ReadableStream({ start: (writer) => void (this.#writer = writer) });
    void body.pipeTo(new WritableStream(), { signal: context.signal }).catch(() => undefined);
  }

  ack(type: string, timecode: number, more: object = {}): void {
    const ack = { EventType: type, FragmentTimecode: timecode, ...more };
    this.#writer.enqueue(encoder.encode(`${JSON.stringify(ack)}\n`));
  }

  persist(...timecodes: readonly number[]): void {
    for (const timecode of timecodes) this.ack('PERSISTED', timecode);
  }

  /** The connection is terminated with a service result; undefined: it is closed. */
  end(result?: number): void {
    if (result === undefined) this.#writer.close();
    else this.#writer.error(new ServiceCallError({ operation: 'PutMedia', result }));
  }
}

export class AnsweredCalls {
  /** Every call made, in order. */
  readonly made: Call[] = [];
  readonly uploads: AnsweredUpload[] = [];
  readonly recorder: CallbackRecorder;
  readonly #script: Map<Call, CallAnswer[]>;

  constructor(script: CallScript = {}, overrides: Overrides = {}) {
    this.#script = new Map(Object.entries(script).map(([call, answers]) => [call as Call, [...answers]]));
    const calls = (Object.keys(CALLBACKS) as Call[]).map((call) => [
      CALLBACKS[call],
      (given: unknown): unknown => this.#answer(call, given),
    ]);
    this.recorder = new CallbackRecorder({
      createDevice: () => ({ result: 200, deviceArn: 'arn:device' }),
      ...(Object.fromEntries(calls) as Overrides),
      ...overrides,
    });
  }

  /** Opens a stream, which need not become ready. */
  open(options: Partial<StreamOptions> = {}, service = new ScriptedMedia()): Promise<TestStream> {
    return TestStream.open(
      { waitUntilReady: false, endIdleFragmentsAfterMs: 0, ...options },
      { ...this.recorder.options, storeBytes: 1 << 20 },
      service,
    );
  }

  /** Answers the next calls of a kind so. */
  next(call: Call, ...answers: readonly CallAnswer[]): void {
    this.#script.set(call, [...(this.#script.get(call) ?? []), ...answers]);
  }

  get upload(): AnsweredUpload {
    const last = this.uploads.at(-1);
    if (last === undefined) throw new Error('No connection was made');
    return last;
  }

  /** Calls made, as one line; from a position on. */
  line(from = 0): string {
    return this.made.slice(from).join(' ');
  }

  count(call: Call): number {
    return this.made.filter((made) => made === call).length;
  }

  #answer(call: Call, given: unknown): unknown {
    this.made.push(call);
    const scripted = this.#script.get(call)?.shift();
    if (typeof scripted === 'function') return (scripted as () => unknown)();
    if (typeof scripted === 'number' && scripted !== 200) return { result: scripted };
    if (typeof scripted === 'object') return scripted;
    if (call === 'describe') return description('ACTIVE');
    if (call === 'create') return { result: 200, streamArn: 'arn:1' };
    if (call === 'endpoint') return { result: 200, endpoint: 'http://127.0.0.1:2' };
    if (call === 'token') return { result: 200, token: Uint8Array.of(1) };
    if (call === 'tag') return { result: 200 };
    const upload = new AnsweredUpload(given as PutStreamCall);
    this.uploads.push(upload);
    return { result: 200, acks: upload.acks };
  }
}

/** What a stream has failed with. Throws where it has not. */
export function failureOf(test: TestStream): KvsError {
  const [failed] = test.eventsOf('failed');
  if (failed === undefined) throw new Error(`The stream has not failed: it is ${test.stream.metrics.state}`);
  return failed.error as KvsError;
}
