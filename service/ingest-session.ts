/**
 * One PutMedia connection, from its first byte to its last acknowledgement.
 *
 * ```
 *   body ─▶ splitter ─▶ rules of the fragment ─▶ sink (store, or live buffer) ─▶ sync ─▶ index ─▶ readers
 *                           │ BUFFERING, RECEIVED                                  │ PERSISTED
 *                           └──────────────▶ acknowledgements ◀────────────────────┘
 * ```
 * A fragment ends with the next cluster, with an END_OF_FRAGMENT tag, with a cluster that states its size, or with the end
 * of the body. Whatever ends the connection in another way discards the fragment that is open; those that were sealed are
 * persisted and acknowledged before the ERROR goes out, so that the producer does not send them again.
 */
import { Core } from '../sdk/core/core.ts';
import { MkvReader } from '../sdk/core/mkv-reader.ts';
import { AckStream, errorAck, fragmentAck, idleAck } from './acks.ts';
import type { AckedFragment } from './acks.ts';
import type { ServiceContext } from './context.ts';
import { firstSequenceOfConnection, formatFragmentNumber } from './fragment-number.ts';
import { UploadBody } from './ingest-body.ts';
import { IngestError } from './ingest-error.ts';
import { OpenFragment } from './ingest-fragment.ts';
import type { StreamHeader } from './ingest-fragment.ts';
import type { SealedFragment } from './ingest-persist.ts';
import { ArchiveSink, LiveSink } from './ingest-sink.ts';
import type { FragmentSink } from './ingest-sink.ts';
import { MediaSplitter } from './ingest-splitter.ts';
import type { IngestEvent } from './ingest-splitter.ts';
import { PendingTags } from './ingest-tags.ts';
import type { ActiveUpload, LiveChannel, UploadEnd } from './live-hub.ts';
import type { PutMediaRequest } from './put-media-request.ts';
import { StreamGoneError } from './storage.ts';
import type { StreamRow } from './storage.ts';

export interface IngestOptions {
  readonly context: ServiceContext;
  readonly stream: StreamRow;
  readonly request: PutMediaRequest;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The upload that this one replaces; it has to end before this one may begin. */
  readonly predecessor: ActiveUpload | null;
}

export class IngestSession implements ActiveUpload {
  readonly ended: Promise<void>;
  readonly #context: ServiceContext;
  readonly #stream: StreamRow;
  readonly #request: PutMediaRequest;
  readonly #channel: LiveChannel;
  readonly #body: UploadBody;
  readonly #acks = new AckStream();
  readonly #pendingTags: PendingTags;
  readonly #liveSink: LiveSink;
  #archiveSink: ArchiveSink | null = null;
  #header: StreamHeader | null = null;
  #fragment: OpenFragment | null = null;
  #sink: FragmentSink | null = null;
  #nextSequence = 0;
  #arrivedAtMs = 0;
  #previousLastTimecode = -Infinity;
  /** The fragment that could not be persisted. */
  #lostFragment: AckedFragment | null = null;
  #persistError: IngestError | null = null;

  constructor(options: IngestOptions) {
    const { context, stream } = options;
    this.#context = context;
    this.#stream = stream;
    this.#request = options.request;
    this.#channel = context.live.channel(stream.streamId);
    this.#body = new UploadBody(options.body, context.platform, context.limits);
    this.#pendingTags = new PendingTags(context.limits);
    this.#liveSink = new LiveSink(this.#channel, context.limits.liveBufferBytes);
    this.ended = this.#run(options.predecessor);
  }

  /** The response body: acknowledgements, as they come. */
  get acks(): ReadableStream<Uint8Array> {
    return this.#acks.body;
  }

  end(reason: UploadEnd): void {
    if (reason === 'stream-deleted') this.#archiveSink?.abandon();
    this.#body.stop(reason);
  }

  async #run(predecessor: ActiveUpload | null): Promise<void> {
    const { platform } = this.#context;
    let error: IngestError | null = null;
    try {
      await predecessor?.ended;
      await this.#ingest();
    } catch (cause) {
      error = asIngestError(cause);
    }
    const failed = this.#fragment;
    await this.#settle();
    error = this.#persistError ?? error;
    if (error !== null) {
      this.#send(errorAck(error, this.#lostFragment ?? failed));
      platform.log(error.errorId >= 5000 ? 'error' : 'warn', 'upload ended with an error', {
        stream: this.#stream.name,
        errorId: error.errorId,
        errorCode: error.errorCode,
        message: error.message,
        cause: error.cause,
      });
    }
    this.#acks.end();
    this.#channel.release(this);
    await this.#body.close();
  }

  /** Discards what is open and waits for what is sealed. */
  async #settle(): Promise<void> {
    try {
      if (this.#fragment !== null) await this.#sink?.discard();
      this.#fragment = null;
      await this.#archiveSink?.close();
    } catch (cause) {
      this.#persistError ??= storeError(cause);
    }
  }

  async #ingest(): Promise<void> {
    const { platform, streams, limits } = this.#context;
    const lastSequence = await streams.lastSequence(this.#stream.streamId);
    this.#nextSequence = firstSequenceOfConnection(Math.max(lastSequence, this.#channel.lastSequence));
    // A core of its own: what a hostile body does to it, it does to no other connection.
    const core = Core.create(await platform.loadCore());
    const reader = new MkvReader(core, { strict: true, skipPayloads: true });
    try {
      await this.#follow(new MediaSplitter(reader, limits));
    } finally {
      reader.dispose();
    }
  }

  async #follow(splitter: MediaSplitter): Promise<void> {
    for (;;) {
      const event = await this.#body.next();
      switch (event.kind) {
        case 'bytes':
          this.#arrivedAtMs = Math.trunc(this.#context.platform.now());
          for (const part of splitter.push(event.bytes)) await this.#apply(part);
          break;
        case 'idle':
          this.#send(idleAck());
          break;
        case 'end':
          for (const part of splitter.finish()) await this.#apply(part);
          await this.#endOfBody();
          return;
        case 'idle-timeout':
          return;
        case 'stop':
          if (event.reason === 'stream-deleted') throw streamNotActive();
          return;
      }
    }
  }

  async #apply(event: IngestEvent): Promise<void> {
    switch (event.kind) {
      case 'header':
        this.#header = event.header;
        break;
      case 'cluster-start':
        await this.#sealFragment();
        break;
      case 'timecode':
        await this.#openFragment(event.timecode);
        break;
      case 'frame':
        this.#fragment?.addFrame(event.trackNumber, event.relativeTimecode, this.#previousLastTimecode);
        break;
      case 'media':
        this.#fragment?.addMedia(event.bytes.length);
        await this.#store(() => this.#sink?.append(event.bytes));
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

  async #openFragment(timecode: number): Promise<void> {
    const { platform, limits } = this.#context;
    const header = this.#header;
    if (header === null) throw new TypeError('Cluster without a stream header');
    await this.#acks.drained();
    const stream = await this.#activeStream();
    const serverTimestampMs = this.#arrivedAtMs;
    const sequence = this.#nextSequence;
    const random = new DataView(platform.randomBytes(4).buffer).getUint32(0);
    const fragmentNumber = formatFragmentNumber(sequence, serverTimestampMs, random);
    this.#nextSequence += 1;
    this.#channel.lastSequence = sequence;
    this.#fragment = new OpenFragment({ timecode, sequence, fragmentNumber, serverTimestampMs }, header, limits);
    this.#send(fragmentAck('BUFFERING', this.#fragment));
    this.#fragment.addTags(this.#pendingTags.take());
    this.#fragment.setProducerClock(this.#request.clock, platform.now());
    await this.#store(async () => {
      this.#sink = await this.#sinkFor(stream);
      await this.#sink.open(header.bytes);
    });
  }

  /** An END_OF_FRAGMENT tag: the tags before it belong to the fragment that it ends. */
  async #endFragment(): Promise<void> {
    if (this.#fragment === null) return;
    this.#fragment.addTags(this.#pendingTags.take());
    await this.#sealFragment();
  }

  async #endOfBody(): Promise<void> {
    if (this.#fragment !== null) return this.#endFragment();
    const { violation } = this.#pendingTags.take();
    if (violation !== null) throw new IngestError(4009, `Tags at the end of the body have ${violation}`);
  }

  async #sealFragment(): Promise<void> {
    const fragment = this.#fragment;
    if (fragment === null) return;
    fragment.checkComplete();
    await this.#store(() => this.#sink?.seal(fragment.facts(this.#stream.streamId), fragment.timecode));
    this.#previousLastTimecode = fragment.lastTimecode;
    this.#fragment = null;
    this.#send(fragmentAck('RECEIVED', fragment));
    this.#sink?.publish();
  }

  /** The stream's row as it is now. @throws IngestError 4008 when the stream is gone or going */
  async #activeStream(): Promise<StreamRow> {
    const row = await this.#context.streams.streamByArn(this.#stream.arn);
    if (row === null || row.status === 'DELETING') throw streamNotActive();
    return row;
  }

  async #sinkFor(stream: StreamRow): Promise<FragmentSink> {
    if (stream.retentionHours === 0) return this.#liveSink;
    this.#archiveSink ??= await ArchiveSink.create(this.#context, stream.streamId, {
      onPersisted: (sealed) => this.#persisted(sealed),
      onFailed: (sealed, cause) => this.#persistFailed(sealed, cause),
    });
    return this.#archiveSink;
  }

  #persisted(sealed: SealedFragment): void {
    this.#channel.announce(sealed.row.serverTimestampMs);
    this.#send(fragmentAck('PERSISTED', ackedFragment(sealed)));
  }

  #persistFailed(sealed: SealedFragment, cause: unknown): void {
    this.#lostFragment = ackedFragment(sealed);
    this.#persistError = storeError(cause);
    this.#body.fail(this.#persistError);
  }

  #send(ackLine: string): void {
    if (this.#request.wantsAcks) this.#acks.send(ackLine);
  }

  /** Work of the fragment store, whose failures have an id of their own. */
  async #store(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw storeError(cause);
    }
  }
}

function streamNotActive(): IngestError {
  return new IngestError(4008, 'Stream was deleted');
}

function storeError(cause: unknown): IngestError {
  if (cause instanceof StreamGoneError) return streamNotActive();
  return new IngestError(5001, 'Fragment store failed', { cause });
}

function ackedFragment(sealed: SealedFragment): AckedFragment {
  return { timecode: sealed.timecode, fragmentNumber: sealed.row.fragmentNumber };
}

function asIngestError(cause: unknown): IngestError {
  return cause instanceof IngestError ? cause : new IngestError(5000, 'Upload failed', { cause });
}
