import * as id from '../../assembly/ebml/ids.ts';
import type { MkvReader } from '../core/mkv-reader.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { MediaTrack } from './media-types.ts';

type Draft = { -readonly [Name in keyof MediaTrack]: MediaTrack[Name] };

/** TrackType of RFC 9559 §5.1.4.1.3. */
const TYPE_VIDEO = 1;
const TYPE_AUDIO = 2;

const newDraft = (): Draft => ({ number: 0, uid: 0n, type: 'other', codecId: '' });

/** Collects the entries of a Tracks element. RFC 9559 §5.1.4. */
export class TrackList {
  readonly #budget: ByteBudget;
  #tracks: MediaTrack[] = [];
  /** What was given out of `#tracks`; fragments keep theirs. */
  #snapshot: readonly MediaTrack[] | null = null;
  readonly #defaultDurationsNs = new Map<number, number>();
  #draft: Draft = newDraft();

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get tracks(): readonly MediaTrack[] {
    return (this.#snapshot ??= [...this.#tracks]);
  }

  /** Nanoseconds a frame of this track lasts, 0 when the header does not say. */
  defaultDurationNs(trackNumber: number): number {
    return this.#defaultDurationsNs.get(trackNumber) ?? 0;
  }

  /** A new document begins. */
  clear(): void {
    this.#tracks = [];
    this.#snapshot = null;
    this.#defaultDurationsNs.clear();
    this.#budget.reset();
  }

  start(elementId: number): void {
    // Tracks may recur in a Segment, but only as they were.
    if (elementId === id.TRACKS) this.clear();
    else if (elementId === id.TRACK_ENTRY) this.#draft = newDraft();
  }

  end(elementId: number): void {
    if (elementId !== id.TRACK_ENTRY) return;
    this.#budget.charge(0);
    const { number, defaultDurationNs } = this.#draft;
    if (defaultDurationNs !== undefined) this.#defaultDurationsNs.set(number, defaultDurationNs);
    this.#tracks.push(this.#draft);
    this.#snapshot = null;
    this.#draft = newDraft();
  }

  value(reader: MkvReader): void {
    const draft = this.#draft;
    switch (reader.elementId) {
      case id.TRACK_NUMBER:
        draft.number = reader.uintValue;
        break;
      case id.TRACK_UID:
        draft.uid = reader.bigUintValue;
        break;
      case id.TRACK_TYPE:
        draft.type = trackType(reader.uintValue);
        break;
      case id.CODEC_ID:
        draft.codecId = this.#text(reader);
        break;
      case id.TRACK_NAME:
        draft.name = this.#text(reader);
        break;
      case id.CODEC_PRIVATE:
        this.#budget.charge(reader.dataSizeBytes);
        draft.codecPrivateData = reader.binary();
        break;
      case id.DEFAULT_DURATION:
        draft.defaultDurationNs = reader.uintValue;
        break;
      case id.PIXEL_WIDTH:
        draft.pixelWidth = reader.uintValue;
        break;
      case id.PIXEL_HEIGHT:
        draft.pixelHeight = reader.uintValue;
        break;
      case id.SAMPLING_FREQUENCY:
        draft.samplingFrequencyHz = reader.floatValue;
        break;
      case id.CHANNELS:
        draft.channels = reader.uintValue;
        break;
      case id.BIT_DEPTH:
        draft.bitDepth = reader.uintValue;
        break;
      default:
    }
  }

  /** A CodecPrivate too long to be one value. */
  setCodecPrivateData(data: Uint8Array): void {
    this.#draft.codecPrivateData = data;
  }

  #text(reader: MkvReader): string {
    this.#budget.charge(reader.dataSizeBytes);
    return reader.text();
  }
}

function trackType(type: number): MediaTrack['type'] {
  if (type === TYPE_VIDEO) return 'video';
  return type === TYPE_AUDIO ? 'audio' : 'other';
}

/** Whether a decoder set up for the one list can go on with the other. */
export function sameTracks(a: readonly MediaTrack[], b: readonly MediaTrack[]): boolean {
  return a.length === b.length && a.every((track, index) => sameTrack(track, b[index] as MediaTrack));
}

function sameTrack(a: MediaTrack, b: MediaTrack): boolean {
  return (
    a.number === b.number &&
    a.type === b.type &&
    a.codecId === b.codecId &&
    a.pixelWidth === b.pixelWidth &&
    a.pixelHeight === b.pixelHeight &&
    a.samplingFrequencyHz === b.samplingFrequencyHz &&
    a.channels === b.channels &&
    a.bitDepth === b.bitDepth &&
    sameBytes(a.codecPrivateData, b.codecPrivateData)
  );
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
