/** A producer whose network and service are modelled, and cameras that put into its streams. */
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createProducerWith, type Producer, type ProducerStream } from '../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import { FRAME_US, WALL_CLOCK_US } from './core-stream.ts';
import type { ModelledService } from './modelled-service.ts';
import { NotMeasuredError } from './row.ts';

export interface StreamLimits {
  readonly storeBytes: number;
  readonly maxStreams: number;
  readonly sharedMemory?: boolean;
}

export function openModelledProducer(service: ModelledService, limits: StreamLimits): Promise<Producer> {
  const options = { credentials: DEVELOPMENT_CREDENTIALS, ...limits };
  return createProducerWith(service.attach(createNodePlatform()), options);
}

export function openVideoStream(producer: Producer, name: string): Promise<ProducerStream> {
  return producer.openStream(name, { tracks: [{ kind: 'video', codec: 'h264', framing: 'annexb' }] });
}

/** Puts frames with the timestamps of a wall clock; time goes on from put to put. */
export class StreamCamera {
  putFrames = 0;
  readonly #stream: ProducerStream;
  readonly #frameUs: number;
  #nextUs = WALL_CLOCK_US;

  /** @param frameUs from one frame to the next, microseconds */
  constructor(stream: ProducerStream, frameUs = FRAME_US) {
    this.#stream = stream;
    this.#frameUs = frameUs;
  }

  put(data: Uint8Array, isKey: boolean): void {
    const result = this.#stream.tryPutFrame({ data, timestampUs: this.#nextUs, durationUs: this.#frameUs, isKey });
    if (result === 'full') throw new NotMeasuredError('the service did not take frames as fast as they were put');
    if (result !== 'stored') throw new Error(`tryPutFrame gave ${result}`);
    this.#nextUs += this.#frameUs;
    this.putFrames++;
  }

  /** A key frame and what depends on it. @returns timecode of the fragment, milliseconds */
  putGroup(group: readonly Uint8Array[]): number {
    const timecodeMs = Math.floor(this.#nextUs / 1000);
    for (let index = 0; index < group.length; index++) this.put(group[index]!, index === 0);
    return timecodeMs;
  }
}
