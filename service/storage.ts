/**
 * The two ports that storage stands behind: the fragment store (immutable bytes) and the index (rows).
 *
 * A fragment becomes visible in three steps, always in this order: its bytes are appended and sealed, the bytes are made
 * durable (`FragmentStore.sync`), its row is committed (`StreamIndex.commitFragments`). Whatever a crash leaves behind
 * before the last step is unreachable garbage, never a half-visible fragment.
 */

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';

/** One stream, as the control plane knows it. */
export interface StreamRow {
  /** Changes when a deleted name is created again; keys fragments and files. */
  readonly streamId: string;
  readonly name: string;
  readonly arn: string;
  readonly deviceName: string | null;
  readonly mediaType: string | null;
  readonly kmsKeyId: string | null;
  /** Opaque, 20 characters; new on every accepted change. */
  readonly version: string;
  readonly status: StreamStatus;
  readonly creationTimeMs: number;
  readonly retentionHours: number;
}

/**
 * Where a sealed run of bytes lies in the fragment store. Opaque to everyone else but for one thing: the locations of one
 * stream sort, as strings, in the order in which the store can free what they occupy.
 */
export type BlobLocation = string;

/** Something was written for a stream that no longer exists. */
export class StreamGoneError extends Error {
  override readonly name = 'StreamGoneError';
  readonly streamId: string;

  constructor(streamId: string, options?: ErrorOptions) {
    super(`Stream ${streamId} is gone`, options);
    this.streamId = streamId;
  }
}

/** A blob was asked for that the store no longer (or never) had: trimmed, or its stream deleted, under a reader. */
export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError';
  readonly location: BlobLocation;

  constructor(location: BlobLocation, options?: ErrorOptions) {
    super(`No such blob: ${location}`, options);
    this.location = location;
  }
}

/** One persisted fragment. */
export interface FragmentRow {
  readonly streamId: string;
  /** Rises by one a fragment; jumps to the next multiple of 1000 plus one on a new PutMedia connection. */
  readonly sequence: number;
  /** Decimal string, see service-api §3.2. Numeric order is ingest order. */
  readonly fragmentNumber: string;
  /** Milliseconds since the epoch. */
  readonly producerTimestampMs: number;
  readonly serverTimestampMs: number;
  readonly durationMs: number;
  readonly frameCount: number;
  /** Cluster bytes as ingested. */
  readonly mediaSizeBytes: number;
  readonly media: BlobLocation;
  /** EBML header, Segment, Info and Tracks as the producer sent them; many fragments share one. */
  readonly header: BlobLocation;
  readonly headerSizeBytes: number;
  /** The producer's Tags elements that belong to this fragment, as ingested (possibly empty). */
  readonly tags: Uint8Array;
}

/** Immutable blobs. */
export interface FragmentStore {
  /** Opens the one writer of a stream's connection. Writers of different streams are independent. */
  openWriter(streamId: string): Promise<FragmentWriter>;
  /**
   * Yields the bytes of a sealed blob in order, in pieces of bounded size; each piece is the caller's to keep.
   * @throws BlobNotFoundError when the blob is gone
   */
  read(location: BlobLocation): AsyncIterable<Uint8Array>;
  /** Forgets every blob of a stream; its open writers fail from then on. */
  deleteStream(streamId: string): Promise<void>;
  /**
   * Frees, as far as the engine can, what lies before the oldest location in use (everything, when there is none). What
   * writers that are open now wrote is kept, because rows that use it may be about to be committed; therefore the store
   * asks for the oldest location only after it noted its open writers.
   */
  trim(streamId: string, oldestInUse: () => Promise<BlobLocation | null>): Promise<void>;
  /** Closes every writer too. */
  close(): Promise<void>;
}

/** Appends one blob at a time; what was appended but never sealed is not readable. */
export interface FragmentWriter {
  /** Resolves when the engine can take more. The bytes are the writer's from the call on. */
  append(bytes: Uint8Array): Promise<void>;
  /** Ends the blob; resolves to where it lies and its size in bytes. Not yet durable. */
  seal(): Promise<{ readonly location: BlobLocation; readonly sizeBytes: number }>;
  /** Throws away what was appended since the last seal, and with it a failure to write that. */
  abort(): Promise<void>;
  /** Resolves when every sealed blob of this writer survives power loss. Calls made together share one sync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type FragmentQuery =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'after'; readonly fragmentNumber: string }
  | { readonly kind: 'at'; readonly clock: 'server' | 'producer'; readonly timestampMs: number };

/** The rows. Every promise of a mutating call resolves when the change is durable. */
export interface StreamIndex {
  /** Adds a stream; false when its name is taken. */
  createStream(row: StreamRow, tags: ReadonlyMap<string, string>): Promise<boolean>;
  streamByName(name: string): Promise<StreamRow | null>;
  streamByArn(arn: string): Promise<StreamRow | null>;
  /** Streams in name order, after `afterName`, whose names begin with `prefix`. */
  listStreams(page: {
    readonly afterName?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<StreamRow[]>;
  /** Replaces the row if its version is still `expectedVersion`; false when it is not. */
  updateStream(row: StreamRow, expectedVersion: string): Promise<boolean>;
  /** Removes the stream with its tags and fragments. */
  deleteStream(streamId: string): Promise<void>;
  countStreams(): Promise<number>;
  tags(streamId: string): Promise<Map<string, string>>;
  putTags(streamId: string, tags: ReadonlyMap<string, string>): Promise<void>;
  deleteTags(streamId: string, keys: readonly string[]): Promise<void>;
  /** Highest sequence ever given out for the stream, 0 for none. */
  lastSequence(streamId: string): Promise<number>;
  /**
   * Commits the rows, all or none; calls made together may share one transaction but not each other's failures.
   * @throws StreamGoneError when a row's stream was deleted meanwhile
   */
  commitFragments(rows: readonly FragmentRow[]): Promise<void>;
  /**
   * The first fragment that answers the query, or null. `after` takes the lowest number above the given one. `at` takes
   * the last fragment that starts at or before the time if that contains it, else the first that starts later; of
   * fragments that start together (sent again after a roll-back) it takes the first ingested, so that none is missed.
   */
  firstFragment(streamId: string, query: FragmentQuery): Promise<FragmentRow | null>;
  /** The next fragments in ingest order after a sequence. */
  fragmentsAfter(streamId: string, sequence: number, limit: number): Promise<FragmentRow[]>;
  /** Deletes rows with a server timestamp before the limit; returns how many. */
  expireFragments(streamId: string, beforeServerTimestampMs: number): Promise<number>;
  /** The location that sorts first among those that rows of the stream use, null when there is no row. */
  oldestBlob(streamId: string): Promise<BlobLocation | null>;
  close(): Promise<void>;
}
