/**
 * Splits the body of an upload into its parts: the stream header, tags, and the clusters that are its fragments.
 *
 * The core's reader says where elements begin and end; this keeps the raw bytes beside it and hands each run of them to
 * the part that it belongs to, as soon as that is known. At most the reader's window and one chunk are held back.
 * The reader is strict, so whatever can be said against the body as Matroska, it says.
 */
import {
  ATTACHMENTS,
  CHAPTERS,
  CLUSTER,
  CLUSTER_TIMECODE,
  CUES,
  INFO,
  SEEK_HEAD,
  SEGMENT,
  TAG_NAME,
  TAGS,
  TIMECODE_SCALE,
  TRACK_NUMBER,
  TRACKS,
} from '../../assembly/ebml/ids.ts';
import { HeldBytes } from '../../sdk/core/held-bytes.ts';
import { READER_EVENT } from '../../sdk/core/mkv-reader.ts';
import type { MkvReader } from '../../sdk/core/mkv-reader.ts';
import { describeFault } from '../../sdk/core/reader-fault.ts';
import type { ServiceLimits } from '../limits.ts';
import { TagsElementReader } from './fragment-tags.ts';
import type { TagLimits, TagsElement } from './fragment-tags.ts';
import { GatheredBytes } from './gathered-bytes.ts';
import { IngestError } from './ingest-error.ts';
import type { StreamHeader } from './open-fragment.ts';

export type SplitterLimits = TagLimits & Pick<ServiceLimits, 'maxStreamHeaderBytes'>;

/** What is found in an upload, in the order of its bytes. */
export type IngestEvent =
  /** Once, before the first cluster. */
  | { readonly kind: 'header'; readonly header: StreamHeader }
  | { readonly kind: 'tags'; readonly element: TagsElement }
  | { readonly kind: 'cluster-start' }
  /** Before any frame or media of the cluster. */
  | { readonly kind: 'timecode'; readonly timecode: number }
  | { readonly kind: 'frame'; readonly trackNumber: number; readonly relativeTimecode: number }
  /** Bytes of the cluster, its own header included. */
  | { readonly kind: 'media'; readonly bytes: Uint8Array }
  /** `isSizeKnown`: the cluster said itself where it ends, so nothing can be added to its fragment any more. */
  | { readonly kind: 'cluster-end'; readonly isSizeKnown: boolean };

/** Which part the bytes that are now read belong to. */
type Part = 'header' | 'tags' | 'cluster' | 'nothing';

/** Bytes of a cluster in front of its timecode: the cluster's own header, a checksum, padding. */
const MAX_CLUSTER_HEAD_BYTES = 64 * 1024;

const DEFAULT_TIMECODE_SCALE_NS = 1_000_000;

const LEVEL_1_ELEMENTS: ReadonlySet<number> = new Set([
  ATTACHMENTS,
  CHAPTERS,
  CLUSTER,
  CUES,
  INFO,
  SEEK_HEAD,
  TAGS,
  TRACKS,
]);

export class MediaSplitter {
  readonly #reader: MkvReader;
  readonly #limits: SplitterLimits;
  readonly #held = new HeldBytes();
  /** Of the header, or of a cluster before its timecode. */
  readonly #gathered = new GatheredBytes();
  #hasInput = false;
  #part: Part = 'header';
  #segmentSizeAt: { readonly from: number; readonly to: number } | null = null;
  #timecodeScaleNs = DEFAULT_TIMECODE_SCALE_NS;
  #trackNumbers: number[] = [];
  #hasHeader = false;
  #hasTimecode = false;
  #isClusterSizeKnown = false;
  #tags: TagsElementReader;

  constructor(reader: MkvReader, limits: SplitterLimits) {
    this.#reader = reader;
    this.#limits = limits;
    this.#tags = new TagsElementReader(limits);
  }

  /**
   * Reads the next piece of the upload. The events must be taken to the end.
   * @throws IngestError 4006 (not the Matroska that PutMedia takes), 4007, 4009, 4010 or 4012 (what else the reader finds), while
   *   iterating
   */
  *push(chunk: Uint8Array): Generator<IngestEvent, void, undefined> {
    this.#held.append(chunk);
    this.#hasInput ||= chunk.length > 0;
    let taken = 0;
    while (taken < chunk.length) {
      taken += this.#reader.push(chunk, taken);
      yield* this.#drain();
    }
    yield* this.#release(this.#reader.position);
  }

  /** Reads what the end of the upload means: it must not come inside an element. Throws as `push` does. */
  *finish(): Generator<IngestEvent, void, undefined> {
    if (!this.#hasInput) return;
    this.#reader.finish();
    yield* this.#drain();
    yield* this.#release(this.#reader.position);
  }

  *#drain(): Generator<IngestEvent, void, undefined> {
    const reader = this.#reader;
    for (;;) {
      switch (reader.next()) {
        case READER_EVENT.NEED_DATA:
        case READER_EVENT.FINISHED:
          return;
        case READER_EVENT.FAULT:
          throw this.#refusal();
        case READER_EVENT.START:
          yield* this.#start();
          break;
        case READER_EVENT.END:
          yield* this.#end();
          break;
        case READER_EVENT.VALUE:
          yield* this.#value();
          break;
        case READER_EVENT.BLOCK:
          yield { kind: 'frame', trackNumber: reader.trackNumber, relativeTimecode: reader.relativeTimecode };
          break;
        default:
      }
    }
  }

  *#start(): Generator<IngestEvent, void, undefined> {
    const { elementId, elementOffset } = this.#reader;
    if (LEVEL_1_ELEMENTS.has(elementId)) yield* this.#release(elementOffset);
    switch (elementId) {
      case SEGMENT:
        if (this.#reader.dataSizeBytes >= 0) {
          this.#segmentSizeAt = { from: elementOffset + 4, to: this.#reader.dataOffset };
        }
        break;
      case TAGS:
        this.#tags = new TagsElementReader(this.#limits);
        this.#part = 'tags';
        break;
      case CLUSTER:
        yield* this.#startCluster();
        break;
      default:
        if (this.#part === 'tags') this.#tags.start(elementId, this.#reader.dataSizeBytes);
    }
  }

  *#end(): Generator<IngestEvent, void, undefined> {
    const { elementId } = this.#reader;
    if (!LEVEL_1_ELEMENTS.has(elementId)) {
      if (this.#part === 'tags') this.#tags.end(elementId);
      return;
    }
    yield* this.#release(this.#reader.endOffset);
    if (elementId === TAGS) yield* this.#endTags();
    if (elementId === CLUSTER) yield { kind: 'cluster-end', isSizeKnown: this.#isClusterSizeKnown };
    this.#part = this.#hasHeader ? 'nothing' : 'header';
  }

  *#value(): Generator<IngestEvent, void, undefined> {
    const reader = this.#reader;
    switch (reader.elementId) {
      case CLUSTER_TIMECODE:
        yield* this.#setTimecode(reader.uintValue);
        break;
      case TIMECODE_SCALE:
        this.#timecodeScaleNs = reader.uintValue || DEFAULT_TIMECODE_SCALE_NS;
        break;
      case TRACK_NUMBER:
        this.#trackNumbers.push(reader.uintValue);
        break;
      default:
        if (this.#part === 'tags') {
          this.#tags.value(reader.elementId, reader.dataSizeBytes, reader.elementId === TAG_NAME ? reader.text() : '');
        }
    }
  }

  *#startCluster(): Generator<IngestEvent, void, undefined> {
    if (!this.#hasHeader) {
      yield { kind: 'header', header: this.#takeHeader() };
      this.#hasHeader = true;
    }
    this.#hasTimecode = false;
    this.#isClusterSizeKnown = this.#reader.dataSizeBytes >= 0;
    this.#part = 'cluster';
    yield { kind: 'cluster-start' };
  }

  *#setTimecode(timecode: number): Generator<IngestEvent, void, undefined> {
    this.#hasTimecode = true;
    yield { kind: 'timecode', timecode };
    const head = this.#gathered.take();
    if (head.length > 0) yield { kind: 'media', bytes: head };
  }

  *#endTags(): Generator<IngestEvent, void, undefined> {
    const element = this.#tags.finish();
    if (!element.isAboutFile) yield { kind: 'tags', element };
    // In front of the first cluster such tags are part of the header; behind it they come too late for anyone.
    else if (!this.#hasHeader) this.#gather([element.bytes]);
  }

  /** Hands the bytes before an offset to the part that they belong to. */
  *#release(offset: number): Generator<IngestEvent, void, undefined> {
    const pieces = this.#held.takeUpTo(offset);
    switch (this.#part) {
      case 'tags':
        this.#tags.append(pieces);
        break;
      case 'cluster':
        if (this.#hasTimecode) for (const bytes of pieces) yield { kind: 'media', bytes };
        else this.#gather(pieces);
        break;
      case 'header':
        this.#gather(pieces);
        break;
      case 'nothing':
    }
  }

  #gather(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#gathered.append(piece);
    const maxBytes = this.#part === 'cluster' ? MAX_CLUSTER_HEAD_BYTES : this.#limits.maxStreamHeaderBytes;
    if (this.#gathered.sizeBytes > maxBytes)
      throw new IngestError(4006, `More than ${maxBytes} bytes before any media`);
  }

  #takeHeader(): StreamHeader {
    const bytes = this.#gathered.take();
    if (this.#segmentSizeAt !== null) hideSize(bytes, this.#segmentSizeAt.from, this.#segmentSizeAt.to);
    return { bytes, trackNumbers: this.#trackNumbers, timecodeScaleNs: this.#timecodeScaleNs };
  }

  #refusal(): IngestError {
    const { fault } = this.#reader;
    return new IngestError(fault.errorId, describeFault(fault));
  }
}

/**
 * Turns a known element size into an unknown one of the same width. Every fragment is played behind the header, one at a
 * time, so the size of the whole segment would be wrong for all of them.
 */
function hideSize(bytes: Uint8Array, from: number, to: number): void {
  bytes.fill(0xff, from, to);
  bytes[from] = 0xff >> (to - from - 1);
}
