/** Encoded frames on their way into a producer's stream, with the times of the wall clock; and whether there is room for more. */
import { InvalidFrameError, StoreFullError } from '../../../sdk/errors.ts';
import type { ProducerStream } from '../../../sdk/producer/stream.ts';

/** Free room that encoding goes on with, as a share of the store: what is in the encoders must find some. */
const MIN_FREE_SHARE = 0.1;

/** One encoded chunk, of video or of audio. */
type Chunk = Pick<EncodedVideoChunk, 'type' | 'timestamp' | 'duration' | 'byteLength'> & {
  copyTo(destination: Uint8Array<ArrayBuffer>): void;
};

export interface FrameSinkHost {
  /** The stream takes nothing more. */
  onFailed(error: unknown): void;
  /** One frame was not taken; the stream goes on. */
  onRefused(error: InvalidFrameError | StoreFullError): void;
}

export class FrameSink {
  readonly #stream: ProducerStream;
  readonly #host: FrameSinkHost;
  readonly #waiting = new Set<Promise<void>>();
  #isKeyWanted = false;

  constructor(stream: ProducerStream, host: FrameSinkHost) {
    this.#stream = stream;
    this.#host = host;
  }

  /** What is not yet encoded should be skipped: frames wait for room, or there is little left. */
  get isFull(): boolean {
    if (this.#waiting.size > 0) return true;
    const { storeUsedBytes, storeCapacityBytes } = this.#stream.metrics;
    return storeCapacityBytes - storeUsedBytes < storeCapacityBytes * MIN_FREE_SHARE;
  }

  /** Ends a fragment that fills the store: before its end it is not persisted, and frees nothing. Nothing of it may be in an encoder. */
  makeRoom(): void {
    if (this.#isKeyWanted || !this.#stream.holdsOnlyOpenFragment) return;
    this.#isKeyWanted = true;
    this.#stream.endFragment().catch((error: unknown) => this.#host.onFailed(error));
  }

  /** True once after something that only a key frame can follow. */
  takeKeyWanted(): boolean {
    const isWanted = this.#isKeyWanted;
    this.#isKeyWanted = false;
    return isWanted;
  }

  #onError(error: unknown): void {
    if (!(error instanceof InvalidFrameError || error instanceof StoreFullError)) return this.#host.onFailed(error);
    this.#isKeyWanted = true;
    this.#host.onRefused(error);
  }

  /** Puts a chunk; it waits for room where it must. `offsetUs` makes its time one since the epoch. */
  put(trackNumber: number, chunk: Chunk, offsetUs: number): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const put = this.#stream
      .putFrame({
        data,
        trackNumber,
        timestampUs: chunk.timestamp + offsetUs,
        durationUs: chunk.duration ?? 0,
        isKey: chunk.type === 'key',
      })
      .catch((error: unknown) => this.#onError(error))
      .finally(() => this.#waiting.delete(put));
    this.#waiting.add(put);
  }

  /** Resolves when everything put is stored, or was refused. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }
}
