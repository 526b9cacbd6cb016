/**
 * One PutMedia connection, from its first byte to its last acknowledgement.
 *
 * ```
 *   body ─▶ splitter ─▶ assembler ─▶ store and readers
 *   response ◀── acknowledgements ◀──┘
 * ```
 * Whatever ends the connection but the end of its body discards the fragment that is open. Those that were sealed are
 * persisted and acknowledged before an ERROR goes out, so that the producer does not send them again.
 */
import { Core } from '../../sdk/core/core.ts';
import { MkvReader } from '../../sdk/core/mkv-reader.ts';
import type { ServiceContext } from '../context.ts';
import { describeError } from '../errors.ts';
import type { ActiveUpload, LiveChannel, UploadEnd } from '../live/live-hub.ts';
import type { StreamRow } from '../storage.ts';
import { AckStream, errorAck, idleAck } from './acks.ts';
import type { AckedFragment } from './acks.ts';
import { FragmentAssembler } from './fragment-assembler.ts';
import { asIngestError, streamNotActive } from './ingest-error.ts';
import type { IngestError } from './ingest-error.ts';
import { MediaSplitter } from './media-splitter.ts';
import type { PutMediaRequest } from './put-media-request.ts';
import { UploadBody } from './upload-body.ts';

export interface IngestOptions {
  readonly context: ServiceContext;
  readonly stream: StreamRow;
  readonly request: PutMediaRequest;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The upload that this one replaces; it has to end before this one may begin. */
  readonly predecessor: ActiveUpload | null;
}

/** Why a connection ends, and which fragment that concerns, where it is one. */
interface Failure {
  readonly error: IngestError;
  readonly fragment: AckedFragment | null;
}

export class IngestSession implements ActiveUpload {
  readonly ended: Promise<void>;
  readonly #context: ServiceContext;
  readonly #stream: StreamRow;
  readonly #channel: LiveChannel;
  readonly #wantsAcks: boolean;
  readonly #body: UploadBody;
  readonly #acks = new AckStream();
  readonly #assembler: FragmentAssembler;
  /** A fragment that was received but could not be persisted: goes before any other failure. */
  #loss: Failure | null = null;

  constructor(options: IngestOptions) {
    const { context, stream, request } = options;
    this.#context = context;
    this.#stream = stream;
    this.#channel = context.live.channel(stream.streamId);
    this.#wantsAcks = request.wantsAcks;
    this.#body = new UploadBody(options.body, context.platform, context.limits);
    this.#assembler = new FragmentAssembler({
      context,
      stream,
      clock: request.clock,
      send: (ackLine) => this.#send(ackLine),
      onLost: (fragment, error) => {
        this.#loss = { error, fragment };
        this.#body.fail(error);
      },
    });
    this.ended = this.#run(options.predecessor);
  }

  /** The response body: acknowledgements, as they come. */
  get acks(): ReadableStream<Uint8Array> {
    return this.#acks.body;
  }

  end(reason: UploadEnd): void {
    if (reason === 'stream-deleted') this.#assembler.abandon();
    this.#body.stop(reason);
  }

  async #run(predecessor: ActiveUpload | null): Promise<void> {
    await predecessor?.ended;
    let failure: Failure | null = null;
    try {
      await this.#ingest();
    } catch (cause) {
      failure = { error: asIngestError(cause), fragment: this.#assembler.openFragment };
    }
    try {
      await this.#assembler.close();
    } catch (cause) {
      failure ??= { error: asIngestError(cause), fragment: null };
    }
    this.#finish(this.#loss ?? failure);
    this.#channel.release(this);
    await this.#body.close();
  }

  async #ingest(): Promise<void> {
    await this.#assembler.begin();
    // A core of its own: what a hostile body does to it, it does to no other connection.
    const core = Core.create(await this.#context.platform.loadCore());
    const reader = new MkvReader(core, { strict: true, skipPayloads: true, maxTracks: this.#context.limits.maxTracks });
    try {
      await this.#follow(new MediaSplitter(reader, this.#context.limits));
    } finally {
      reader.dispose();
    }
  }

  async #follow(splitter: MediaSplitter): Promise<void> {
    let arrivedAtMs = 0;
    for (;;) {
      const event = await this.#body.next(this.#acks.drained());
      switch (event.kind) {
        case 'bytes':
          arrivedAtMs = Math.trunc(this.#context.platform.now());
          for (const part of splitter.push(event.bytes)) await this.#assembler.apply(part, arrivedAtMs);
          break;
        case 'idle':
          this.#send(idleAck());
          break;
        case 'end':
          for (const part of splitter.finish()) await this.#assembler.apply(part, arrivedAtMs);
          await this.#assembler.endOfBody();
          return;
        case 'idle-timeout':
          return;
        case 'stop':
          if (event.reason === 'stream-deleted') throw streamNotActive();
          return;
      }
    }
  }

  #finish(failure: Failure | null): void {
    if (failure !== null) {
      const { error, fragment } = failure;
      this.#send(errorAck(error, fragment));
      const isOurFault = error.errorId >= 5000;
      this.#context.platform.log(isOurFault ? 'error' : 'warn', 'upload ended with an error', {
        stream: this.#stream.name,
        errorId: error.errorId,
        errorCode: error.errorCode,
        message: error.message,
        ...(isOurFault ? { cause: describeError(error.cause ?? error) } : {}),
      });
    }
    this.#acks.end();
  }

  #send(ackLine: string): void {
    if (this.#wantsAcks) this.#acks.send(ackLine);
  }
}
