/** The whole way of a frame through the core, as it runs inside an engine: put, read, persisted, trimmed. */
import { Core } from '../../sdk/core/core.ts';
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import { FRAME_FLAG } from '../../sdk/core/core-stream-types.ts';
import type { CoreSource } from '../../sdk/platform.ts';

const FRAME_US = 33_333;
const STORE_BYTES = 4 << 20;
const READ_BYTES = 65_536;

/** One stream, and the group of pictures that goes over it again and again. */
export class EngineUpload {
  readonly #stream: CoreStream;
  readonly #group: Uint8Array[] = [];
  readonly #chunk = new Uint8Array(READ_BYTES);
  #nextUs = 0;

  constructor(source: CoreSource, adapts: boolean, codecPrivateData: ArrayBuffer) {
    const track = { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC' } as const;
    this.#stream = Core.create(source)
      .openStore(STORE_BYTES)
      .openStream({
        tracks: [{ ...track, codecPrivateData: new Uint8Array(codecPrivateData) }],
        nal: adapts ? 'annexb-to-avcc' : 'none',
        adaptCodecPrivateData: adapts,
        contentType: 'video/h264',
        segmentUuid: new Uint8Array(16).fill(7),
        expectsPersistedAck: true,
      });
    this.#stream.beginSession();
  }

  addFrame(data: ArrayBuffer): void {
    this.#group.push(new Uint8Array(data));
  }

  /** Sends the group so many times; each fragment is persisted when the next has begun. Returns the frames trimmed. */
  run(times: number): number {
    let trimmed = 0;
    for (let round = 0; round < times; round++) {
      const startUs = this.#nextUs;
      for (const [index, frame] of this.#group.entries()) {
        const flags = index === 0 ? FRAME_FLAG.key : 0;
        const result = this.#stream.putFrame(1, frame, flags, this.#nextUs, this.#nextUs, FRAME_US);
        if (result < 0) throw new Error(`putFrame returned ${result}`);
        this.#nextUs += FRAME_US;
        do this.#stream.read(this.#chunk);
        while (this.#stream.readStatus === 0);
        if (index > 0 || startUs === 0) continue;
        const before = Math.floor((startUs - this.#group.length * FRAME_US) / 1000);
        trimmed += this.#stream.acknowledge('persisted', before).frames;
      }
    }
    return trimmed;
  }
}
