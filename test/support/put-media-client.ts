/** A raw PutMedia client: signs as the native producer does, writes any bytes, reads acknowledgements as they come. */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { EMPTY_HASH, sign } from './sign.ts';

/** An acknowledgement as it came over the wire. */
export interface WireAck {
  readonly EventType: string;
  readonly FragmentTimecode?: number;
  readonly FragmentNumber?: string;
  readonly ErrorCode?: string;
  readonly ErrorId?: number;
}

export interface UploadOptions {
  readonly streamName?: string;
  /** Default RELATIVE. */
  readonly timecodeType?: string;
  /** Default 1700000000. */
  readonly startTimestamp?: string;
  /** Added to, or (undefined) removed from, the request's headers. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Longest wait for anything, so that a broken service fails a test and does not hang it. */
const PATIENCE_MS = 10_000;

/** The headers that the native producer signs on PutMedia (service-api §0.2). */
const SIGNED_HEADERS = [
  'connection',
  'host',
  'transfer-encoding',
  'x-amz-date',
  'x-amzn-fragment-acknowledgment-required',
  'x-amzn-fragment-timecode-type',
  'x-amzn-producer-start-timestamp',
  'x-amzn-stream-name',
];

export class TestUpload {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Every acknowledgement so far. */
  readonly acks: WireAck[] = [];
  /** The response body as text. */
  text = '';
  readonly #request: ClientRequest;
  #isOver = false;
  #wake: (() => void) | null = null;

  /** Sends the head; resolves at the response's head, while the body is still to be written. */
  static async open(url: string, options: UploadOptions = {}): Promise<TestUpload> {
    const { hostname, port, host } = new URL(url);
    const headers: Record<string, string> = {};
    const wanted = {
      host,
      connection: 'keep-alive',
      'transfer-encoding': 'chunked',
      'x-amzn-stream-name': options.streamName,
      'x-amzn-fragment-timecode-type': options.timecodeType ?? 'RELATIVE',
      'x-amzn-producer-start-timestamp': options.startTimestamp ?? '1700000000',
      'x-amzn-fragment-acknowledgment-required': '1',
      ...options.headers,
    };
    for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers[name] = value;
    const signedHeaders = SIGNED_HEADERS.filter((name) => headers[name] !== undefined);
    const signed = sign({ path: '/putMedia', headers, signedHeaders, payloadHash: EMPTY_HASH, region: 'us-east-1' });
    // A connection of its own: the service closes the one of an upload that it refused.
    const agent = new Agent();
    const request = httpRequest({ agent, hostname, port, path: '/putMedia', method: 'POST', headers: signed });
    request.flushHeaders();
    const [response] = (await within(once(request, 'response'), 'response head')) as [IncomingMessage];
    return new TestUpload(request, response);
  }

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    // A service that cuts the connection behind its last acknowledgement is no failure of the test.
    request.on('error', () => this.#finish());
    response.on('error', () => this.#finish());
    response.on('close', () => this.#finish());
    response.setEncoding('utf8').on('data', (text: string) => this.#received(text));
  }

  /** Sends bytes; resolves when they have left this process or the connection is over. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#request.write(bytes, () => resolve());
    });
  }

  /** Ends the body cleanly. */
  end(): void {
    this.#request.end();
  }

  /** Cuts the connection. */
  cut(): void {
    this.#request.destroy();
  }

  /** Waits for an acknowledgement that fits; fails when the response ends without one. */
  async ack(eventType: string, timecode?: number): Promise<WireAck> {
    for (;;) {
      const found = this.acks.find(
        (ack) => ack.EventType === eventType && (timecode === undefined || ack.FragmentTimecode === timecode),
      );
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`No ${eventType} ${timecode ?? ''} among ${JSON.stringify(this.acks)}`);
      await this.#change(`ack ${eventType} ${timecode ?? ''}`);
    }
  }

  /** Waits for the end of the response; resolves to all acknowledgements. */
  async over(): Promise<readonly WireAck[]> {
    while (!this.#isOver) await this.#change('end of the response');
    return this.acks;
  }

  #received(text: string): void {
    const done = this.text.lastIndexOf('\n') + 1;
    this.text += text;
    const lines = this.text.slice(done, this.text.lastIndexOf('\n') + 1).split('\n');
    if (this.status === 200) {
      for (const line of lines) if (line !== '') this.acks.push(JSON.parse(line) as WireAck);
    }
    this.#wake?.();
  }

  #finish(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  #change(what: string): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return within(changed, `${what}, got ${JSON.stringify(this.acks)}`);
  }
}

/** Sends a whole body and waits for the response's end. */
export async function upload(url: string, body: Uint8Array, options: UploadOptions = {}): Promise<TestUpload> {
  const sent = await TestUpload.open(url, options);
  await sent.write(body);
  sent.end();
  await sent.over();
  return sent;
}

/** Fails a wait that takes too long. */
export async function within<T>(wait: Promise<T>, what: string, patienceMs: number = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patienceMs} ms for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([wait, late]);
  } finally {
    clearTimeout(timer);
  }
}
