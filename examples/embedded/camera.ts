/**
 * A camera's script inside an embedded engine. The host, a program in C for instance, evaluates it as a module, calls `start` with the
 * object of its functions, and hands over frames by `onFrame`. Numbers, strings, ArrayBuffers and callbacks are all that crosses.
 *
 * An application imports from 'penstock/embedded' what this file takes from the repository.
 */
import { createProducer, type EmbeddedHost, KvsError, type ProducerStream } from '../../bindings/embedded/index.ts';

/** Of a device with little memory: some seconds of video. */
const STORE_BYTES = 2 << 20;

interface Settings {
  readonly streamName: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Left out against AWS: the region's own. */
  readonly endpoint?: string;
}

let stream: ProducerStream | undefined;

/** `onReady` gets an empty text, or what went wrong. */
export function start(host: EmbeddedHost, settingsJson: string, onReady: (failure: string) => void): void {
  const { streamName, ...settings } = JSON.parse(settingsJson) as Settings;
  const open = async (): Promise<void> => {
    const producer = await createProducer(host, { ...settings, storeBytes: STORE_BYTES });
    stream = await producer.openStream(streamName, { tracks: [{ kind: 'video', codec: 'h264' }] });
  };
  open().then(() => onReady(''), fail(onReady));
}

/** Takes an access unit of H.264; the time is in microseconds since 1970. False while the store has no room: it was not taken. */
export function onFrame(data: ArrayBuffer, timestampUs: number, isKey: boolean): boolean {
  return stream !== undefined && stream.tryPutFrame({ data: new Uint8Array(data), timestampUs, isKey }) !== 'full';
}

/** `onStopped` gets an empty text when all is PERSISTED, or the error that says what is not. */
export function stop(onStopped: (failure: string) => void): void {
  if (stream === undefined) return onStopped('No stream is open');
  stream.stop().then(() => onStopped(''), fail(onStopped));
}

function fail(tell: (failure: string) => void): (error: unknown) => void {
  return (error) => tell(error instanceof KvsError ? `${error.code}: ${error.message}` : String(error));
}
