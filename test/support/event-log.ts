/** What a Matroska reader says about some bytes, one line an event, so that two readings can be compared. */
import { createHash } from 'node:crypto';
import type { Core } from '../../sdk/core/core.ts';
import { MkvReader, READER_EVENT } from '../../sdk/core/mkv-reader.ts';
import type { MkvReaderOptions } from '../../sdk/core/mkv-reader.ts';

const hex = (id: number): string => id.toString(16).toUpperCase();

/** Cuts bytes into chunks of this size. */
export function* cut(bytes: Uint8Array, chunkBytes: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/**
 * Reads everything and logs each event. Pieces of one payload count as one event, since where they are cut depends on the chunks.
 * Each log ends with `finished` or `fault …`.
 */
export function logEvents(core: Core, chunks: Iterable<Uint8Array>, options: MkvReaderOptions = {}): string[] {
  const reader = new MkvReader(core, options);
  const log = new EventLog(reader);
  try {
    for (const chunk of chunks) {
      for (let taken = 0; taken < chunk.length;) {
        taken += reader.push(chunk, taken);
        if (log.drain()) return log.lines;
      }
    }
    reader.finish();
    if (!log.drain()) throw new Error('The reader wants more after the end');
    return log.lines;
  } finally {
    reader.dispose();
  }
}

class EventLog {
  readonly lines: string[] = [];
  readonly #reader: MkvReader;
  #payload = createHash('sha256');
  #payloadBytes = 0;

  constructor(reader: MkvReader) {
    this.#reader = reader;
  }

  /** Logs until the reader needs data; true when it will say no more. */
  drain(): boolean {
    for (;;) {
      const event = this.#reader.next();
      if (event === READER_EVENT.NEED_DATA) return false;
      if (event === READER_EVENT.DATA) this.#data();
      else this.lines.push(this.#line(event));
      if (event === READER_EVENT.FINISHED || event === READER_EVENT.FAULT) return true;
    }
  }

  #line(event: number): string {
    const reader = this.#reader;
    const { elementId, level, elementOffset, dataOffset, dataSizeBytes } = reader;
    const element = `${'  '.repeat(level)}${hex(elementId)} @${elementOffset}`;
    switch (event) {
      case READER_EVENT.START:
        return `start ${element} data @${dataOffset} ${dataSizeBytes}`;
      case READER_EVENT.END:
        return `end ${element} …${reader.endOffset}`;
      case READER_EVENT.VALUE:
        return `value ${element} ${reader.floatValue} ${Buffer.from(reader.binary()).toString('hex')}`;
      case READER_EVENT.BLOCK:
        return (
          `block ${element} track ${reader.trackNumber} at ${reader.relativeTimecode} flags ${hex(reader.blockFlags)} ` +
          `payload @${reader.payloadOffset} ${reader.payloadSizeBytes}`
        );
      case READER_EVENT.FAULT: {
        const { reason, offset, elementId: culprit } = reader.fault;
        return `fault ${reason} ${hex(culprit)} @${offset}`;
      }
      default:
        return 'finished';
    }
  }

  #data(): void {
    const piece = this.#reader.dataView();
    this.#payload.update(piece);
    this.#payloadBytes += piece.length;
    if (!this.#reader.dataDone) return;
    this.lines.push(`data ${this.#payloadBytes} ${this.#payload.digest('hex').slice(0, 16)}`);
    this.#payload = createHash('sha256');
    this.#payloadBytes = 0;
  }
}
