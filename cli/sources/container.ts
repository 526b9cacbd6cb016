/** MP4, QuickTime, Matroska and WebM as a media source, demultiplexed by mediabunny. */
import { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { EncodedPacket, InputAudioTrack, InputTrack, InputVideoTrack, Source } from 'mediabunny';
import { EncodedPacketSink, FilePathSource, Input, MATROSKA, MP4, QTFF, ReadableStreamSource, WEBM } from 'mediabunny';
import type { ByteInput } from './byte-input.ts';
import type { DuePacket, Packet } from './gop-order.ts';
import { dueByGroup, dueByTimestamp, keyNever, mergeTracks, timecodeMs } from './gop-order.ts';
import type { MediaSource, SourceFrame, SourceTrack } from './media-source.ts';
import { MediaSourceError } from './media-source.ts';

/** Which tracks of a recording to send. */
export type TrackChoice = 'all' | 'video' | 'audio';

/**
 * How far back a piped container may be read: the tracks are read side by side, and video runs ahead of audio by one group
 * of pictures. Twice the largest group there may be would be the strict bound; real groups are far smaller.
 */
const PIPE_CACHE_BYTES = 64 << 20;

/** Headers round, and containers disagree whether a duration includes the last frame. */
const DURATION_TOLERANCE_SECONDS = 1;

function trackLabel(track: InputTrack): string {
  return `Track ${track.id} (${track.type})`;
}

async function refuseCodec(track: InputTrack): Promise<never> {
  const codec = (await track.getCodec()) ?? (await track.getInternalCodecId()) ?? 'unknown';
  const wanted = track.isVideoTrack() ? 'H.264 video' : 'AAC audio';
  throw new MediaSourceError(`${trackLabel(track)} is ${String(codec)}; only ${wanted} can be sent from a recording`);
}

function copyDescription(description: AllowSharedBufferSource | undefined): Uint8Array | undefined {
  if (description === undefined) return undefined;
  if (ArrayBuffer.isView(description)) {
    return new Uint8Array(description.buffer, description.byteOffset, description.byteLength).slice();
  }
  return new Uint8Array(description).slice();
}

async function videoTrack(track: InputVideoTrack, trackNumber: number): Promise<SourceTrack> {
  if ((await track.getCodec()) !== 'avc') await refuseCodec(track);
  const config = await track.getDecoderConfig();
  const codecPrivateData = copyDescription(config?.description);
  const lengthBytes = codecPrivateData ? (codecPrivateData[4]! & 3) + 1 : 4; // lengthSizeMinusOne, ISO/IEC 14496-15 §5.3.3
  if (lengthBytes !== 4) {
    throw new MediaSourceError(`${trackLabel(track)} has NAL lengths of ${lengthBytes} bytes; only 4 can be sent`);
  }
  return {
    trackNumber,
    kind: 'video',
    codec: 'h264',
    framing: codecPrivateData ? 'avcc' : 'annexb',
    ...(codecPrivateData ? { codecPrivateData } : {}),
    widthPixels: await track.getCodedWidth(),
    heightPixels: await track.getCodedHeight(),
  };
}

async function audioTrack(track: InputAudioTrack, trackNumber: number): Promise<SourceTrack> {
  if ((await track.getCodec()) !== 'aac') await refuseCodec(track);
  const codecPrivateData = copyDescription((await track.getDecoderConfig())?.description);
  if (!codecPrivateData) throw new MediaSourceError(`${trackLabel(track)} is AAC without an AudioSpecificConfig`);
  const sampleRateHz = await track.getSampleRate();
  const channels = await track.getNumberOfChannels();
  return { trackNumber, kind: 'audio', codec: 'aac', codecPrivateData, sampleRateHz, channels };
}

function toPacket(packet: EncodedPacket): Packet {
  return {
    data: packet.data,
    // Rounded here: the library's own microsecond accessor truncates, and would turn 0.1 s into 99 999 µs.
    timestampUs: Math.round(packet.timestamp * 1e6),
    durationUs: Math.round(packet.duration * 1e6),
    isKey: packet.type === 'key',
  };
}

async function* packetsOf(track: InputTrack): AsyncGenerator<Packet> {
  const options = track.isVideoTrack() ? { verifyKeyPackets: true } : {};
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, options))
    yield toPacket(packet);
}

function describe(track: SourceTrack): string {
  return track.kind === 'video'
    ? `H.264 ${track.widthPixels}×${track.heightPixels}`
    : `AAC ${track.sampleRateHz} Hz, ${track.channels} channels`;
}

class ContainerSource implements MediaSource {
  readonly tracks: readonly SourceTrack[];
  readonly description: string;
  readonly #name: string;
  readonly #input: Input;
  readonly #inputTracks: readonly InputTrack[];
  #leadingFrames = 0;

  constructor(name: string, format: string, inputTracks: readonly InputTrack[], tracks: readonly SourceTrack[]) {
    this.#name = name;
    this.#input = inputTracks[0]!.input;
    this.#inputTracks = inputTracks;
    this.tracks = tracks;
    this.description = `${format}, ${tracks.map(describe).join(' + ')}`;
  }

  get leadingFrames(): number {
    return this.#leadingFrames;
  }

  async *frames(): AsyncGenerator<SourceFrame> {
    let originUs: number | null = null;
    let endUs = 0;
    for await (const [position, packet] of mergeTracks(this.#inputTracks.map((track) => this.#due(track)))) {
      if (originUs === null) {
        if (!packet.isKey) {
          this.#leadingFrames++;
          continue;
        }
        originUs = timecodeMs(packet.timestampUs) * 1000;
      }
      endUs = Math.max(endUs, packet.timestampUs + packet.durationUs);
      yield {
        trackNumber: position + 1,
        data: packet.data,
        timestampUs: packet.timestampUs - originUs,
        durationUs: packet.durationUs,
        dueUs: packet.dueUs - originUs,
        isKey: packet.isKey,
      };
    }
    if (originUs === null) throw new MediaSourceError(`${this.#name} holds no key frame`);
    await this.#refuseCutOff(endUs / 1e6);
  }

  async close(): Promise<void> {
    this.#input.dispose();
  }

  /** The library ends quietly where the bytes end; the header says where they should have. */
  async #refuseCutOff(endSeconds: number): Promise<void> {
    const durationSeconds = await this.#input.getDurationFromMetadata([...this.#inputTracks]);
    if (durationSeconds === null || endSeconds >= durationSeconds - DURATION_TOLERANCE_SECONDS) return;
    const [end, duration] = [endSeconds.toFixed(1), durationSeconds.toFixed(1)];
    throw new MediaSourceError(`${this.#name} is cut off: its frames end at ${end} s, its header says ${duration} s`);
  }

  #due(track: InputTrack): AsyncGenerator<DuePacket> {
    const packets = packetsOf(track);
    if (track.isVideoTrack()) return dueByGroup(packets, trackLabel(track));
    // Beside video, fragments follow the pictures; alone, one may begin at any packet.
    return dueByTimestamp(this.#inputTracks.length === 1 ? packets : keyNever(packets));
  }
}

function byteSource(input: ByteInput): Source {
  if (input.path !== undefined) return new FilePathSource(input.path);
  const stream = NodeReadableStream.from(input.stream()) as ReadableStream<Uint8Array>;
  return new ReadableStreamSource(stream, { maxCacheSize: PIPE_CACHE_BYTES });
}

async function openTracks(input: Input, name: string, choice: TrackChoice): Promise<MediaSource> {
  const video = choice === 'audio' ? null : await input.getPrimaryVideoTrack();
  const audio = choice === 'video' ? null : await input.getPrimaryAudioTrack();
  const tracks: SourceTrack[] = [];
  if (video) tracks.push(await videoTrack(video, tracks.length + 1));
  if (audio) tracks.push(await audioTrack(audio, tracks.length + 1));
  if (tracks.length === 0) {
    const wanted = choice === 'all' ? 'video or audio' : choice;
    throw new MediaSourceError(`${name} has no ${wanted} track, or is cut off before its header`);
  }
  const format = (await input.getFormat()).name;
  return new ContainerSource(
    name,
    format,
    [video, audio].filter((track) => track !== null),
    tracks,
  );
}

/**
 * Opens the first video and the first audio track of a recording, video first.
 * @throws MediaSourceError when the container is damaged, has no such track, or a track's codec cannot be sent
 */
export async function openContainer(bytes: ByteInput, choice: TrackChoice): Promise<MediaSource> {
  const input = new Input({ formats: [MP4, QTFF, MATROSKA, WEBM], source: byteSource(bytes) });
  try {
    return await openTracks(input, bytes.name, choice);
  } catch (error) {
    input.dispose();
    if (error instanceof MediaSourceError) throw error;
    throw new MediaSourceError(`Cannot read ${bytes.name}: ${(error as Error).message}`, { cause: error });
  }
}
