import * as id from '../../assembly/ebml/ids.ts';
import { READER_EVENT } from '../core/mkv-reader.ts';
import type { MkvReader, ReaderEvent } from '../core/mkv-reader.ts';
import { ByteBudget } from './byte-budget.ts';
import { retimed } from './cluster-head.ts';
import { MediaTooLargeError, TracksChangedError } from './errors.ts';
import { FragmentTracker } from './fragment-tracker.ts';
import type { OpenFragment } from './fragment-tracker.ts';
import { HeldBytes } from '../core/held-bytes.ts';
import type { MergedFragment, MergeOptions } from './merge.ts';
import { crcRange, MergedHeader, samePlayback } from './merged-header.ts';
import type { ByteRange, Playback } from './merged-header.ts';
import { MergedTimeline } from './merged-timeline.ts';
import { serviceMetadata } from './service-tags.ts';

/** Track headers of 4 MiB, and as much again for attachments and tags. */
const MAX_HEADER_BYTES = 8 << 20;

/** What happens to the bytes at hand. */
type Mode =
  /** Kept until the element they belong to has been read. */
  | 'hold'
  /** Passed on. */
  | 'emit'
  /** Left out. */
  | 'drop';

/** Cuts the source's bytes by the reader's offsets and decides what becomes of each part. */
export class SegmentMerger {
  readonly #reader: MkvReader;
  readonly #options: MergeOptions;
  readonly #tracker: FragmentTracker;
  readonly #timeline: MergedTimeline;
  readonly #held = new HeldBytes();
  #mode: Mode = 'drop';
  #header = new MergedHeader();
  /** The header that stands in the file. */
  #playback: Playback | null = null;
  /** Whether the document at hand has come to its first cluster. */
  #inMedia = false;
  /** Parts of the element that is being held, by absolute offsets, that would be wrong in the merged file. */
  #voids: ByteRange[] = [];
  #cluster = { elementOffset: 0, dataOffset: 0, dataSizeBytes: 0 };
  #fragment: OpenFragment | null = null;
  #isReplay = false;
  isDone = false;

  constructor(reader: MkvReader, options: MergeOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#tracker = new FragmentTracker(reader, new ByteBudget('the tags of a fragment', MAX_HEADER_BYTES));
    this.#timeline = new MergedTimeline(options.rebase ?? false, options.keepReplays ?? false);
  }

  /** Takes the source's next chunk, before the reader does. */
  append(chunk: Uint8Array): void {
    this.#held.append(chunk);
  }

  /** Reads on to the end of what the reader has; gives out what is decided on the way. */
  *drain(): Generator<Uint8Array, void, undefined> {
    while (!this.isDone) {
      const event = this.#reader.next();
      if (event === READER_EVENT.NEED_DATA) return;
      if (event === READER_EVENT.FAULT) yield* this.passOn();
      const ended = this.#tracker.handle(event);
      if (event === READER_EVENT.END && this.#reader.elementId === id.CLUSTER)
        yield* this.#pass(this.#reader.endOffset, 'drop');
      if (ended !== null) this.isDone = this.#options.until?.(this.#report(ended)) ?? false;
      if (this.#tracker.streamError !== null) throw this.#tracker.streamError;
      if (this.isDone || event === READER_EVENT.FINISHED) return;
      yield* this.#handle(event);
    }
  }

  *#handle(event: ReaderEvent): Generator<Uint8Array, void, undefined> {
    const { elementId } = this.#reader;
    if (event === READER_EVENT.START) {
      if (elementId === id.EBML_HEADER) this.#startDocument();
      if (elementId === id.CLUSTER) yield* this.#startCluster();
      else if (elementId === id.SEGMENT) this.#startSegment();
      else if (MergedHeader.isPart(elementId)) this.#startHeaderElement(elementId);
    } else if (event === READER_EVENT.END) {
      if (MergedHeader.isPart(elementId)) this.#endHeaderElement(elementId);
    } else if (event === READER_EVENT.VALUE) {
      if (elementId === id.DURATION) this.#voids.push(this.#elementRange());
      else if (elementId === id.CLUSTER_TIMECODE && this.#inMedia && this.#mode === 'hold') yield* this.#placeCluster();
    }
  }

  #startDocument(): void {
    this.#header = new MergedHeader();
    this.#inMedia = false;
  }

  #startSegment(): void {
    this.#held.takeUpTo(this.#reader.dataOffset);
    if (!this.#inMedia) this.#header.startSegment();
  }

  #startHeaderElement(elementId: number): void {
    this.#held.takeUpTo(this.#reader.elementOffset);
    this.#mode = !this.#inMedia && MergedHeader.keeps(elementId) ? 'hold' : 'drop';
    this.#voids = [];
  }

  #endHeaderElement(elementId: number): void {
    if (this.#mode !== 'hold') return;
    this.#mode = 'drop';
    const { elementOffset, dataOffset, endOffset } = this.#reader;
    const element = this.#held.joinUpTo(endOffset);
    const voids = this.#voids.map(({ from, to }) => ({ from: from - elementOffset, to: to - elementOffset }));
    if (voids.length > 0) voids.push(...crcRange(element, dataOffset - elementOffset));
    this.#header.add(element, elementId === id.TAGS ? this.#tracker.lastTags : [], voids);
    if (this.#header.sizeBytes > MAX_HEADER_BYTES) throw new MediaTooLargeError('a header', MAX_HEADER_BYTES);
  }

  *#startCluster(): Generator<Uint8Array, void, undefined> {
    const { elementOffset, dataOffset, dataSizeBytes } = this.#reader;
    this.#held.takeUpTo(elementOffset);
    this.#cluster = { elementOffset, dataOffset, dataSizeBytes };
    this.#mode = 'hold';
    if (this.#inMedia) return;
    this.#inMedia = true;
    const playback: Playback = { tracks: this.#tracker.tracks, timecodeScaleNs: this.#tracker.timecodeScaleNs };
    if (this.#playback !== null && samePlayback(this.#playback, playback)) return;
    if (this.#playback !== null && this.#options.whenTracksChange !== 'restart') {
      throw new TracksChangedError(this.#tracker.metadata.fragmentNumber);
    }
    this.#playback = playback;
    yield this.#header.bytes();
  }

  /** The cluster's timecode has just been read: now it is clear whether it goes into the file, and where. */
  *#placeCluster(): Generator<Uint8Array, void, undefined> {
    const { elementOffset: timecodeAt, uintValue: timecode } = this.#reader;
    const { to } = this.#elementRange();
    const { elementOffset, dataOffset, dataSizeBytes } = this.#cluster;
    const fragment = this.#tracker.current;
    const isSameFragment = fragment !== null && fragment === this.#fragment;
    const { timecodeScaleNs } = this.#tracker;
    const metadata = isSameFragment ? {} : this.#tracker.metadata;
    const merged = this.#timeline.place({ ...metadata, timecode, timecodeScaleNs, isSameFragment });
    this.#fragment = fragment;
    this.#isReplay = merged === null;
    const bytes = this.#held.joinUpTo(to);
    this.#mode = merged === null ? 'drop' : 'emit';
    if (merged === null) return;
    const head = {
      bytes,
      dataOffset: dataOffset - elementOffset,
      dataSizeBytes,
      timecodeOffset: timecodeAt - elementOffset,
    };
    yield merged === timecode ? bytes : retimed(head, merged);
  }

  #elementRange(): ByteRange {
    const { elementOffset, dataOffset, dataSizeBytes } = this.#reader;
    return { from: elementOffset, to: dataOffset + dataSizeBytes };
  }

  /** What may be decided about the bytes before this offset is decided; `next` holds for those after it. */
  *#pass(offset: number, next: Mode): Generator<Uint8Array, void, undefined> {
    const pieces = this.#held.takeUpTo(offset);
    if (this.#mode === 'emit') yield* pieces;
    this.#mode = next;
  }

  /** The bytes that the input so far allows to pass on; once for each chunk, so that they are not cut into more pieces than need be. */
  *passOn(): Generator<Uint8Array, void, undefined> {
    if (this.#mode !== 'hold') yield* this.#pass(this.#reader.position, this.#mode);
    if (this.#held.sizeBytes > MAX_HEADER_BYTES && this.#mode === 'hold')
      throw new MediaTooLargeError('a header', MAX_HEADER_BYTES);
  }

  #report(fragment: OpenFragment): MergedFragment {
    const { clusterTimecode, timecodeScaleNs, tags, frameCount, firstTimestampUs, lastTimestampUs } = fragment;
    const isReplay = fragment === this.#fragment && this.#isReplay;
    return {
      ...serviceMetadata(tags),
      clusterTimecode,
      timecodeScaleNs,
      frameCount,
      firstTimestampUs,
      lastTimestampUs,
      isReplay,
    };
  }
}
