/** Matroska of the same H.264 frames, written and read, beside mediabunny: the other Matroska writer and reader in JavaScript. */
import {
  AppendOnlyStreamTarget,
  BufferSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MATROSKA,
  MkvOutputFormat,
  NullTarget,
  Output,
  type Target,
} from 'mediabunny';
import { annexBToAvcc, type Core, h264CodecPrivateData } from '../../sdk/core/index.ts';
import { Camera, FRAME_US, READ_BYTES, readAll, sharedCore, streamConfig } from '../core-stream.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB, PARAMETER_SETS } from '../payload.ts';
import { openReading } from '../reader.bench.ts';
import { fragmentsIn, recordBody } from '../recorded-body.ts';
import type { Opened, Timed } from '../row.ts';

/** Seconds of video in a file that is written. */
const GROUPS = 10;
const CHUNK_BYTES = 1024 * 1024;

interface Avcc {
  readonly group: readonly Uint8Array[];
  readonly configuration: Uint8Array;
}

/** As a hardware encoder gives them: mediabunny writes frames as they are, so neither of the two adapts any. */
function avccFrames(core: Core, frameBytes: number): Avcc {
  const group = annexBGroup(GROUP_FRAMES, frameBytes, 'hot');
  const adapted = new Map([...new Set(group)].map((frame) => [frame, annexBToAvcc(core, frame)]));
  return {
    group: group.map((frame) => adapted.get(frame)!),
    configuration: h264CodecPrivateData(core, PARAMETER_SETS),
  };
}

/** One file: header, a fragment a second, each acknowledged when it is complete, to the end of the session. */
function writePenstock(core: Core, { group, configuration }: Avcc): Opened {
  const config = streamConfig('none', configuration);
  const store = core.openStore(128 << 20);
  const chunk = new Uint8Array(READ_BYTES);
  const mediaBytes = GROUPS * group.reduce((sum, { length }) => sum + length, 0);
  return {
    amount: mediaBytes,
    run() {
      const stream = store.openStream(config);
      const camera = new Camera(stream);
      let writtenBytes = 0;
      stream.beginSession();
      for (let made = 0; made < GROUPS; made++) {
        for (let index = 0; index < GROUP_FRAMES; index++) {
          const timestampUs = camera.put(group[index]!, index === 0);
          writtenBytes += readAll(stream, chunk);
          if (index !== 0 || made === 0) continue;
          stream.acknowledge('persisted', Math.floor((timestampUs - GROUP_FRAMES * FRAME_US) / 1000));
        }
      }
      stream.stop();
      writtenBytes += readAll(stream, chunk);
      stream.dispose();
      if (writtenBytes < mediaBytes) throw new Error(`Wrote ${writtenBytes} of ${mediaBytes} bytes`);
    },
    close: () => store.dispose(),
  };
}

/** Where mediabunny writes to, and how many bytes it wrote. */
interface Destination {
  readonly target: Target;
  readonly writtenBytes: () => number;
}

/** Throws the bytes away without looking at them: frames are never copied. */
function nowhere(): Destination {
  const target = new NullTarget();
  let writtenBytes = 0;
  target.on('write', ({ end }) => (writtenBytes = Math.max(writtenBytes, end)));
  return { target, writtenBytes: () => writtenBytes };
}

/** Copies the bytes into a socket's chunk, as a session's are read. */
function intoChunk(chunk: Uint8Array): Destination {
  let writtenBytes = 0;
  const write = (data: Uint8Array): void => {
    for (let at = 0; at < data.length; at += chunk.length) chunk.set(data.subarray(at, at + chunk.length));
    writtenBytes += data.length;
  };
  return { target: new AppendOnlyStreamTarget(new WritableStream({ write })), writtenBytes: () => writtenBytes };
}

/** The same file with mediabunny, for a live stream: nothing is gone back to. */
function writeMediabunny({ group, configuration }: Avcc, open: () => Destination): Opened {
  const mediaBytes = GROUPS * group.reduce((sum, { length }) => sum + length, 0);
  const decoderConfig = { codec: 'avc1.64001f', codedWidth: 1280, codedHeight: 720, description: configuration };
  return {
    amount: mediaBytes,
    async run() {
      const { target, writtenBytes } = open();
      const output = new Output({ format: new MkvOutputFormat({ appendOnly: true }), target });
      const source = new EncodedVideoPacketSource('avc');
      output.addVideoTrack(source);
      await output.start();
      let timestamp = 0;
      for (let made = 0; made < GROUPS; made++) {
        for (let index = 0; index < GROUP_FRAMES; index++, timestamp += FRAME_US / 1e6) {
          const type = index === 0 ? 'key' : 'delta';
          const packet = new EncodedPacket(group[index]!, type, timestamp, FRAME_US / 1e6);
          await (timestamp === 0 ? source.add(packet, { decoderConfig }) : source.add(packet));
        }
      }
      await output.finalize();
      if (writtenBytes() < mediaBytes) throw new Error(`Wrote ${writtenBytes()} of ${mediaBytes} bytes`);
    },
  };
}

/** Every packet of a file in memory, in order. */
function readMediabunny(file: Uint8Array, mediaBytes: number): Opened {
  return {
    amount: mediaBytes,
    async run() {
      const input = new Input({ source: new BufferSource(file), formats: [MATROSKA] });
      const track = await input.getPrimaryVideoTrack();
      if (track === null) throw new Error('The file has no video track');
      let readBytes = 0;
      for await (const packet of new EncodedPacketSink(track).packets()) readBytes += packet.data.length;
      input.dispose();
      if (readBytes !== mediaBytes) throw new Error(`Read ${readBytes} of ${mediaBytes} bytes`);
    },
  };
}

function rowsOf(frameBytes: number): Timed[] {
  const size = frameSizeLabel(frameBytes);
  const unit = 'GB/s' as const;
  const written = async (): Promise<[Core, Avcc]> => {
    const core = await sharedCore();
    return [core, avccFrames(core, frameBytes)];
  };
  const recorded = (readBytes: number): ReturnType<typeof recordBody> =>
    recordBody(fragmentsIn(readBytes, frameBytes), frameBytes);
  return [
    { name: `write-matroska/penstock/${size}`, unit, open: async () => writePenstock(...(await written())) },
    {
      name: `write-matroska/mediabunny/${size}`,
      unit,
      async open() {
        const chunk = new Uint8Array(READ_BYTES);
        return writeMediabunny((await written())[1], () => intoChunk(chunk));
      },
    },
    {
      name: `write-matroska/mediabunny-null-target/${size}`,
      unit,
      open: async () => writeMediabunny((await written())[1], nowhere),
    },
    {
      name: `read-matroska/penstock/${size}`,
      unit,
      open: async ({ readBytes }) =>
        openReading(await sharedCore(), await recorded(readBytes), frameBytes, CHUNK_BYTES, false),
    },
    {
      name: `read-matroska/mediabunny/${size}`,
      unit,
      async open({ readBytes }) {
        const { bytes, frames } = await recorded(readBytes);
        return readMediabunny(bytes, frames * frameBytes);
      },
    },
  ];
}

export const mediabunnyRows: readonly Timed[] = [10 * KB, 100 * KB].flatMap(rowsOf);
