/** Reads the body of one PutMedia session as it arrives, with the core's own strict reader. */
import {
  CLUSTER,
  CLUSTER_TIMECODE,
  CODEC_PRIVATE,
  EBML_HEADER,
  TAG_NAME,
  TAG_STRING,
  TRACK_NUMBER,
} from '../../assembly/ebml/ids.ts';
import type { Core } from '../../sdk/core/core.ts';
import { MkvReader, READER_EVENT } from '../../sdk/core/mkv-reader.ts';

export interface BodyEvents {
  onTrack(trackNumber: number): void;
  onCodecPrivateData(trackNumber: number, bytes: Uint8Array): void;
  onFragment(timecode: number): void;
  /** `timecode` is the fragment's plus the block's. Gives the bytes that the frame must have. */
  onFrame(trackNumber: number, timecode: number, flags: number, sizeBytes: number): Uint8Array | undefined;
  /** The frame came whole; `isSame`: with the very bytes. */
  onFrameEnd(isSame: boolean): void;
  /** The last block of the fragment came whole. */
  onFragmentEnd(): void;
  onTag(name: string, value: string): void;
  onFault(reason: string): void;
}

export class BodyParser {
  readonly #reader: MkvReader;
  readonly #events: BodyEvents;
  #hasHeader = false;
  #timecode = 0;
  #trackNumber = 0;
  #tagName = '';
  #expected: Uint8Array | undefined;
  #sizeBytes = 0;
  #readBytes = 0;
  #isSame = true;
  #isOver = false;

  constructor(core: Core, events: BodyEvents) {
    this.#reader = new MkvReader(core, { strict: true, windowBytes: 16 * 1024 });
    this.#events = events;
  }

  push(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length && !this.#isOver;) {
      taken += this.#reader.push(bytes, taken);
      this.#drain();
    }
  }

  /** The body ended as it should. */
  finish(): void {
    if (this.#isOver) return;
    this.#reader.finish();
    this.#drain();
  }

  dispose(): void {
    this.#isOver = true;
    this.#reader.dispose();
  }

  #drain(): void {
    const reader = this.#reader;
    while (!this.#isOver) {
      switch (reader.next()) {
        case READER_EVENT.NEED_DATA:
        case READER_EVENT.FINISHED:
          return;
        case READER_EVENT.FAULT:
          this.#events.onFault(JSON.stringify(reader.fault));
          return;
        case READER_EVENT.START:
          this.#start(reader.elementId);
          break;
        case READER_EVENT.END:
          if (reader.elementId === CLUSTER) this.#events.onFragmentEnd();
          break;
        case READER_EVENT.VALUE:
          this.#value(reader.elementId);
          break;
        case READER_EVENT.BLOCK:
          this.#block();
          break;
        default:
          this.#data();
      }
    }
  }

  #start(elementId: number): void {
    if (elementId === EBML_HEADER) this.#hasHeader = true;
    else if (!this.#hasHeader) this.#events.onFault('the session does not begin with a header');
  }

  #value(elementId: number): void {
    const reader = this.#reader;
    switch (elementId) {
      case TRACK_NUMBER:
        this.#trackNumber = reader.uintValue;
        this.#events.onTrack(this.#trackNumber);
        break;
      case CODEC_PRIVATE:
        this.#events.onCodecPrivateData(this.#trackNumber, reader.binary());
        break;
      case CLUSTER_TIMECODE:
        this.#timecode = reader.uintValue;
        this.#events.onFragment(this.#timecode);
        break;
      case TAG_NAME:
        this.#tagName = reader.text();
        break;
      case TAG_STRING:
        this.#events.onTag(this.#tagName, reader.text());
        break;
      default:
    }
  }

  #block(): void {
    const { trackNumber, relativeTimecode, blockFlags, payloadSizeBytes } = this.#reader;
    this.#sizeBytes = payloadSizeBytes;
    this.#readBytes = 0;
    this.#expected = this.#events.onFrame(trackNumber, this.#timecode + relativeTimecode, blockFlags, payloadSizeBytes);
    this.#isSame = this.#expected?.length === payloadSizeBytes;
  }

  #data(): void {
    const piece = this.#reader.dataView();
    const expected = this.#expected;
    if (this.#isSame && expected !== undefined)
      this.#isSame = Buffer.compare(piece, expected.subarray(this.#readBytes, this.#readBytes + piece.length)) === 0;
    this.#readBytes += piece.length;
    if (!this.#reader.dataDone) return;
    this.#events.onFrameEnd(this.#isSame && this.#readBytes === this.#sizeBytes);
  }
}
