/** A limit with both sides of its edge, and what rows about streams have in common. */
import type { Core } from '../../../sdk/core/core.ts';
import type { CoreStreamConfig, CoreTrack } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { statusName } from '../../../sdk/status.ts';
import type { StatusName } from '../../../sdk/status.ts';
import { PLAIN_VIDEO, putAt, readAll, toHex } from '../../support/core-fixture.ts';

/** What happens at one side of an edge, named by the value it happens with. */
export type Edge<T> = Readonly<Record<string, (core: Core) => T>>;

export interface LimitRow {
  /** Name and value as docs/limits.md has them. */
  readonly limit: string;
  readonly value: string;
  readonly status: StatusName;
  readonly number: number;
  /** Accepted; each asserts that the result is right. */
  readonly inside: Edge<void>;
  /** Refused: throws a KvsError, or returns minus a status. */
  readonly outside: Edge<unknown>;
}

/** What a call at the outside came to: the status's name, or what it returned. */
export function outcomeOf(call: () => unknown): string {
  try {
    const result = call();
    return typeof result === 'number' && result < 0 ? statusName(-result) : `accepted with ${String(result)}`;
  } catch (error) {
    if (error instanceof KvsError) return error.code;
    throw error;
  }
}

export const VIDEO: CoreTrack = { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_TEST' };
export const AUDIO: CoreTrack = {
  trackNumber: 1,
  trackId: 1,
  kind: 'audio',
  codecId: 'A_TEST',
  samplingFrequencyHz: 8000,
};

/** Runs with a stream of its own, in a store of its own. */
export function withStream<T>(core: Core, settings: Partial<CoreStreamConfig>, run: (stream: CoreStream) => T): T {
  const store = core.openStore(1 << 16);
  try {
    return run(store.openStream({ ...PLAIN_VIDEO, tracks: [VIDEO], ...settings }));
  } finally {
    store.dispose();
  }
}

/** The bytes of a stream with one key frame. */
export function streamBytes(core: Core, settings: Partial<CoreStreamConfig> = {}): string {
  return withStream(core, settings, (stream) => {
    stream.beginSession();
    stream.putFrame(settings.tracks?.[0]?.trackNumber ?? 1, Uint8Array.of(1), 1, 0, 0, 0);
    return toHex(readAll(stream));
  });
}

/** Opens a stream that is to be refused. */
export const opening =
  (settings: Partial<CoreStreamConfig>) =>
  (core: Core): string =>
    streamBytes(core, settings);

/** Opens a stream of one track that differs in something. */
export const openingTrack = (track: Partial<CoreTrack>): ((core: Core) => string) =>
  opening({ tracks: [{ ...VIDEO, ...track }] });

/** Runs with a stream whose first frame is at 0, read up to there. */
export function withStarted<T>(core: Core, settings: Partial<CoreStreamConfig>, run: (stream: CoreStream) => T): T {
  return withStream(core, settings, (stream) => {
    stream.beginSession();
    putAt(stream, 0, true);
    readAll(stream);
    return run(stream);
  });
}

/** UTF-8 as hexadecimal. */
export const textHex = (text: string): string => toHex(new TextEncoder().encode(text));
