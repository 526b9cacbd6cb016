/** The core through its public JavaScript API, beside the copy that limits it. */
import { readFileSync } from 'node:fs';
import { Core, type CoreStream, FRAME_FLAG, type NalAdaptation } from '../sdk/core/index.ts';
import { STATUS } from '../sdk/status-codes.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES } from './payload.ts';
import type { Measurement } from './row.ts';

const FRAME_US = 33_333;
const STORE_BYTES = 128 << 20;
/** What the upload session reads at once. */
const READ_BYTES = 256 * 1024;
const KB = 1000;

function openStream(nal: NalAdaptation): CoreStream {
  const module = new WebAssembly.Module(readFileSync(new URL('../build/core.simd.wasm', import.meta.url)));
  const store = Core.create({ flavour: 'simd', module }).openStore(STORE_BYTES);
  return store.openStream({
    tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', width: 1280, height: 720 }],
    nal,
    adaptCodecPrivateData: nal === 'annexb-to-avcc',
    contentType: 'video/h264',
    segmentUuid: new Uint8Array(16).fill(7),
    expectsPersistedAck: true,
  });
}

/** Puts one group of pictures a run; time goes on from run to run. */
class Camera {
  #nextUs = 0;
  readonly #stream: CoreStream;
  readonly #group: readonly Uint8Array[];

  constructor(stream: CoreStream, group: readonly Uint8Array[]) {
    this.#stream = stream;
    this.#group = group;
  }

  /** @returns the timestamp of the frame, microseconds */
  putFrame(index: number): number {
    const timestampUs = this.#nextUs;
    this.#nextUs += FRAME_US;
    const flags = index === 0 ? FRAME_FLAG.key : 0;
    const result = this.#stream.putFrame(1, this.#group[index]!, flags, timestampUs, timestampUs, FRAME_US);
    if (result < 0) throw new Error(`putFrame returned ${result}`);
    return timestampUs;
  }
}

/** Stored and let go of at once: scan, adaptation and the store's own work, without a reader. */
function adapt(frameBytes: number): Measurement {
  const stream = openStream('annexb-to-avcc');
  const camera = new Camera(stream, annexBGroup(GROUP_FRAMES, frameBytes));
  return {
    name: `annexb-to-avcc/${frameSizeLabel(frameBytes)}`,
    unit: 'GB/s',
    amount: GROUP_FRAMES * frameBytes,
    run() {
      for (let index = 0; index < GROUP_FRAMES; index++) camera.putFrame(index);
      const dropped = stream.dropOldestFragment();
      if (dropped.frames !== GROUP_FRAMES) throw new Error(`Dropped ${dropped.frames} frames`);
    },
  };
}

/** The whole way of a frame through a producer: put, read into the socket's chunk, persisted, trimmed. */
function putReadTrim(nal: NalAdaptation, frameBytes: number): Measurement {
  const stream = openStream(nal);
  const camera = new Camera(stream, annexBGroup(GROUP_FRAMES, frameBytes));
  const chunk = new Uint8Array(READ_BYTES);
  let unpersisted: number | undefined;
  stream.beginSession();
  const readAll = (): void => {
    do stream.read(chunk);
    while (stream.readStatus === 0);
    if (stream.readStatus !== STATUS.STATUS_NO_MORE_DATA_AVAILABLE)
      throw new Error(`Reading ended with ${stream.readStatus}`);
  };
  return {
    name: `put-read-trim/${nal === 'none' ? 'no-adaptation' : nal}/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    amount: GROUP_FRAMES,
    run() {
      let startUs = 0;
      for (let index = 0; index < GROUP_FRAMES; index++) {
        const timestampUs = camera.putFrame(index);
        if (index === 0) startUs = timestampUs;
        readAll();
      }
      // The fragment before this one is what a service would just have acknowledged.
      if (unpersisted !== undefined) {
        const { status, frames } = stream.acknowledge('persisted', Math.floor(unpersisted / 1000));
        if (status !== 0 || frames !== GROUP_FRAMES) throw new Error(`Trimmed ${frames} frames, status ${status}`);
      }
      unpersisted = startUs;
    },
  };
}

/** The same frames copied into memory and out of it again: nothing that keeps frames can be faster. */
function copy(frameBytes: number): Measurement {
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  const memory = new Uint8Array(2 * GROUP_FRAMES * frameBytes);
  const chunk = new Uint8Array(frameBytes);
  let half = 0;
  return {
    name: `copy-in-and-out/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    amount: GROUP_FRAMES,
    run() {
      for (let index = 0, at = half; index < GROUP_FRAMES; index++, at += frameBytes) {
        memory.set(group[index]!, at);
        chunk.set(memory.subarray(at, at + frameBytes));
      }
      half = half === 0 ? GROUP_FRAMES * frameBytes : 0;
    },
  };
}

function copyIn(frameBytes: number): Measurement {
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  const memory = new Uint8Array(GROUP_FRAMES * frameBytes);
  return {
    name: `copy-in/${frameSizeLabel(frameBytes)}`,
    unit: 'GB/s',
    amount: GROUP_FRAMES * frameBytes,
    run() {
      for (let index = 0, at = 0; index < GROUP_FRAMES; index++, at += frameBytes) memory.set(group[index]!, at);
    },
  };
}

/** Lazily, so that no more than one row's memory is in use. */
export function* coreMeasurements(): Generator<Measurement> {
  for (const size of [10 * KB, 100 * KB, 1000 * KB]) {
    yield adapt(size);
    yield copyIn(size);
  }
  for (const size of [KB, 10 * KB, 100 * KB]) {
    yield putReadTrim('annexb-to-avcc', size);
    yield putReadTrim('none', size);
    yield copy(size);
  }
}
