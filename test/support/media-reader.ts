/** Reads GetMedia responses through the official client, chunk by chunk, and takes each chunk apart. */
import type { Readable } from 'node:stream';
import { GetMediaCommand } from '@aws-sdk/client-kinesis-video-media';
import type { KinesisVideoMediaClient, StartSelector } from '@aws-sdk/client-kinesis-video-media';
import { CLUSTER, EBML_HEADER, TAG_NAME, TAG_STRING } from '../../assembly/ebml/ids.ts';
import { MkvReader, READER_EVENT } from '../../sdk/core/mkv-reader.ts';
import { loadCore } from './load-core.ts';
import { within } from './put-media-client.ts';

/** One fragment as GetMedia delivers it. */
export interface Chunk {
  /** Everything before the cluster but the tags of the service. */
  readonly head: Uint8Array;
  readonly cluster: Uint8Array;
  /** All tags, before and behind the cluster, in their order. */
  readonly tags: readonly (readonly [name: string, value: string])[];
  tag(name: string): string | undefined;
}

export class ChunkReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #onCancel: () => void;
  readonly #reader: MkvReader = new MkvReader(loadCore('plain'), { windowBytes: 64 * 1024 });
  #bytes: Uint8Array = new Uint8Array();
  /** Absolute offset of the first byte kept. */
  #bytesOffset = 0;
  #unread: Uint8Array = new Uint8Array();
  #clusterStart = 0;
  #cluster: Uint8Array | null = null;
  #head: Uint8Array = new Uint8Array();
  #tags: [string, string][] = [];
  #isFinished = false;

  /** @param onCancel  how a source is given up that was never asked for anything */
  constructor(source: AsyncIterable<Uint8Array>, onCancel: () => void = () => undefined) {
    this.#source = source[Symbol.asyncIterator]();
    this.#onCancel = onCancel;
  }

  /** Starts reading a stream. */
  static async open(
    client: KinesisVideoMediaClient,
    streamName: string,
    selector: StartSelector,
  ): Promise<ChunkReader> {
    const command = new GetMediaCommand({ StreamName: streamName, StartSelector: selector });
    const output = await within(client.send(command), 'GetMedia');
    if (output.ContentType !== 'video/webm') throw new Error(`Content-Type is ${output.ContentType}`);
    const payload = output.Payload as unknown as Readable;
    return new ChunkReader(payload, () => payload.destroy());
  }

  /** The next chunk once its trailing tags are there; null when the response has ended. */
  async next(): Promise<Chunk | null> {
    for (;;) {
      const chunk = this.#parse();
      if (chunk !== null) return chunk;
      if (this.#isFinished) return null;
      const piece = await within(this.#source.next(), 'more of the response');
      if (piece.done === true) {
        this.#isFinished = true;
        this.#reader.finish();
      } else {
        this.#unread = piece.value;
        this.#bytes = Buffer.concat([this.#bytes, piece.value]);
      }
    }
  }

  async rest(): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) chunks.push(chunk);
    return chunks;
  }

  /** Tags that came since the last whole chunk: those of an error. */
  get danglingTags(): readonly (readonly [string, string])[] {
    return this.#tags;
  }

  async cancel(): Promise<void> {
    await this.#source.return?.();
    this.#onCancel();
  }

  #parse(): Chunk | null {
    for (;;) {
      switch (this.#reader.next()) {
        case READER_EVENT.NEED_DATA: {
          if (this.#unread.length === 0) return null;
          this.#unread = this.#unread.subarray(this.#reader.push(this.#unread));
          break;
        }
        case READER_EVENT.FINISHED:
          return null;
        case READER_EVENT.FAULT:
          throw new Error(`Response cannot be read: ${JSON.stringify(this.#reader.fault)}`);
        case READER_EVENT.START:
          this.#start();
          break;
        case READER_EVENT.END:
          if (this.#reader.elementId === CLUSTER)
            this.#cluster = this.#take(this.#clusterStart, this.#reader.endOffset);
          break;
        case READER_EVENT.VALUE:
          if (this.#reader.elementId === TAG_NAME) this.#tags.push([this.#reader.text(), '']);
          if (this.#reader.elementId !== TAG_STRING) break;
          (this.#tags.at(-1) as [string, string])[1] = this.#reader.text();
          if (this.#tags.at(-1)?.[0] === 'AWS_KINESISVIDEO_CONTINUATION_TOKEN') return this.#finishChunk();
          break;
        default:
      }
    }
  }

  #start(): void {
    const { elementId, elementOffset } = this.#reader;
    if (elementId === EBML_HEADER) this.#drop(elementOffset);
    if (elementId !== CLUSTER) return;
    this.#clusterStart = elementOffset;
    const head = Buffer.from(this.#take(this.#bytesOffset, elementOffset));
    // The leading tags of the service begin with the last Tags element before the cluster.
    this.#head = head.subarray(0, head.lastIndexOf(Buffer.from([0x12, 0x54, 0xc3, 0x67])));
  }

  #finishChunk(): Chunk {
    const tags = this.#tags;
    const cluster = this.#cluster;
    if (cluster === null) throw new Error('Trailing tags without a cluster');
    this.#tags = [];
    this.#cluster = null;
    return { head: this.#head, cluster, tags, tag: (name) => tags.find(([key]) => key === name)?.[1] };
  }

  #take(from: number, to: number): Uint8Array {
    return this.#bytes.slice(from - this.#bytesOffset, to - this.#bytesOffset);
  }

  #drop(before: number): void {
    this.#bytes = this.#bytes.subarray(before - this.#bytesOffset);
    this.#bytesOffset = before;
  }
}

/** Everything that a response delivers until it ends by itself. */
export async function readChunks(
  client: KinesisVideoMediaClient,
  streamName: string,
  selector: StartSelector = { StartSelectorType: 'EARLIEST' },
): Promise<Chunk[]> {
  return (await ChunkReader.open(client, streamName, selector)).rest();
}
