/** What a stream must hold after some calls, worked out again from what the calls mean: timecodes, fragments, tags, refusals. */
import type { EventMetadata, StreamEventType } from '../../sdk/core/index.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION } from '../../sdk/core/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { type Brought, GenerationModel, type ModelTrack } from './generation-model.ts';

const MAX_BLOCK_TIMECODE = 32_767n;
const MAX_TAGS = 25;
const MAX_TAG_NAME_BYTES = 128;
const MAX_TAG_VALUE_BYTES = 256;
const MAX_PREFIX_BYTES = 256;
const TICKS_PER_MICROSECOND = 10n;

export type ModelTag = readonly [name: string, value: string];

export interface ModelFrame {
  readonly trackNumber: number;
  /** As the bytes have it: relative to the stream's start where timecodes are relative. */
  readonly timecode: bigint;
  readonly flags: number;
  readonly data: Uint8Array;
}

export interface ModelFragment {
  readonly timecode: bigint;
  /** Of codec private data. */
  readonly generation: number;
  readonly frames: ModelFrame[];
  /** In front of the cluster. */
  readonly leading: readonly ModelTag[];
  /** In front of the end-of-fragment mark. */
  trailing: readonly ModelTag[];
}

interface QueueEntry {
  readonly tags: readonly ModelTag[];
  readonly persistent: boolean;
  readonly event?: StreamEventType;
  applied: boolean;
}

export interface ModelSettings {
  readonly tracks: readonly ModelTrack[];
  /** Default true: frames in front of the first key frame are skipped. */
  readonly startsAtKeyFrame?: boolean;
  readonly scaleTicks: number;
  readonly isAbsolute: boolean;
  /** Null: every key frame begins a fragment. */
  readonly fragmentDurationUs: number | null;
  readonly endsDurationFragments: boolean;
}

export interface ModelInput {
  readonly trackNumber: number;
  readonly isKey: boolean;
  readonly flags: number;
  readonly ptsUs: number;
  /** NaN when it is not known. */
  readonly dtsUs: number;
  readonly isEmpty: boolean;
  /** What is stored, or the status with which adaptation refuses it. */
  readonly stored: Uint8Array | number;
  /** Parameter sets in front of the first slice; looked at in key frames only. */
  readonly brings?: Brought | undefined;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const isReserved = (name: string): boolean => name.startsWith('AWS');

export class StreamModel {
  readonly fragments: ModelFragment[] = [];
  framesStored = 0;
  framesSkipped = 0;
  readonly generations: GenerationModel;
  readonly #settings: ModelSettings;
  #queue: QueueEntry[] = [];
  #isOpen = false;
  #isWaiting: boolean;
  #hasKeyRefused = false;
  #isEndedByMark = false;
  #start: bigint | null = null;
  #clusterPts = 0n;
  #clusterDts = 0n;
  #lastDts = 0n;

  constructor(settings: ModelSettings) {
    this.#settings = settings;
    this.#isWaiting = settings.startsAtKeyFrame ?? true;
    this.generations = new GenerationModel(settings.tracks);
  }

  /** The result of putting a frame; fragments change as they must. */
  putFrame(input: ModelInput): number {
    if (!this.generations.has(input.trackNumber)) return -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND;
    const unawaited = this.#isWaiting && !input.isKey;
    if (unawaited && !this.#hasKeyRefused) return this.#skip();
    if (input.isEmpty) return -STATUS.STATUS_MKV_INVALID_FRAME_DATA;
    const result = unawaited ? this.#skipChecked(input) : this.#store(input);
    if (result < 0 && this.#isWaiting) this.#hasKeyRefused = true;
    return result;
  }

  #skip(): number {
    this.framesSkipped++;
    return 1;
  }

  #skipChecked({ stored }: ModelInput): number {
    return typeof stored === 'number' ? stored : this.#skip();
  }

  #store({ trackNumber, isKey, flags, ptsUs, dtsUs, stored, brings }: ModelInput): number {
    const pts = this.#timecode(ptsUs);
    const dts = Number.isNaN(dtsUs) ? (pts > this.#lastDts ? pts : this.#lastDts) : this.#timecode(dtsUs);
    const started = this.#start !== null;
    if (started && (pts < this.#clusterPts || dts < this.#clusterDts))
      return -STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP;
    const found = isKey ? brings : undefined;
    const isDue = isKey && (this.#isClusterDue(pts) || this.generations.beginsGeneration(trackNumber, found));
    const begins = !started || isDue;
    if (!begins && pts - this.#clusterPts > MAX_BLOCK_TIMECODE) return -STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE;
    if (started && dts < this.#lastDts) return -STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP;
    if (typeof stored === 'number') return stored;
    const isChange = this.generations.take(trackNumber, found);
    if (begins) this.#begin(pts, dts);
    this.#lastDts = dts;
    this.#isWaiting = false;
    this.#hasKeyRefused = false;
    this.#isEndedByMark = false;
    this.fragments.at(-1)?.frames.push({ trackNumber, timecode: this.#asWritten(pts), flags, data: stored });
    this.framesStored++;
    return begins ? (isChange ? FRAME_BEGAN_GENERATION : FRAME_BEGAN_FRAGMENT) : 0;
  }

  #begin(pts: bigint, dts: bigint): void {
    this.#start ??= pts;
    this.#clusterPts = pts;
    this.#clusterDts = dts;
    this.generations.fragmentBegan();
    this.fragments.push({
      timecode: this.#asWritten(pts),
      generation: this.generations.newest,
      frames: [],
      leading: this.#leave(false),
      trailing: [],
    });
    this.#isOpen = true;
  }

  #timecode(us: number): bigint {
    return (BigInt(us) * TICKS_PER_MICROSECOND) / BigInt(this.#settings.scaleTicks);
  }

  #asWritten(pts: bigint): bigint {
    return this.#settings.isAbsolute ? pts : pts - (this.#start ?? 0n);
  }

  #isClusterDue(pts: bigint): boolean {
    const { fragmentDurationUs } = this.#settings;
    if (fragmentDurationUs === null || !this.#isOpen) return true;
    return pts - this.#clusterPts >= this.#timecode(fragmentDurationUs);
  }

  endFragment(): number {
    if (this.#isEndedByMark) return -STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR;
    if (this.#settings.fragmentDurationUs !== null && !this.#settings.endsDurationFragments)
      return -STATUS.STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE;
    const open = this.fragments.at(-1);
    if (!this.#isOpen || open === undefined) return -STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS;
    open.trailing = this.#leave(true);
    this.#isOpen = false;
    this.#isEndedByMark = true;
    this.#isWaiting = true;
    return 0;
  }

  /** Unless a mark was the last thing put, what is queued and new closes the last fragment. */
  stop(): void {
    const last = this.fragments.at(-1);
    if (last !== undefined && !this.#isEndedByMark) last.trailing = this.#leave(true);
  }

  /** The tags that go out now: all that wait, or only those that have not gone out yet. */
  #leave(onlyNew: boolean): ModelTag[] {
    const leaving = this.#queue.filter(({ applied }) => !onlyNew || !applied);
    this.#queue = this.#queue.filter(({ persistent }) => persistent);
    for (const entry of this.#queue) entry.applied = true;
    return leaving.flatMap(({ tags }) => tags);
  }

  putTag(name: string, value: string, persistent: boolean): number {
    if (isReserved(name)) return -STATUS.STATUS_INVALID_METADATA_NAME;
    if (name === '' || bytesOf(name) > MAX_TAG_NAME_BYTES) return -STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH;
    if (bytesOf(value) > MAX_TAG_VALUE_BYTES) return -STATUS.STATUS_MKV_INVALID_TAG_VALUE_LENGTH;
    if (persistent) {
      this.#queue = this.#queue.filter((entry) => !entry.persistent || entry.tags[0]?.[0] !== name);
      if (value === '') return 0;
    }
    return this.#enqueue([{ tags: [[name, value]], persistent, applied: false }]);
  }

  putEvents(events: readonly StreamEventType[], { imagePrefix = '', pairs = [] }: EventMetadata): number {
    if (events.length === 0 || pairs.length > 10) return -STATUS.STATUS_INVALID_ARG;
    if (this.#queue.some(({ event }) => event !== undefined && events.includes(event)))
      return -STATUS.STATUS_DUPLICATE_STREAM_EVENT_TYPE;
    if (this.#start === null) return -STATUS.STATUS_STREAM_NOT_STARTED;
    for (const [name, value] of pairs) {
      if (isReserved(name)) return -STATUS.STATUS_INVALID_METADATA_NAME;
      if (name === '' || bytesOf(name) > MAX_TAG_NAME_BYTES) return -STATUS.STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH;
      if (bytesOf(value) > MAX_TAG_VALUE_BYTES) return -STATUS.STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH;
    }
    if (isReserved(imagePrefix)) return -STATUS.STATUS_INVALID_METADATA_NAME;
    if (bytesOf(imagePrefix) > MAX_PREFIX_BYTES) return -STATUS.STATUS_INVALID_IMAGE_PREFIX_LENGTH;
    const prefix: ModelTag[] = imagePrefix === '' ? [] : [['AWS_KINESISVIDEO_IMAGE_PREFIX', imagePrefix]];
    const tagsOf: Readonly<Record<StreamEventType, readonly ModelTag[]>> = {
      notification: [['AWS_KINESISVIDEO_NOTIFICATION', ''], ...pairs],
      'image-generation': [['AWS_KINESISVIDEO_IMAGE_GENERATION', ''], ...prefix, ...pairs],
    };
    const order = (['notification', 'image-generation'] as const).filter((event) => events.includes(event));
    return this.#enqueue(order.map((event) => ({ tags: tagsOf[event], persistent: false, event, applied: false })));
  }

  #enqueue(entries: readonly QueueEntry[]): number {
    const count = [...this.#queue, ...entries].reduce((sum, { tags }) => sum + tags.length, 0);
    if (count > MAX_TAGS) return -STATUS.STATUS_MAX_FRAGMENT_METADATA_COUNT;
    this.#queue.push(...entries);
    return 0;
  }
}
