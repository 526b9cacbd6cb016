import * as id from '../../assembly/ebml/ids.ts';
import { READER_EVENT } from '../core/mkv-reader.ts';
import type { MkvReader, ReaderEvent } from '../core/mkv-reader.ts';
import { readerFault } from '../core/reader-fault.ts';
import type { ReaderFault } from '../core/reader-fault.ts';
import { ByteBudget } from './byte-budget.ts';
import { MediaParseError } from './errors.ts';
import type { MediaStreamError } from './errors.ts';
import { timecodeToUs } from './media-types.ts';
import type { MediaTag, MediaTrack, ServiceMetadata } from './media-types.ts';
import { Payload } from './payload.ts';
import { beginFragment, endFragment, serviceMetadata, streamError } from './service-tags.ts';
import { TagList } from './tag-list.ts';
import { TrackList } from './track-list.ts';

/** RFC 9559 §5.1.2.9. */
const DEFAULT_TIMECODE_SCALE_NS = 1_000_000;

/** Track headers: KVS allows 1 MiB of codec private data a track, and 3 tracks. */
const MAX_TRACKS_BYTES = 4 << 20;

/** A fragment that is being received. */
export interface OpenFragment {
  /** NaN until known, and for good when there is no cluster. */
  clusterTimecode: number;
  readonly timecodeScaleNs: number;
  readonly tracks: readonly MediaTrack[];
  readonly tags: MediaTag[];
  /** Whether the service named it: then further clusters may go on with it. */
  readonly hasNumber: boolean;
  frameCount: number;
  /** Earliest and latest presentation time, microseconds; NaN while there is no block. */
  firstTimestampUs: number;
  lastTimestampUs: number;
}

/**
 * Finds the fragments in a stream of Matroska events: the chunks of a GetMedia response as well as the body of a PutMedia request.
 *
 * A fragment begins with a Cluster; Tags before it belong to it. It ends with the service's trailing Tags or a producer's end-of-fragment
 * mark, which take the Tags between them and the cluster along; or with the next Cluster; or with its document. A second Cluster goes on
 * with a fragment that has a number, unless Tags with a new number came between. A document with Tags but no Cluster is a fragment too.
 */
export class FragmentTracker {
  readonly #reader: MkvReader;
  readonly #budget: ByteBudget;
  readonly #tracks = new TrackList(new ByteBudget('track headers', MAX_TRACKS_BYTES));
  readonly #tagList: TagList;
  readonly #longValue: Payload;
  #timecodeScaleNs = DEFAULT_TIMECODE_SCALE_NS;
  #timecode = Number.NaN;
  #inCluster = false;
  #segmentSeen = false;
  /** Tags that have not yet found their fragment. */
  #pendingTags: MediaTag[] = [];
  #lastTags: readonly MediaTag[] = [];
  #current: OpenFragment | null = null;
  #streamError: MediaStreamError | null = null;

  /** @param budget what fragments may hold; begun anew with each of them */
  constructor(reader: MkvReader, budget: ByteBudget) {
    this.#reader = reader;
    this.#budget = budget;
    this.#tagList = new TagList(budget);
    this.#longValue = new Payload(budget);
  }

  /** The fragment whose cluster is being read, or was read last. */
  get current(): OpenFragment | null {
    return this.#current;
  }

  get tracks(): readonly MediaTrack[] {
    return this.#tracks.tracks;
  }

  /** Nanoseconds a frame of this track lasts, 0 when the header does not say. */
  defaultDurationNs(trackNumber: number): number {
    return this.#tracks.defaultDurationNs(trackNumber);
  }

  get timecodeScaleNs(): number {
    return this.#timecodeScaleNs;
  }

  /** Timecode of the cluster that is being read; NaN before it is known. */
  get timecode(): number {
    return this.#timecode;
  }

  /** The error with which the service ended the stream, once its tags have been read. */
  get streamError(): MediaStreamError | null {
    return this.#streamError;
  }

  /** What the Tags element that ended last held. */
  get lastTags(): readonly MediaTag[] {
    return this.#lastTags;
  }

  /** What the tags that came so far say about the fragment at hand. */
  get metadata(): ServiceMetadata {
    return serviceMetadata(this.#current?.tags ?? this.#pendingTags);
  }

  /**
   * Takes note of the reader's current event.
   * @returns the fragment that ends with it, else null
   * @throws MediaParseError, MediaTooLargeError
   */
  handle(event: ReaderEvent): OpenFragment | null {
    switch (event) {
      case READER_EVENT.START:
        return this.#start();
      case READER_EVENT.END:
        return this.#end();
      case READER_EVENT.VALUE:
        this.#value();
        return null;
      case READER_EVENT.BLOCK:
        this.#block();
        return null;
      case READER_EVENT.DATA:
        this.#longValueData();
        return null;
      case READER_EVENT.FINISHED:
        return this.#endDocument();
      case READER_EVENT.FAULT:
        throw new MediaParseError(this.#reader.fault);
      default:
        return null;
    }
  }

  #start(): OpenFragment | null {
    const { elementId } = this.#reader;
    switch (elementId) {
      case id.EBML_HEADER:
        return this.#endDocument();
      case id.SEGMENT:
        return this.#startSegment();
      case id.CLUSTER:
        return this.#startCluster();
      case id.CODEC_PRIVATE:
      case id.TAG_NAME:
      case id.TAG_STRING:
        this.#longValue.begin(this.#reader.dataSizeBytes);
        return null;
      default:
        this.#tracks.start(elementId);
        this.#tagList.start(elementId);
        return null;
    }
  }

  #startSegment(): OpenFragment | null {
    const ended = this.#segmentSeen ? this.#endDocument() : null;
    this.#segmentSeen = true;
    return ended;
  }

  #startCluster(): OpenFragment | null {
    this.#timecode = Number.NaN;
    this.#inCluster = true;
    const previous = this.#current;
    if (previous !== null && !beginFragment(this.#pendingTags) && previous.hasNumber) {
      this.#movePendingTags(previous);
      return null;
    }
    if (previous !== null) this.#budget.reset();
    this.#current = this.#open();
    return previous;
  }

  #open(): OpenFragment {
    return {
      clusterTimecode: Number.NaN,
      timecodeScaleNs: this.#timecodeScaleNs,
      tracks: this.#tracks.tracks,
      hasNumber: beginFragment(this.#pendingTags),
      tags: this.#pendingTags.splice(0),
      frameCount: 0,
      firstTimestampUs: Number.NaN,
      lastTimestampUs: Number.NaN,
    };
  }

  #end(): OpenFragment | null {
    const { elementId } = this.#reader;
    if (elementId === id.CLUSTER) this.#inCluster = false;
    if (elementId === id.TAGS) return this.#endTags();
    this.#tracks.end(elementId);
    this.#tagList.end(elementId);
    return null;
  }

  #endTags(): OpenFragment | null {
    const tags = this.#tagList.take();
    this.#lastTags = tags;
    this.#streamError ??= streamError(tags);
    if (this.#streamError !== null) return this.#endDocument();
    for (const tag of tags) this.#pendingTags.push(tag);
    return this.#current !== null && endFragment(tags) ? this.#close() : null;
  }

  /** Whatever is open ends, and nothing of the header stays valid. */
  #endDocument(): OpenFragment | null {
    if (this.#current === null && this.#pendingTags.length > 0) this.#current = this.#open();
    const ended = this.#current === null ? null : this.#close();
    this.#tracks.clear();
    this.#timecodeScaleNs = DEFAULT_TIMECODE_SCALE_NS;
    this.#segmentSeen = false;
    return ended;
  }

  /** One by one: there may be more of them than a call can have arguments. */
  #movePendingTags({ tags }: OpenFragment): void {
    for (const tag of this.#pendingTags.splice(0)) tags.push(tag);
  }

  #close(): OpenFragment | null {
    const ended = this.#current;
    if (ended !== null) this.#movePendingTags(ended);
    this.#current = null;
    this.#budget.reset();
    return ended;
  }

  #value(): void {
    const reader = this.#reader;
    switch (reader.elementId) {
      case id.CLUSTER_TIMECODE:
        this.#timecode = reader.uintValue;
        if (this.#current !== null && Number.isNaN(this.#current.clusterTimecode))
          this.#current.clusterTimecode = this.#timecode;
        break;
      case id.TIMECODE_SCALE:
        // An empty element stands for its default, and 0 cannot be meant.
        this.#timecodeScaleNs = reader.uintValue || DEFAULT_TIMECODE_SCALE_NS;
        break;
      default:
        this.#tracks.value(reader);
        this.#tagList.value(reader);
    }
  }

  #block(): void {
    const fragment = this.#current;
    if (fragment === null || !this.#inCluster) throw new MediaParseError(this.#faultHere('misplaced'));
    if (Number.isNaN(this.#timecode)) throw new MediaParseError(this.#faultHere('block-before-timecode'));
    const timestampUs = timecodeToUs(this.#timecode + this.#reader.relativeTimecode, fragment.timecodeScaleNs);
    const isFirst = fragment.frameCount === 0;
    fragment.frameCount += 1;
    if (isFirst || timestampUs < fragment.firstTimestampUs) fragment.firstTimestampUs = timestampUs;
    if (isFirst || timestampUs > fragment.lastTimestampUs) fragment.lastTimestampUs = timestampUs;
  }

  #longValueData(): void {
    const { elementId } = this.#reader;
    if (elementId === id.SIMPLE_BLOCK || elementId === id.BLOCK) return;
    const bytes = this.#longValue.add(this.#reader);
    if (bytes === null) return;
    if (elementId === id.CODEC_PRIVATE) this.#tracks.setCodecPrivateData(bytes);
    else this.#tagList.text(elementId, new TextDecoder().decode(bytes));
  }

  /** A fault that the reader tolerates, but fragments cannot be made of. */
  #faultHere(reason: ReaderFault['reason']): ReaderFault {
    return readerFault(reason, this.#reader.elementId, this.#reader.elementOffset);
  }
}
