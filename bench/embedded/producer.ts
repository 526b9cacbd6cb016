/** Evaluated in an engine to see what a producer and its streams take there: the host never answers. */
import { createProducer, type EmbeddedHost, type Producer } from '../../bindings/embedded/index.ts';

/** A moment of the wall clock, milliseconds. */
const NOW_MS = 1_600_994_737_365;
const IDLE: EmbeddedHost = {
  connect: () => 1,
  send: () => undefined,
  receive: () => undefined,
  close: () => undefined,
  now: () => NOW_MS,
  setTimer: () => 1,
  cancelTimer: () => undefined,
  randomBytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(7).buffer,
};

let producer: Producer;
let opened = 0;

export function make(storeBytes: number): void {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' };
  void createProducer(IDLE, { credentials, storeBytes }).then((made) => (producer = made));
}

export function openStream(): void {
  const tracks = [{ kind: 'video', codec: 'h264' }] as const;
  void producer.openStream(`camera-${opened}`, { tracks, waitUntilReady: false }).then(() => opened++);
}

/** Streams that are open. */
export const openStreams = (): number => opened;
