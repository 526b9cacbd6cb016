/** One stream of the soak: its camera, what became of its frames, and the way back from the service. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, ProducerStream, StreamMetrics } from '../../bindings/node/index.ts';
import { type ServiceTarget, signedCall } from '../../sdk/aws/signed-call.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import type { Core } from '../../sdk/core/core.ts';
import { FrameLedger, type FrameTotals } from './frame-ledger.ts';
import type { MarkedFrames } from './marked-frames.ts';

export const FRAME_US = 40_000;
const STALL_TIMEOUT_MS = 1_500;
/** Real time between two puts of what has become due, milliseconds. */
const TICK_MS = 20;

export interface SoakStreamOptions {
  readonly name: string;
  readonly frames: MarkedFrames;
  readonly whenFull: 'wait' | 'drop-oldest';
  /** Media time over real time. */
  readonly speed: number;
  /** Frames that it may come to put. */
  readonly capacity: number;
  readonly problems: string[];
}

export class SoakStream {
  readonly #options: SoakStreamOptions;
  readonly #stream: ProducerStream;
  readonly #ledger: FrameLedger;
  readonly #watching: Promise<void>;

  private constructor(options: SoakStreamOptions, stream: ProducerStream) {
    this.#options = options;
    this.#stream = stream;
    this.#ledger = new FrameLedger(Math.floor(Date.now()) * 1000, FRAME_US, options.capacity, options.problems);
    this.#watching = this.#watch();
  }

  static async open(producer: Producer, options: SoakStreamOptions): Promise<SoakStream> {
    const stream = await producer.openStream(options.name, {
      tracks: [{ kind: 'video', codec: 'h264', framing: 'annexb' }],
      whenFull: options.whenFull,
      stallTimeoutMs: STALL_TIMEOUT_MS,
      openTimeoutMs: 60_000,
    });
    return new SoakStream(options, stream);
  }

  get metrics(): StreamMetrics {
    return this.#stream.metrics;
  }

  /** Puts in real time, times the speed, until the signal is aborted. A store that is full makes it wait, and then it catches up. */
  async put(signal: AbortSignal): Promise<void> {
    const { frames, speed } = this.#options;
    const ledger = this.#ledger;
    const startMs = performance.now();
    const first = ledger.count;
    while (!signal.aborted && !ledger.isFull) {
      const due = first + Math.floor(((performance.now() - startMs) * 1000 * speed) / FRAME_US);
      while (ledger.count < due && !ledger.isFull && !signal.aborted) await this.#putNext(frames);
      await sleep(TICK_MS);
    }
  }

  async #putNext(frames: MarkedFrames): Promise<void> {
    const ledger = this.#ledger;
    const index = ledger.count;
    const frame = {
      data: frames.frame(index),
      timestampUs: ledger.timestampUs(index),
      durationUs: FRAME_US,
      isKey: frames.isKey(index),
    };
    if (this.#options.whenFull === 'drop-oldest') {
      if (this.#stream.tryPutFrame(frame) === 'stored') ledger.stored();
      else ledger.notTaken();
      return;
    }
    await this.#stream.putFrame(frame);
    ledger.stored();
  }

  /** Stops the stream, reads all of it back and compares. */
  async stopAndCompare(core: Core, target: ServiceTarget): Promise<FrameTotals> {
    const { name, frames, problems } = this.#options;
    await this.#stream
      .stop()
      .catch((error: unknown) => problems.push(`${name} could not be stopped: ${String(error)}`));
    await this.#watching;
    // Not over the link, which GetDataEndpoint would name.
    const request = { StreamName: name, StartSelector: { StartSelectorType: 'EARLIEST' } };
    const { body } = await signedCall(target, '/getMedia', request);
    if (body === null) throw new Error('GetMedia answered without a body');
    let different = 0;
    for await (const fragment of readFragments(core, body)) {
      for (const frame of fragment.frames) {
        const index = this.#ledger.readBack(frame.timestampUs);
        if (index >= 0 && (!frames.isSame(index, frame.data) || frame.isKey !== frames.isKey(index))) different++;
      }
    }
    if (different > 0) problems.push(`${name}: ${different} frames came back changed`);
    return this.#ledger.settle(name);
  }

  async #watch(): Promise<void> {
    for await (const event of this.#stream.events()) {
      if (event.type === 'frames-dropped' || event.type === 'fragment-rejected')
        this.#ledger.told(event.firstTimestampUs, event.lastTimestampUs);
      else if (event.type === 'failed') this.#options.problems.push(`${this.#options.name}: ${String(event.error)}`);
    }
  }
}
