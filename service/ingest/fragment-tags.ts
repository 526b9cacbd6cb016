/**
 * The producer's Tags elements: fragment metadata, the marker that ends a fragment, and tags about the file as a whole.
 *
 * Which fragment a Tags element belongs to is only known later: to the next cluster, or to the cluster before it when an
 * END_OF_FRAGMENT marker comes first (mkv-nal-spec §10.6). A broken limit is therefore noted here and raised when the tags
 * are bound to a fragment, so that the error names the right one. Source of the limits: service-api §3.1.
 */
import { SIMPLE_TAG, TAG, TAG_BINARY, TAG_NAME, TAG_STRING, TAG_TRACK_UID } from '../../assembly/ebml/ids.ts';
import { join } from '../../sdk/core/held-bytes.ts';
import type { ServiceLimits } from '../limits.ts';
import { GatheredBytes } from './gathered-bytes.ts';

export type TagLimits = Pick<
  ServiceLimits,
  'maxTagsPerFragment' | 'maxFragmentTagNameBytes' | 'maxFragmentTagValueBytes'
>;

const END_OF_FRAGMENT = 'AWS_KINESISVIDEO_END_OF_FRAGMENT';

/** Names that begin with this are the service's own; a producer may use the few below. */
const RESERVED_PREFIX = 'AWS';

/** An event's Tag holds one of the first two, and up to ten names of the producer's own beside it (mkv-nal-spec §4.6). */
const EVENT_NAMES: readonly string[] = ['AWS_KINESISVIDEO_IMAGE_GENERATION', 'AWS_KINESISVIDEO_NOTIFICATION'];
const PRODUCER_NAMES: readonly string[] = [...EVENT_NAMES, 'AWS_KINESISVIDEO_IMAGE_PREFIX', END_OF_FRAGMENT];

/** Ten items of the longest names and values, and two events as large, take 13 KB; the rest is room for odd encodings. */
const MAX_ELEMENT_BYTES = 64 * 1024;

/** One Tags element, read to its end. */
export interface TagsElement {
  /** As ingested; empty when it was too long to be kept. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** Items that count against the limit of a fragment. */
  readonly itemCount: number;
  /** It aims at a track: it describes the file, as muxers write it, and is no fragment metadata. */
  readonly isAboutFile: boolean;
  /** It ends the fragment before it. */
  readonly endsFragment: boolean;
  /** What breaks a limit, or null. */
  readonly violation: string | null;
}

/** Reads one Tags element from the reader's events and raw bytes. */
export class TagsElementReader {
  readonly #limits: TagLimits;
  readonly #gathered = new GatheredBytes();
  #sizeBytes = 0;
  #itemCount = 0;
  #itemsInTag = 0;
  #isEventTag = false;
  #isAboutFile = false;
  #endsFragment = false;
  #hasOtherNames = false;
  #violation: string | null = null;

  constructor(limits: TagLimits) {
    this.#limits = limits;
  }

  /** A master begins, or a binary value too long to be delivered as one. */
  start(elementId: number, sizeBytes: number): void {
    if (elementId === TAG_BINARY) this.#checkValue(sizeBytes);
    if (elementId !== TAG) return;
    this.#itemsInTag = 0;
    this.#isEventTag = false;
  }

  /** @param text  the value of a text element, empty for others */
  value(elementId: number, sizeBytes: number, text: string): void {
    if (elementId === TAG_TRACK_UID) this.#isAboutFile = true;
    else if (elementId === TAG_NAME) this.#name(text, sizeBytes);
    else if (elementId === TAG_STRING || elementId === TAG_BINARY) this.#checkValue(sizeBytes);
  }

  end(elementId: number): void {
    if (elementId === SIMPLE_TAG) {
      if (this.#itemsInTag > this.#limits.maxTagsPerFragment)
        this.#violate(`more than ${this.#limits.maxTagsPerFragment} items`);
    } else if (elementId === TAG && !this.#isEventTag) {
      this.#itemCount += this.#itemsInTag;
    }
  }

  append(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#sizeBytes += piece.length;
      this.#gathered.append(piece);
    }
    if (this.#sizeBytes > MAX_ELEMENT_BYTES) {
      this.#gathered.clear();
      this.#violate(`a Tags element longer than ${MAX_ELEMENT_BYTES} bytes`);
    }
  }

  /** The element, after its end. */
  finish(): TagsElement {
    return {
      bytes: this.#endsFragment && !this.#hasOtherNames ? new Uint8Array() : this.#gathered.take(),
      sizeBytes: this.#sizeBytes,
      itemCount: this.#itemCount,
      isAboutFile: this.#isAboutFile,
      endsFragment: this.#endsFragment,
      violation: this.#violation,
    };
  }

  #name(name: string, sizeBytes: number): void {
    if (name === END_OF_FRAGMENT) {
      this.#endsFragment = true;
      return;
    }
    this.#hasOtherNames = true;
    if (EVENT_NAMES.includes(name)) this.#isEventTag = true;
    if (PRODUCER_NAMES.includes(name)) return;
    if (name.startsWith(RESERVED_PREFIX)) this.#violate(`the reserved name ${name.slice(0, 64)}`);
    if (sizeBytes > this.#limits.maxFragmentTagNameBytes) this.#violate(`a name of ${sizeBytes} bytes`);
    this.#itemsInTag += 1;
  }

  #checkValue(sizeBytes: number): void {
    if (sizeBytes > this.#limits.maxFragmentTagValueBytes) this.#violate(`a value of ${sizeBytes} bytes`);
  }

  #violate(what: string): void {
    this.#violation ??= what;
  }
}

/** Tags that were found to belong to one fragment. */
export interface BoundTags {
  readonly bytes: Uint8Array;
  readonly itemCount: number;
  /** What breaks a limit, or null. */
  readonly violation: string | null;
}

/** Tags elements that wait for the fragment they belong to. */
export class PendingTags {
  readonly #limits: TagLimits;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;
  #itemCount = 0;
  #violation: string | null = null;

  constructor(limits: TagLimits) {
    this.#limits = limits;
  }

  add(element: TagsElement): void {
    this.#itemCount += element.itemCount;
    this.#sizeBytes += element.sizeBytes;
    this.#violation ??= element.violation;
    if (this.#itemCount > this.#limits.maxTagsPerFragment) this.#violation ??= `${this.#itemCount} items`;
    if (this.#sizeBytes > MAX_ELEMENT_BYTES) this.#violation ??= `${this.#sizeBytes} bytes of tags`;
    if (this.#violation === null) this.#pieces.push(element.bytes);
    else this.#pieces = [];
  }

  /** Empties this; the tags now belong to one fragment. */
  take(): BoundTags {
    const taken = { bytes: join(this.#pieces), itemCount: this.#itemCount, violation: this.#violation };
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.#itemCount = 0;
    this.#violation = null;
    return taken;
  }
}
