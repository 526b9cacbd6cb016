/** One HTTP/1.1 exchange over the host's connections, full duplex: the answer is read while the body is still being sent. */
import type { PlatformRequest, PlatformResponse } from '../../../sdk/platform.ts';
import type { EmbeddedHost } from '../host.ts';
import { Connection } from './connection.ts';
import { chunk, requestHead } from './request-bytes.ts';
import { type BodyDecoder, bodyDecoder } from './response-body.ts';
import { type ResponseHead, ResponseHeadParser } from './response-head.ts';

/** Answers that announce another one, of one exchange. */
const MAX_ANNOUNCEMENTS = 20;
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Sends a request; resolves at the head of the answer. Rejects with `Error`, or the signal's reason. */
export async function exchange(host: EmbeddedHost, request: PlatformRequest): Promise<PlatformResponse> {
  const { signal, body } = request;
  signal?.throwIfAborted();
  const url = new URL(request.url);
  const head = requestHead(request, url);
  const port = url.port === '' ? (PORTS[url.protocol] as number) : Number(url.port);
  const connection = new Connection(host, url.hostname, port, url.protocol === 'https:');
  const upload = new Upload(connection, body);
  const onAbort = (): void => {
    connection.close(signal?.reason);
    upload.cancel(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  let partsLeft = 2;
  /** Of the way up or the way down: the signal is heard until both are over. */
  const endPart = (): void => {
    if (--partsLeft === 0) signal?.removeEventListener('abort', onAbort);
  };
  // A server may answer before it has read everything, and close: what it says counts, if it says anything.
  let sendFailure: unknown;
  upload
    .run(head)
    .catch((error: unknown) => {
      sendFailure = error;
      connection.close(error);
    })
    .finally(endPart);
  let isAnswered = false;
  /** The way down is over. What is still to be sent finds the connection closed, and then tells whoever fills the body. */
  const end = (reason: unknown): void => {
    connection.close(reason);
    if (!isAnswered) endPart();
    isAnswered = true;
  };
  try {
    const { head: answer, rest } = await receiveHead(connection);
    const decoder = bodyDecoder(answer);
    const stream = decoder === undefined ? null : bodyStream(connection, decoder, rest, end);
    if (stream === null) end(new Error('The exchange is over'));
    return { status: answer.status, header: (name) => answer.headers.get(name.toLowerCase()) ?? null, body: stream };
  } catch (error) {
    end(error);
    if (signal?.aborted) throw signal.reason;
    throw sendFailure ?? error;
  }
}

/** The head of the final answer, and the bytes that came behind it. */
async function receiveHead(
  connection: Connection,
): Promise<{ readonly head: ResponseHead; readonly rest: Uint8Array }> {
  const parser = new ResponseHeadParser();
  for (let announcements = 0; ;) {
    const bytes = await connection.receive();
    if (bytes === undefined) throw new Error('The connection was closed without an answer');
    for (let at = 0; at < bytes.length;) {
      const { next, head } = parser.push(bytes, at);
      at = next;
      if (head === undefined) continue;
      if (head.status >= 200) return { head, rest: bytes.subarray(at) };
      // Those from 100 on announce another one. Source: RFC 9110 §15.2.
      if (head.status === 101) throw new Error('The answer goes on in another protocol, which was not asked for');
      if (++announcements > MAX_ANNOUNCEMENTS) throw new Error('The answer announces others and never comes');
    }
  }
}

/** The content, received as it is read. */
function bodyStream(
  connection: Connection,
  decoder: BodyDecoder,
  rest: Uint8Array,
  end: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
  let pending: Uint8Array | undefined = rest;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (let hasContent = false; !hasContent;) {
            const bytes: Uint8Array | undefined = pending ?? (await connection.receive());
            pending = undefined;
            const isWhole =
              bytes === undefined
                ? decoder.endsWithConnection
                : decoder.push(bytes, (content) => {
                    hasContent = true;
                    controller.enqueue(content);
                  });
            if (bytes === undefined && !isWhole)
              throw new Error('The connection was closed in the middle of the answer');
            if (!isWhole) continue;
            end(new Error('The exchange is over'));
            controller.close();
            return;
          }
        } catch (error) {
          end(error);
          controller.error(error);
        }
      },
      cancel: (reason) => end(reason ?? new Error('The answer is not wanted')),
    },
    { highWaterMark: 0 },
  );
}

/** The way up of an exchange. */
class Upload {
  readonly #connection: Connection;
  readonly #body: PlatformRequest['body'];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #isOver = false;

  constructor(connection: Connection, body: PlatformRequest['body']) {
    this.#connection = connection;
    this.#body = body;
  }

  /** Resolves when everything is sent. Rejects with what the body or the connection failed with. */
  async run(head: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#send(head);
    if (this.#body instanceof Uint8Array) {
      if (this.#body.length > 0) await this.#send(this.#body.slice());
    } else if (this.#body !== undefined) await this.#sendStream(this.#body);
    this.#isOver = true;
  }

  /** Whoever fills the body is told that nothing more is wanted of it. */
  cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader?.cancel(reason).catch(() => undefined);
  }

  async #sendStream(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#reader = body.getReader();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      if (value.length > 0) await this.#send(chunk(value));
    }
    await this.#send(chunk(new Uint8Array(0)));
  }

  async #send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#connection.send(bytes);
    } catch (error) {
      this.cancel(error);
      throw error;
    }
  }
}
