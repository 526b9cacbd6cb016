/**
 * Makes fragments out of the parts of an upload.
 *
 * ```
 *   parts ─▶ rules of the fragment ─▶ sink (store, or live buffer) ─▶ sync ─▶ index ─▶ readers
 *                │ BUFFERING, RECEIVED                                  │ PERSISTED
 * ```
 * A fragment ends with the next cluster, with an END_OF_FRAGMENT tag, with a cluster that states its size, or with the end
 * of the body. Source: service-api §3.1, mkv-nal-spec §10.6.
 */
import type { ServiceContext } from '../context.ts';
import { firstSequenceOfConnection, formatFragmentNumber } from '../fragment-number.ts';
import type { LiveChannel } from '../live/live-hub.ts';
import type { StreamRow } from '../storage.ts';
import { fragmentAck } from './acks.ts';
import type { AckedFragment } from './acks.ts';
import { ArchiveSink, LiveSink } from './fragment-sink.ts';
import type { FragmentSink } from './fragment-sink.ts';
import { PendingTags } from './fragment-tags.ts';
import { IngestError, storeError, streamNotActive } from './ingest-error.ts';
import type { IngestEvent } from './media-splitter.ts';
import { OpenFragment } from './open-fragment.ts';
import type { ProducerClock, StreamHeader } from './open-fragment.ts';
import type { SealedFragment } from './persist-queue.ts';

export interface AssemblerOptions {
  readonly context: ServiceContext;
  readonly stream: StreamRow;
  readonly clock: ProducerClock;
  /** Takes an acknowledgement line. */
  send(ackLine: string): void;
  /** A sealed fragment could not be persisted, so none after it will be. Called at most once. */
  onLost(fragment: AckedFragment, error: IngestError): void;
}

export class FragmentAssembler {
  readonly #options: AssemblerOptions;
  readonly #context: ServiceContext;
  readonly #stream: StreamRow;
  readonly #channel: LiveChannel;
  readonly #pendingTags: PendingTags;
  readonly #liveSink: LiveSink;
  #archiveSink: ArchiveSink | null = null;
  #header: StreamHeader | null = null;
  #fragment: OpenFragment | null = null;
  #sink: FragmentSink | null = null;
  #nextSequence = 0;
  #previousLastTimecode = -Infinity;

  constructor(options: AssemblerOptions) {
    const { context, stream } = options;
    this.#options = options;
    this.#context = context;
    this.#stream = stream;
    this.#channel = context.live.channel(stream.streamId);
    this.#pendingTags = new PendingTags(context.limits);
    this.#liveSink = new LiveSink(this.#channel, context.limits.liveBufferBytes);
  }

  /** The fragment under way, null between fragments. */
  get openFragment(): AckedFragment | null {
    return this.#fragment;
  }

  /** Takes the numbers of this connection's fragments. To be called once, when no other upload of the stream is left. */
  async begin(): Promise<void> {
    const lastSequence = await this.#context.streams.lastSequence(this.#stream.streamId);
    this.#nextSequence = firstSequenceOfConnection(Math.max(lastSequence, this.#channel.lastSequence));
  }

  /**
   * Takes the next part.
   * @param arrivedAtMs  when its bytes came, integer milliseconds since the epoch
   * @throws IngestError when a fragment breaks a rule, the stream is gone, or the store fails
   */
  async apply(event: IngestEvent, arrivedAtMs: number): Promise<void> {
    switch (event.kind) {
      case 'header':
        this.#header = event.header;
        break;
      case 'cluster-start':
        await this.#sealFragment();
        break;
      case 'timecode':
        await this.#openFragment(event.timecode, arrivedAtMs);
        break;
      case 'frame':
        this.#fragment?.addFrame(event.trackNumber, event.relativeTimecode, this.#previousLastTimecode);
        break;
      case 'media':
        this.#fragment?.addMedia(event.bytes.length);
        await storing(this.#sink?.append(event.bytes));
        break;
      case 'cluster-end':
        if (event.isSizeKnown) await this.#sealFragment();
        break;
      case 'tags':
        this.#pendingTags.add(event.element);
        if (event.element.endsFragment) await this.#endFragment();
        break;
    }
  }

  /** The body has ended cleanly. Throws as `apply` does. */
  async endOfBody(): Promise<void> {
    if (this.#fragment !== null) return this.#endFragment();
    const { violation } = this.#pendingTags.take();
    if (violation !== null) throw new IngestError(4009, `Tags at the end of the body have ${violation}`);
  }

  /**
   * Discards the fragment under way and resolves when those before it are persisted, or lost.
   * @throws IngestError 5001 when the store fails in that, 4008 when the stream is gone
   */
  async close(): Promise<void> {
    try {
      if (this.#fragment !== null) await storing(this.#sink?.discard());
    } finally {
      this.#fragment = null;
      await storing(this.#archiveSink?.close());
    }
  }

  /** The stream is gone: nothing more of it has to be persisted. */
  abandon(): void {
    this.#archiveSink?.abandon();
  }

  async #openFragment(timecode: number, arrivedAtMs: number): Promise<void> {
    const { platform, limits } = this.#context;
    const header = this.#header;
    if (header === null) throw new TypeError('Cluster without a stream header');
    const stream = await this.#activeStream();
    const sequence = this.#nextSequence;
    const random = new DataView(platform.randomBytes(4).buffer).getUint32(0);
    const fragmentNumber = formatFragmentNumber(sequence, arrivedAtMs, random);
    this.#nextSequence += 1;
    this.#channel.lastSequence = sequence;
    const facts = { timecode, sequence, fragmentNumber, serverTimestampMs: arrivedAtMs };
    this.#fragment = new OpenFragment(facts, header, limits);
    this.#options.send(fragmentAck('BUFFERING', this.#fragment));
    this.#fragment.addTags(this.#pendingTags.take());
    this.#fragment.setProducerClock(this.#options.clock, platform.now());
    this.#sink = await this.#sinkFor(stream);
    await storing(this.#sink.open(header.bytes));
  }

  /** Tags in front of the end of a fragment belong to it. */
  async #endFragment(): Promise<void> {
    if (this.#fragment === null) return;
    this.#fragment.addTags(this.#pendingTags.take());
    await this.#sealFragment();
  }

  async #sealFragment(): Promise<void> {
    const fragment = this.#fragment;
    if (fragment === null) return;
    fragment.checkComplete();
    await storing(this.#sink?.seal(fragment.facts(this.#stream.streamId), fragment.timecode));
    this.#previousLastTimecode = fragment.lastTimecode;
    this.#fragment = null;
    this.#options.send(fragmentAck('RECEIVED', fragment));
    this.#sink?.publish();
  }

  /** The stream's row as it is now: it may be deleted, or change its retention, while it is uploaded to. */
  async #activeStream(): Promise<StreamRow> {
    const row = await this.#context.streams.streamByArn(this.#stream.arn);
    if (row === null || row.status === 'DELETING') throw streamNotActive();
    return row;
  }

  async #sinkFor(stream: StreamRow): Promise<FragmentSink> {
    if (stream.retentionHours === 0) return this.#liveSink;
    if (this.#archiveSink !== null) return this.#archiveSink;
    const events = {
      onPersisted: (sealed: SealedFragment) => this.#persisted(sealed),
      onFailed: (sealed: SealedFragment, cause: unknown) =>
        this.#options.onLost(ackedFragment(sealed), storeError(cause)),
    };
    this.#archiveSink = await storing(ArchiveSink.create(this.#context, stream.streamId, events));
    return this.#archiveSink;
  }

  #persisted(sealed: SealedFragment): void {
    this.#channel.announce(sealed.row.serverTimestampMs);
    this.#options.send(fragmentAck('PERSISTED', ackedFragment(sealed)));
  }
}

/** Waits for work of the fragment store, whose failures have an error id of their own. */
async function storing<T>(work: Promise<T> | T): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw storeError(cause);
  }
}

function ackedFragment(sealed: SealedFragment): AckedFragment {
  return { timecode: sealed.timecode, fragmentNumber: sealed.row.fragmentNumber };
}
