/** A camera whose parameter sets change, and what the sessions of its stream say. */
import type { CoreStreamConfig, NalAdaptation } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import { FRAME_FLAG } from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { type Fixture, readAll, toHex } from '../../support/core-fixture.ts';
import { framed, type Framing, h264Sets, h265Sets, type ParameterSets, slice } from '../../support/parameter-sets.ts';
import { parseSession } from '../view/wire.ts';

export const SMALL = h264Sets(640, 480);
export const LARGE = h264Sets(1280, 720);
export const SMALL_265 = h265Sets('main');
export const LARGE_265 = h265Sets('main 10');

/** What one session said: its header's record and picture size, and its clusters' timecodes. */
export interface Said {
  readonly record: string;
  readonly size: string;
  readonly timecodes: number[];
  readonly marked: boolean;
  readonly status: number;
}

const KNOWN = new Map<string, string>();
for (const [name, sets] of Object.entries({ SMALL, LARGE, SMALL_265, LARGE_265 })) KNOWN.set(toHex(sets.record), name);

/** Begins a session and reads it to where it rests. */
export function session(stream: CoreStream): Said {
  stream.beginSession();
  return goOn(stream);
}

export function goOn(stream: CoreStream, before: Uint8Array = new Uint8Array(0)): Said {
  const bytes = Uint8Array.from(Buffer.concat([before, readAll(stream, 97)]));
  const hex = toHex(bytes.subarray(0, 700));
  const [, width = '', height = ''] = /b082(....)ba82(....)/.exec(hex) ?? [];
  const clusters = parseSession(bytes);
  const known = [...KNOWN].filter(([record]) => hex.includes(record)).map(([, name]) => name);
  return {
    record: known.join(' '),
    size: `${Number.parseInt(width, 16)}×${Number.parseInt(height, 16)}`,
    timecodes: clusters.map((cluster) => cluster.timecode),
    marked: clusters.at(-1)?.marked ?? false,
    status: stream.readStatus,
  };
}

/** Statuses of a session that has ended, and of one that waits for more. */
export const OVER = STATUS.STATUS_END_OF_STREAM;
export const MORE_TO_COME = STATUS.STATUS_NO_MORE_DATA_AVAILABLE;

export class Camera {
  readonly stream: CoreStream;
  readonly store: Fixture['store'];
  readonly #framing: Framing;
  #number = 0;

  constructor(fixture: Fixture, framing: Framing = 'avcc') {
    this.store = fixture.store;
    this.stream = fixture.stream;
    this.#framing = framing;
  }

  /** Puts a key frame at this time, with these units in front of its slice. */
  key(timeMs: number, sets: ParameterSets, units: readonly Uint8Array[] = sets.units, trackNumber = 1): number {
    const data = framed(this.#framing, [...units, slice(sets.codec, true, this.#number++)]);
    return this.stream.putFrame(trackNumber, data, FRAME_FLAG.key, timeMs * 1000, timeMs * 1000, 1000);
  }

  delta(timeMs: number, units: readonly Uint8Array[] = []): number {
    const data = framed(this.#framing, [...units, slice('h264', false, this.#number++)]);
    return this.stream.putFrame(1, data, 0, timeMs * 1000, timeMs * 1000, 1000);
  }

  get changes(): number {
    return this.stream.stats.codecPrivateDataChanges;
  }
}

export function config(codec: 'h264' | 'h265', nal: NalAdaptation, given?: Uint8Array): Partial<CoreStreamConfig> {
  return {
    nal,
    adaptCodecPrivateData: nal !== 'avcc-to-annexb',
    contentType: `video/${codec}`,
    tracks: [
      {
        trackNumber: 1,
        trackId: 1,
        kind: 'video',
        codecId: codec === 'h264' ? 'V_MPEG4/ISO/AVC' : 'V_MPEGH/ISO/HEVC',
        ...(given === undefined ? {} : { codecPrivateData: given }),
      },
    ],
  };
}
