/** A Matroska file read and written again: the reader's frames go into a core stream, its session into another file. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { CLUSTER_TIMECODE, CODEC_PRIVATE } from '../../assembly/ebml/ids.ts';
import { type Core, type CoreStream, FRAME_FLAG, MkvReader, READER_EVENT } from '../../sdk/core/index.ts';
import { openStreams, READ_BYTES, readAll, streamConfig } from '../core-stream.ts';

const CHUNK_BYTES = 1024 * 1024;
const BLOCK_KEY = 0x80;
const MAX_FRAME_BYTES = 1_000_000;

/** Frames of one video track, in order; fragments are let go of when the next one begins. */
class Remuxer {
  frames = 0;
  mediaBytes = 0;
  readonly #core: Core;
  readonly #reader: MkvReader;
  readonly #output: number;
  readonly #chunk = new Uint8Array(READ_BYTES);
  /** A frame that comes in pieces. */
  readonly #frame = new Uint8Array(MAX_FRAME_BYTES);
  #frameBytes = 0;
  #opened: { readonly stream: CoreStream; readonly close: () => void } | undefined;
  #codecPrivateData: Uint8Array = new Uint8Array(0);
  #clusterMs = 0;
  #fragmentMs: number | undefined;
  #unreadBytes = 0;

  constructor(core: Core, output: number) {
    this.#core = core;
    // A window that holds whole frames, so that most are put from where they were read.
    this.#reader = new MkvReader(core, { windowBytes: CHUNK_BYTES });
    this.#output = output;
  }

  push(chunk: Uint8Array): void {
    for (let taken = 0; taken < chunk.length;) {
      taken += this.#reader.push(chunk, taken);
      this.#takeEvents();
    }
  }

  finish(): void {
    this.#reader.finish();
    this.#takeEvents();
    this.#opened?.stream.stop();
    this.#write();
    this.#reader.dispose();
    this.#opened?.close();
  }

  #takeEvents(): void {
    const reader = this.#reader;
    for (;;) {
      switch (reader.next()) {
        case READER_EVENT.NEED_DATA:
        case READER_EVENT.FINISHED:
          return;
        case READER_EVENT.FAULT:
          throw new Error(`The file cannot be read: ${reader.fault.reason}`);
        case READER_EVENT.VALUE:
          if (reader.elementId === CLUSTER_TIMECODE) this.#clusterMs = reader.uintValue;
          else if (reader.elementId === CODEC_PRIVATE) this.#codecPrivateData = reader.binary();
          break;
        case READER_EVENT.BLOCK:
          // Not later: a new store makes the core's memory grow, and a view of the frame would be lost.
          this.#opened ??= this.#open();
          this.#frameBytes = 0;
          break;
        case READER_EVENT.DATA:
          this.#takePiece(reader.dataView(), reader.dataDone);
          break;
        default:
      }
    }
  }

  #takePiece(piece: Uint8Array, isLast: boolean): void {
    if (isLast && this.#frameBytes === 0) return this.#put(piece);
    this.#frame.set(piece, this.#frameBytes);
    this.#frameBytes += piece.length;
    if (isLast) this.#put(this.#frame.subarray(0, this.#frameBytes));
  }

  #put(frame: Uint8Array): void {
    const { relativeTimecode, blockFlags } = this.#reader;
    const { stream } = this.#opened!;
    const timecodeMs = this.#clusterMs + relativeTimecode;
    const isKey = (blockFlags & BLOCK_KEY) !== 0;
    const timestampUs = timecodeMs * 1000;
    const result = stream.putFrame(1, frame, isKey ? FRAME_FLAG.key : 0, timestampUs, timestampUs, 0);
    if (result < 0) throw new Error(`putFrame returned ${result}`);
    this.frames++;
    this.mediaBytes += frame.length;
    this.#unreadBytes += frame.length;
    if (isKey) this.#endFragment(stream, timecodeMs);
    else if (this.#unreadBytes >= READ_BYTES) this.#write();
  }

  #endFragment(stream: CoreStream, nextMs: number): void {
    this.#write();
    if (this.#fragmentMs !== undefined) stream.acknowledge('persisted', this.#fragmentMs);
    this.#fragmentMs = nextMs;
  }

  #open(): { readonly stream: CoreStream; readonly close: () => void } {
    const { streams, close } = openStreams(this.#core, 1, streamConfig('none', this.#codecPrivateData));
    const stream = streams[0]!;
    stream.beginSession();
    return { stream, close };
  }

  #write(): void {
    this.#unreadBytes = 0;
    if (this.#opened !== undefined) readAll(this.#opened.stream, this.#chunk, (bytes) => writeAll(this.#output, bytes));
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Reads `input` and writes its frames to `output`, chunk by chunk. */
export function remux(
  core: Core,
  input: string,
  output: string,
): { readonly frames: number; readonly mediaBytes: number } {
  const [from, to] = [openSync(input, 'r'), openSync(output, 'w')];
  try {
    const remuxer = new Remuxer(core, to);
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let length = readSync(from, chunk); length > 0; length = readSync(from, chunk)) {
      remuxer.push(chunk.subarray(0, length));
    }
    remuxer.finish();
    return { frames: remuxer.frames, mediaBytes: remuxer.mediaBytes };
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
