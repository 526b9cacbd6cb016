/**
 * PutMedia acknowledgements on the wire: JSON objects, one a line, on the response body of the upload.
 *
 * Member names, their order and the upper-case event values are those of recorded traffic (service-api §3.1), not those of
 * the printed API reference. Readers may be handed a line in any number of pieces.
 */
import type { IngestError } from './ingest-error.ts';

/** Which fragment an acknowledgement speaks of. */
export interface AckedFragment {
  /** The cluster's timecode as the producer wrote it, in timecode-scale units (milliseconds by default). */
  readonly timecode: number;
  readonly fragmentNumber: string;
}

export type FragmentAckType = 'BUFFERING' | 'RECEIVED' | 'PERSISTED';

/** The line that says how far a fragment has come. */
export function fragmentAck(type: FragmentAckType, fragment: AckedFragment): string {
  return line({ EventType: type, FragmentTimecode: fragment.timecode, FragmentNumber: fragment.fragmentNumber });
}

/** The line that ends a connection. `fragment` is the one that was open, where there was one. */
export function errorAck(error: IngestError, fragment: AckedFragment | null): string {
  const cause = { ErrorCode: error.errorCode, ErrorId: error.errorId };
  if (fragment === null) return line({ EventType: 'ERROR', ...cause });
  return line({
    EventType: 'ERROR',
    FragmentTimecode: fragment.timecode,
    FragmentNumber: fragment.fragmentNumber,
    ...cause,
  });
}

/** The line that says the connection is alive although no data came. */
export function idleAck(): string {
  return line({ EventType: 'IDLE' });
}

function line(ack: Readonly<Record<string, string | number>>): string {
  return `${JSON.stringify(ack)}\n`;
}

/**
 * Acknowledgements that wait for a producer that does not read them, before its upload is held back: some 2500 fragments,
 * since a producer on a half-duplex transport reads none before its upload has ended.
 */
const MAX_WAITING_BYTES = 1 << 20;

/**
 * The response body of one upload.
 *
 * Lines leave as the producer reads them. A producer that uploads without reading makes `drained` wait, so that nothing
 * here grows without bound.
 */
export class AckStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #pulled: (() => void) | null = null;

  constructor() {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#wake(),
        // A producer that stops listening may still be sending; how its body ends says what becomes of the fragments.
        cancel: () => {
          this.#controller = null;
          this.#wake();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
    );
  }

  /** Adds a line. Does nothing once the stream ended. */
  send(ackLine: string): void {
    this.#controller?.enqueue(this.#encoder.encode(ackLine));
  }

  /** Resolves when few enough lines wait to be read, or the stream ended. Of several callers at once, only the last may be told. */
  async drained(): Promise<void> {
    while (this.#controller !== null && (this.#controller.desiredSize ?? 0) <= 0) {
      await new Promise<void>((resolve) => {
        this.#pulled = resolve;
      });
    }
  }

  /** Ends the response after the lines sent so far. */
  end(): void {
    this.#controller?.close();
    this.#controller = null;
    this.#wake();
  }

  #wake(): void {
    this.#pulled?.();
    this.#pulled = null;
  }
}
