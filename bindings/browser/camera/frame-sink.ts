/** Encoded frames on their way into a producer's stream, with the times of the wall clock; and whether there is room for more. */
import type { ProducerStream } from '../../../sdk/producer/stream.ts';

/** Free room that encoding goes on with, as a share of the store: what is in the encoders must find some. */
const MIN_FREE_SHARE = 0.1;

/** One encoded chunk, of video or of audio. */
type Chunk = Pick<EncodedVideoChunk, 'type' | 'timestamp' | 'duration' | 'byteLength'> & {
  copyTo(destination: Uint8Array<ArrayBuffer>): void;
};

export class FrameSink {
  readonly #stream: ProducerStream;
  readonly #onFailed: (error: unknown) => void;
  readonly #waiting = new Set<Promise<void>>();

  constructor(stream: ProducerStream, onFailed: (error: unknown) => void) {
    this.#stream = stream;
    this.#onFailed = onFailed;
  }

  /** What is not yet encoded should be skipped: frames wait for room, or there is little left. */
  get isFull(): boolean {
    if (this.#waiting.size > 0) return true;
    const { storeUsedBytes, storeCapacityBytes } = this.#stream.metrics;
    return storeCapacityBytes - storeUsedBytes < storeCapacityBytes * MIN_FREE_SHARE;
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
      .catch((error: unknown) => this.#onFailed(error))
      .finally(() => this.#waiting.delete(put));
    this.#waiting.add(put);
  }

  /** Resolves when everything put is stored, or was refused. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }
}
