/** A network and a service that cost next to nothing: what is left is the producer's own work. */
import type { Platform, PlatformRequest, PlatformResponse } from '../sdk/platform.ts';
import { AckLine } from './ack-line.ts';
import { FragmentScanner } from './fragment-scanner.ts';

const ENDPOINT = 'http://service.invalid';

/** Whether the service acknowledges each fragment as it comes, or what it is told to. */
export type Acknowledging = 'every-fragment' | 'when-told';

/** Takes the bodies of PutMedia requests as fast as they come, of any number of streams. */
export class ModelledService {
  receivedBytes = 0;
  #wantedBytes = Infinity;
  #onReceived: (() => void) | undefined;
  #newest: Acks | undefined;
  readonly #acknowledging: Acknowledging;

  constructor(acknowledging: Acknowledging) {
    this.#acknowledging = acknowledging;
  }

  /** The platform with this service in place of the network. */
  attach(platform: Platform): Platform {
    return { ...platform, fetch: (request) => this.#answer(request) };
  }

  /** Resolves when this many bytes have come in altogether. */
  received(totalBytes: number): Promise<void> {
    if (this.receivedBytes >= totalBytes) return Promise.resolve();
    this.#wantedBytes = totalBytes;
    return new Promise((resolve) => (this.#onReceived = resolve));
  }

  /** Says over the newest connection that a fragment is safe. `timecodeMs`: 13 digits. */
  acknowledge(timecodeMs: number): void {
    this.#newest?.persisted(timecodeMs);
  }

  async #answer({ url, body }: PlatformRequest): Promise<PlatformResponse> {
    switch (new URL(url).pathname) {
      case '/describeStream':
        return json({
          StreamInfo: {
            StreamARN: 'arn:aws:kinesisvideo:::stream/bench/0',
            Status: 'ACTIVE',
            DataRetentionInHours: 24,
          },
        });
      case '/getDataEndpoint':
        return json({ DataEndpoint: ENDPOINT });
      default:
        return { status: 200, header: () => null, body: this.#putMedia(body as ReadableStream<Uint8Array>) };
    }
  }

  #putMedia(upload: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        this.#newest = new Acks(controller);
        void this.#take(upload, this.#newest);
      },
    });
  }

  async #take(upload: ReadableStream<Uint8Array>, acks: Acks): Promise<void> {
    const reader = upload.getReader();
    const scanner = this.#acknowledging === 'every-fragment' ? new FragmentScanner(acks) : undefined;
    try {
      const take = ({ value }: ReadableStreamReadResult<Uint8Array>): boolean => {
        if (value === undefined) return false;
        scanner?.push(value);
        this.#count(value.length);
        return true;
      };
      // In a function of its own: what waits for the next piece would hold on to the one before.
      while (take(await reader.read()));
      scanner?.finish();
    } catch {
      // An upload that is cut short is the producer's way to end.
    }
    acks.close();
  }

  #count(bytes: number): void {
    this.receivedBytes += bytes;
    if (this.receivedBytes < this.#wantedBytes) return;
    this.#wantedBytes = Infinity;
    this.#onReceived?.();
  }
}

const buffering = new AckLine('BUFFERING');
const received = new AckLine('RECEIVED');
const persisted = new AckLine('PERSISTED');

/** The acks of one connection. */
class Acks {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;

  constructor(controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#controller = controller;
  }

  onBegin(timecodeMs: number): void {
    this.#write(buffering, timecodeMs);
  }

  onEnd(timecodeMs: number): void {
    this.#write(received, timecodeMs);
    this.#write(persisted, timecodeMs);
  }

  persisted(timecodeMs: number): void {
    this.#write(persisted, timecodeMs);
  }

  close(): void {
    this.#controller.close();
  }

  #write(line: AckLine, timecodeMs: number): void {
    this.#controller.enqueue(line.for(timecodeMs).slice());
  }
}

function json(answer: object): PlatformResponse {
  return { status: 200, header: () => null, body: new Response(JSON.stringify(answer)).body };
}
