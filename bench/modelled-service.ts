/** A network and a service that cost next to nothing: what is left is the producer's own work. */
import type { Platform, PlatformRequest, PlatformResponse } from '../sdk/platform.ts';

const ENDPOINT = 'http://service.invalid';

/** Takes a PutMedia body as fast as it comes, and acknowledges what it is told to. */
export class ModelledService {
  receivedBytes = 0;
  #wantedBytes = Infinity;
  #onReceived: (() => void) | undefined;
  #acks: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #encoder = new TextEncoder();

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

  /** Says that a fragment is safe. */
  acknowledge(timecodeMs: number): void {
    const ack = {
      EventType: 'PERSISTED',
      FragmentTimecode: timecodeMs,
      FragmentNumber: '91343852333181432392682062607743920146161833989',
    };
    this.#acks?.enqueue(this.#encoder.encode(`${JSON.stringify(ack)}\n`));
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
      start: (acks) => {
        this.#acks = acks;
        // An upload that is cut short is the producer's way to end.
        this.#take(upload).then(
          () => acks.close(),
          () => acks.close(),
        );
      },
    });
  }

  async #take(upload: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of upload) {
      this.receivedBytes += chunk.length;
      if (this.receivedBytes < this.#wantedBytes) continue;
      this.#wantedBytes = Infinity;
      this.#onReceived?.();
    }
  }
}

function json(answer: object): PlatformResponse {
  return { status: 200, header: () => null, body: new Response(JSON.stringify(answer)).body };
}
