/** PutMedia and GetMedia called directly, over the real engines, under a manual clock and with faults where a test wants them. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CoreSource } from '../../sdk/platform.ts';
import type { ServiceContext } from '../../service/context.ts';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { putMedia } from '../../service/ingest/put-media.ts';
import { DEFAULT_LIMITS } from '../../service/limits.ts';
import type { ServiceLimits } from '../../service/limits.ts';
import { LiveHub } from '../../service/live/live-hub.ts';
import { getMedia } from '../../service/playback/get-media.ts';
import type { BlobLocation, FragmentStore, FragmentWriter, StreamIndex, StreamRow } from '../../service/storage.ts';
import { ManualPlatform, settle } from './manual-platform.ts';
import { within } from './put-media-client.ts';
import type { WireAck } from './put-media-client.ts';
import { removeDirectory, temporaryDirectory } from './temporary-directory.ts';

const PATIENCE_MS = 5000;

/** What to do in place of a call; undefined lets the call through. */
export interface Faults {
  append?: (bytes: Uint8Array) => Promise<void>;
  sync?: () => Promise<void>;
  commit?: () => Promise<void>;
  openWriter?: () => Promise<void>;
  abort?: () => Promise<void>;
  close?: () => Promise<void>;
  loadCore?: () => Promise<CoreSource>;
  /** Called before each piece of a blob is read. */
  read?: (location: BlobLocation) => void;
}

/** The body of an upload, fed by the test. */
class BenchBody {
  readonly stream: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** The service waits for more, or wants no more. */
  #isTaken = false;
  #isCancelled = false;

  constructor() {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#isTaken = true;
        },
        cancel: () => {
          this.#isTaken = true;
          this.#isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Sends bytes; resolves when the service has dealt with them. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#taken();
    if (this.#isCancelled) return;
    this.#isTaken = false;
    this.#controller.enqueue(bytes);
    await this.#taken();
  }

  /** Ends the body, unless the service wanted no more of it. */
  end(): void {
    if (!this.#isCancelled) this.#controller.close();
  }

  /** Breaks the body, as a lost connection does. */
  breakOff(): void {
    this.#controller.error(new Error('Connection reset'));
  }

  #taken(): Promise<void> {
    return until('the service takes the body', () => this.#isTaken);
  }
}

/** An upload over the bench. */
export class BenchUpload {
  readonly body: BenchBody;
  readonly acks: WireAck[] = [];
  /** Resolves when the response has ended. */
  readonly over: Promise<readonly WireAck[]>;

  constructor(body: BenchBody, response: Response) {
    this.body = body;
    this.over = within(this.#follow(response), 'the end of the response');
  }

  /** Waits until the service has sent an ack of this type. */
  ack(eventType: string, timecode: number): Promise<void> {
    return until(`${eventType} ${timecode}`, () =>
      this.acks.some((ack) => ack.EventType === eventType && ack.FragmentTimecode === timecode),
    );
  }

  async #follow(response: Response): Promise<readonly WireAck[]> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.acks.push(JSON.parse(line) as WireAck);
    }
    return this.acks;
  }
}

/** Waits, in real time, for what real files and promises bring about. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let round = 0; !isSo(); round++) {
    if (round > PATIENCE_MS) throw new Error(`Waited ${PATIENCE_MS} ms for ${what}`);
    // What needs no disk is there after a few turns of the event loop.
    await (round < 20 ? settle() : sleep(1));
  }
}

export class MediaBench {
  readonly context: ServiceContext;
  readonly platform: ManualPlatform;
  readonly stream: StreamRow;
  readonly faults: Faults;
  /** Blobs that are being read. */
  openReadCount = 0;
  readonly #directory: string;

  static async create(
    options: { limits?: Partial<ServiceLimits>; retentionHours?: number; faults?: Faults } = {},
  ): Promise<MediaBench> {
    const directory = await temporaryDirectory();
    const streams = SqliteIndex.open(join(directory, 'index.sqlite'));
    const fragments = await SegmentFiles.open(join(directory, 'fragments'));
    const stream: StreamRow = {
      streamId: 'stream-1',
      name: 'camera',
      arn: 'arn:aws:kinesisvideo:us-east-1:000000000000:stream/camera/1',
      deviceName: null,
      mediaType: null,
      kmsKeyId: null,
      version: 'v',
      status: 'ACTIVE',
      creationTimeMs: 1,
      retentionHours: options.retentionHours ?? 1,
    };
    await streams.createStream(stream, new Map());
    return new MediaBench(directory, streams, fragments, stream, options.limits ?? {}, options.faults ?? {});
  }

  private constructor(
    directory: string,
    streams: StreamIndex,
    fragments: FragmentStore,
    stream: StreamRow,
    limits: Partial<ServiceLimits>,
    faults: Faults,
  ) {
    this.#directory = directory;
    this.platform = new ManualPlatform();
    this.stream = stream;
    this.faults = faults;
    if (faults.loadCore !== undefined) this.platform.loadCore = faults.loadCore;
    const allLimits = { ...DEFAULT_LIMITS, ...limits };
    this.context = {
      platform: this.platform,
      streams: faultyIndex(streams, faults),
      fragments: faultyStore(fragments, faults, (change) => {
        this.openReadCount += change;
      }),
      live: new LiveHub({ platform: this.platform, limits: allLimits }),
      limits: allLimits,
      region: 'us-east-1',
      accountId: '000000000000',
    };
  }

  putMedia(body: ReadableStream<Uint8Array>): Promise<Response> {
    const headers = {
      'x-amzn-stream-name': this.stream.name,
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': '1700000000',
    };
    // `duplex` is required of streaming bodies and missing in the type.
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    return putMedia(this.context, new Request('http://localhost/putMedia', init));
  }

  async upload(): Promise<BenchUpload> {
    const body = new BenchBody();
    return new BenchUpload(body, await this.putMedia(body.stream));
  }

  /** Uploads a whole body; resolves when the response has ended. */
  async uploadAll(body: Uint8Array): Promise<readonly WireAck[]> {
    const sent = await this.upload();
    await sent.body.write(body);
    sent.body.end();
    return sent.over;
  }

  getMedia(startSelector: Readonly<Record<string, unknown>>): Promise<Response> {
    return getMedia(this.context, { StreamName: this.stream.name, StartSelector: startSelector });
  }

  async close(): Promise<void> {
    await this.context.live.close();
    await this.context.fragments.close();
    await this.context.streams.close();
    await removeDirectory(this.#directory);
  }
}

function faultyStore(fragments: FragmentStore, faults: Faults, onRead: (change: 1 | -1) => void): FragmentStore {
  const openWriter = async (streamId: string): Promise<FragmentWriter> => {
    await faults.openWriter?.();
    const writer = await fragments.openWriter(streamId);
    return {
      append: (bytes) => faults.append?.(bytes) ?? writer.append(bytes),
      seal: () => writer.seal(),
      abort: () => faults.abort?.() ?? writer.abort(),
      sync: () => faults.sync?.() ?? writer.sync(),
      close: async () => {
        await writer.close();
        await faults.close?.();
      },
    };
  };
  async function* read(location: BlobLocation): AsyncGenerator<Uint8Array, void, undefined> {
    onRead(1);
    try {
      faults.read?.(location);
      for await (const piece of fragments.read(location)) {
        yield piece;
        faults.read?.(location);
      }
    } finally {
      onRead(-1);
    }
  }
  return replacing(fragments, { openWriter, read });
}

function faultyIndex(streams: StreamIndex, faults: Faults): StreamIndex {
  return replacing(streams, {
    commitFragments: (rows) => faults.commit?.() ?? streams.commitFragments(rows),
  });
}

/** The same object with some methods replaced. */
function replacing<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      const method = methods[name as keyof T] ?? target[name as keyof T];
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}
