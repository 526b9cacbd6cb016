/** The service of a producer under test, played by hand: a control plane that says yes, and PutMedia connections to act on. */
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import type { MediaFragment } from '../../sdk/consumer/media-types.ts';
import { loadCore } from './load-core.ts';
import { type ScriptedAnswer, ScriptedPlatform } from './scripted-platform.ts';

export const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' } as const;
const encoder = new TextEncoder();

/** An ack as the service writes it, with its line break. */
export function ackLine(type: string, timecode?: number, extra: Readonly<Record<string, unknown>> = {}): string {
  const ack = { EventType: type, ...(timecode === undefined ? {} : { FragmentTimecode: timecode }), ...extra };
  return `${JSON.stringify(ack)}\n`;
}

/** Holds something up until it is opened. */
class Clog {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

/** One PutMedia connection. Its body is taken as fast as it comes, unless it clogs. */
export class ScriptedUpload {
  readonly headers: Readonly<Record<string, string>>;
  bodyEnd: 'open' | 'closed' | 'aborted' = 'open';
  /** The response goes on when the body has ended. */
  staysOpen = false;
  readonly #clogAfter: number;
  readonly #clog = new Clog();
  readonly answer: ScriptedAnswer;
  readonly #pieces: Uint8Array[] = [];
  #response!: ReadableStreamDefaultController<Uint8Array>;
  #isOver = false;

  constructor(
    headers: Readonly<Record<string, string>>,
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal | undefined,
    clogAfter = Infinity,
  ) {
    this.headers = headers;
    this.#clogAfter = clogAfter;
    this.answer = {
      body: new ReadableStream<Uint8Array>({ start: (controller) => void (this.#response = controller) }),
    };
    signal?.addEventListener('abort', () => this.#finish(() => this.#response.error(signal.reason)));
    void this.#take(body);
  }

  /** Everything received until now. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(Buffer.concat(this.#pieces));
  }

  async fragments(): Promise<MediaFragment[]> {
    const all: MediaFragment[] = [];
    for await (const fragment of readFragments(loadCore('plain'), new Blob([this.bytes]).stream())) all.push(fragment);
    return all;
  }

  /** Cluster timecodes received, in order. */
  async timecodes(): Promise<number[]> {
    return (await this.fragments()).map((fragment) => fragment.clusterTimecode);
  }

  /** Takes the body from now on. */
  unclog(): void {
    this.#clog.open();
  }

  /** Sends a piece of the response as it stands. */
  send(text: string): void {
    if (!this.#isOver) this.#response.enqueue(encoder.encode(text));
  }

  ack(type: string, timecode?: number, extra: Readonly<Record<string, unknown>> = {}): void {
    this.send(ackLine(type, timecode, extra));
  }

  /** BUFFERING, RECEIVED and PERSISTED, as a healthy service sends them. */
  persist(...timecodes: readonly number[]): void {
    for (const timecode of timecodes)
      for (const type of ['BUFFERING', 'RECEIVED', 'PERSISTED']) this.ack(type, timecode);
  }

  /** The service ends the response. */
  close(): void {
    this.#finish(() => this.#response.close());
  }

  /** The network breaks. */
  reset(): void {
    this.#finish(() => this.#response.error(new TypeError('terminated', { cause: new Error('ECONNRESET') })));
  }

  #finish(end: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    end();
  }

  async #take(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      if (this.#clogAfter === 0) await this.#clog.opened;
      for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
        this.#pieces.push(piece);
        if (this.#pieces.length === this.#clogAfter) await this.#clog.opened;
      }
      this.bodyEnd = 'closed';
      if (!this.staysOpen) this.close();
    } catch {
      this.bodyEnd = 'aborted';
    }
  }
}

export class ScriptedMedia extends ScriptedPlatform {
  readonly uploads: ScriptedUpload[] = [];
  /** Responses go on when their bodies have ended. */
  uploadsStayOpen = false;
  /** Of bodies so many pieces are taken, and no more before `unclog`. */
  uploadsClogAfter = Infinity;

  /** `retentionHours`: what the service says of the stream. */
  constructor(retentionHours = 24) {
    super();
    const info = { StreamARN: 'arn:1', Status: 'ACTIVE', DataRetentionInHours: retentionHours };
    this.on('/describeStream', { body: JSON.stringify({ StreamInfo: info }) })
      .on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:2"}' })
      .on('/putMedia', (request) => {
        const body = request.body as ReadableStream<Uint8Array>;
        const upload = new ScriptedUpload(request.headers, body, request.signal, this.uploadsClogAfter);
        upload.staysOpen = this.uploadsStayOpen;
        this.uploads.push(upload);
        return upload.answer;
      });
  }

  /** The connection made last; fails when there is none. */
  get upload(): ScriptedUpload {
    const last = this.uploads.at(-1);
    if (last === undefined) throw new Error('No connection was made');
    return last;
  }

  /** Lets time pass in small steps, until back-offs of a few attempts are over. */
  async pass(forMs: number): Promise<void> {
    await this.idle();
    for (let passed = 0; passed < forMs; passed += 100) {
      await this.advance(Math.min(100, forMs - passed));
      await this.idle();
    }
  }
}
