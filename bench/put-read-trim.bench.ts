/** The whole way of a frame through a producer: put, read into the socket's chunk, persisted, trimmed. */
import type { CoreStream, NalAdaptation } from '../sdk/core/index.ts';
import { AckParser } from '../sdk/producer/acks.ts';
import { AckLine } from './ack-line.ts';
import {
  Camera,
  openStreams,
  type PublishedFlavour,
  READ_BYTES,
  readAll,
  sharedCore,
  streamConfig,
  WALL_CLOCK_US,
} from './core-stream.ts';
import { annexBGroup, frameSizeLabel, type FrameSource, GROUP_FRAMES, KB } from './payload.ts';
import type { Timed } from './row.ts';

interface Circumstances {
  readonly source?: FrameSource;
  /** Streams that take turns, frame by frame, in one store. */
  readonly streams?: number;
  /** Whole fragments that stay in the store, sent and not acknowledged. */
  readonly heldFragments?: number;
  readonly flavour?: PublishedFlavour;
}

/** A stream, its camera, and what it has sent and waits for. */
class Upload {
  readonly #stream: CoreStream;
  readonly #camera: Camera;
  readonly #heldFragments: number;
  /** Start of each fragment that was sent and not acknowledged, microseconds, oldest first. */
  readonly #unpersisted: number[] = [];
  readonly #persisted = new AckLine('PERSISTED');
  readonly #acks: AckParser;
  #trimmedFrames = 0;

  constructor(stream: CoreStream, heldFragments: number) {
    this.#stream = stream;
    this.#camera = new Camera(stream, WALL_CLOCK_US);
    this.#heldFragments = heldFragments;
    this.#acks = new AckParser(
      ({ timecode }) => this.#trim(timecode),
      (error) => {
        throw error;
      },
    );
    stream.beginSession();
  }

  /** With a key frame the fragment before it is complete: the service has it, and says so at once. */
  send(frame: Uint8Array, isKey: boolean, chunk: Uint8Array): void {
    const timestampUs = this.#camera.put(frame, isKey);
    readAll(this.#stream, chunk);
    if (!isKey) return;
    this.#unpersisted.push(timestampUs);
    if (this.#unpersisted.length <= this.#heldFragments + 1) return;
    this.#trimmedFrames = 0;
    this.#acks.push(this.#persisted.for(Math.floor(this.#unpersisted.shift()! / 1000)));
    if (this.#trimmedFrames !== GROUP_FRAMES) throw new Error(`Trimmed ${this.#trimmedFrames} frames`);
  }

  #trim(timecodeMs = NaN): void {
    const { status, frames } = this.#stream.acknowledge('persisted', timecodeMs);
    if (status !== 0) throw new Error(`acknowledge returned ${status}`);
    this.#trimmedFrames += frames;
  }
}

export function putReadTrim(nal: NalAdaptation, frameBytes: number, circumstances: Circumstances = {}): Timed {
  const { source = 'hot', streams: count = 1, heldFragments = 0, flavour = 'simd' } = circumstances;
  const marks = [
    'put-read-trim',
    ...(count === 1 ? [] : [`${count}-streams`]),
    ...(heldFragments === 0 ? [] : [`${heldFragments * GROUP_FRAMES}-stored`]),
    ...(source === 'hot' ? [] : [source]),
  ];
  return {
    name: `${marks.join('-')}/${nal === 'none' ? 'no-adaptation' : nal}/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    async open() {
      const { streams, close } = openStreams(await sharedCore(flavour), count, streamConfig(nal));
      const uploads = streams.map((stream) => new Upload(stream, heldFragments));
      const group = annexBGroup(GROUP_FRAMES, frameBytes, source);
      const chunk = new Uint8Array(READ_BYTES);
      const run = (): void => {
        for (let index = 0; index < GROUP_FRAMES; index++) {
          for (const upload of uploads) upload.send(group[index]!, index === 0, chunk);
        }
      };
      for (let made = 0; made < heldFragments; made++) run();
      return { amount: GROUP_FRAMES * count, run, close };
    },
  };
}

const SIZES = [KB, 10 * KB, 100 * KB];

export const putReadTrimRows: readonly Timed[] = [
  ...SIZES.flatMap((size) => [putReadTrim('annexb-to-avcc', size), putReadTrim('none', size)]),
  ...SIZES.flatMap((size) => [
    putReadTrim('annexb-to-avcc', size, { source: 'cold-source' }),
    putReadTrim('none', size, { source: 'cold-source' }),
  ]),
  ...SIZES.flatMap((size) => [
    putReadTrim('annexb-to-avcc', size, { streams: 16 }),
    putReadTrim('none', size, { streams: 16 }),
  ]),
  // 3000 frames, 30 MB: cost per frame must not grow with what is stored.
  ...[KB, 10 * KB].map((size) => putReadTrim('none', size, { heldFragments: 100 })),
];
