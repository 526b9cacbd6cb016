/** A network and a service that cost next to nothing: what is left is the producer's own work. */
import type { Platform, PlatformRequest, PlatformResponse } from '../sdk/platform.ts';
import { AckLine } from './ack-line.ts';
import { type FragmentEvents, FragmentScanner } from './fragment-scanner.ts';

const ENDPOINT = 'http://service.invalid';

/** Whether the service acknowledges each fragment as it comes, or what it is told to. */
export type Acknowledging = 'every-fragment' | 'when-told';

/** Takes the bodies of PutMedia requests as fast as they come, of any number of streams. */
export class ModelledService {
  receivedFrames = 0;
  #wantedFrames = Infinity;
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

  /** Resolves when this many frames have come in altogether. */
  received(totalFrames: number): Promise<void> {
    if (this.receivedFrames >= totalFrames) return Promise.resolve();
    this.#wantedFrames = totalFrames;
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
        this.#newest = new Acks(controller, this.#acknowledging, () => this.#count());
        void this.#take(upload, this.#newest);
      },
    });
  }

  async #take(upload: ReadableStream<Uint8Array>, acks: Acks): Promise<void> {
    const reader = upload.getReader();
    const scanner = new FragmentScanner(acks);
    try {
      const take = ({ value }: ReadableStreamReadResult<Uint8Array>): boolean => {
        if (value === undefined) return false;
        scanner.push(value);
        return true;
      };
      // In a function of its own: what waits for the next piece would hold on to the one before.
      while (take(await reader.read()));
      scanner.finish();
    } catch {
      // An upload that is cut short is the producer's way to end.
    }
    acks.close();
  }

  #count(): void {
    this.receivedFrames++;
    if (this.receivedFrames < this.#wantedFrames) return;
    this.#wantedFrames = Infinity;
    this.#onReceived?.();
  }
}

const buffering = new AckLine('BUFFERING');
const received = new AckLine('RECEIVED');
const persisted = new AckLine('PERSISTED');

/** The acks of one connection. */
class Acks implements FragmentEvents {
  readonly onFrame: () => void;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #acknowledging: Acknowledging;

  constructor(
    controller: ReadableStreamDefaultController<Uint8Array>,
    acknowledging: Acknowledging,
    onFrame: () => void,
  ) {
    this.#controller = controller;
    this.#acknowledging = acknowledging;
    this.onFrame = onFrame;
  }

  onBegin(timecodeMs: number): void {
    if (this.#acknowledging === 'every-fragment') this.#write(buffering, timecodeMs);
  }

  onEnd(timecodeMs: number): void {
    if (this.#acknowledging !== 'every-fragment') return;
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
