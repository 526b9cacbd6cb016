import * as id from '../../assembly/ebml/ids.ts';
import { READER_EVENT } from '../core/mkv-reader.ts';
import type { MkvReader, ReaderEvent } from '../core/mkv-reader.ts';
import { readerFault } from '../core/reader-fault.ts';
import type { ByteBudget } from './byte-budget.ts';
import { MediaParseError } from './errors.ts';
import { splitLace } from './lace.ts';
import { timecodeToUs } from './media-types.ts';
import type { MediaFrame } from './media-types.ts';
import { Payload } from './payload.ts';
import type { FragmentTracker } from './fragment-tracker.ts';

/** Flags of a block. RFC 9559 §10.1, §10.2. */
const FLAG_KEY = 0x80;
const FLAG_INVISIBLE = 0x08;
const FLAG_DISCARDABLE = 0x01;

/** Makes frames of the blocks of one stream. */
export class FrameCollector {
  readonly #reader: MkvReader;
  readonly #tracker: FragmentTracker;
  readonly #payload: Payload;
  #frames: MediaFrame[] = [];
  /** Frames of the BlockGroup at hand, which are keys unless it refers to another block. */
  #group: MediaFrame[] = [];
  #groupHasReference = false;

  constructor(reader: MkvReader, tracker: FragmentTracker, budget: ByteBudget) {
    this.#reader = reader;
    this.#tracker = tracker;
    this.#payload = new Payload(budget);
  }

  /** The frames so far; the collector begins anew. */
  take(): MediaFrame[] {
    return this.#frames.splice(0);
  }

  /** Takes note of the reader's current event, after the tracker has. */
  handle(event: ReaderEvent): void {
    const { elementId } = this.#reader;
    switch (event) {
      case READER_EVENT.BLOCK:
        this.#payload.begin(this.#reader.payloadSizeBytes);
        break;
      case READER_EVENT.DATA:
        if (elementId === id.SIMPLE_BLOCK || elementId === id.BLOCK) this.#data(elementId);
        break;
      case READER_EVENT.VALUE:
        if (elementId === id.REFERENCE_BLOCK) this.#groupHasReference = true;
        break;
      case READER_EVENT.END:
        if (elementId === id.BLOCK_GROUP) this.#endGroup();
        break;
      default:
    }
  }

  #data(elementId: number): void {
    const bytes = this.#payload.add(this.#reader);
    if (bytes === null) return;
    const { blockFlags } = this.#reader;
    const frames = splitLace(bytes, blockFlags);
    if (frames === null) throw this.#badLace();
    const target = elementId === id.BLOCK ? this.#group : this.#frames;
    for (const [index, data] of frames.entries()) target.push(this.#frame(index, data));
  }

  #frame(indexInLace: number, data: Uint8Array): MediaFrame {
    const { trackNumber, relativeTimecode, blockFlags } = this.#reader;
    const { timecodeScaleNs } = this.#tracker;
    const timecode = this.#tracker.timecode + relativeTimecode;
    const durationNs = indexInLace === 0 ? 0 : this.#tracker.defaultDurationNs(trackNumber);
    return {
      trackNumber,
      timestampUs: timecodeToUs(timecode, timecodeScaleNs) + Math.floor((indexInLace * durationNs) / 1000),
      timecode,
      isKey: (blockFlags & FLAG_KEY) !== 0,
      discardable: (blockFlags & FLAG_DISCARDABLE) !== 0,
      invisible: (blockFlags & FLAG_INVISIBLE) !== 0,
      data,
    };
  }

  /** RFC 9559 §5.1.3.5.5: a Block without ReferenceBlock is a key frame; its own flags have no bit for that, nor for discardable. */
  #endGroup(): void {
    const isKey = !this.#groupHasReference;
    for (const frame of this.#group.splice(0)) this.#frames.push({ ...frame, isKey, discardable: false });
    this.#groupHasReference = false;
  }

  #badLace(): MediaParseError {
    return new MediaParseError(readerFault('bad-block', this.#reader.elementId, this.#reader.elementOffset));
  }
}
