/** Walks over every stream of an index in bounded pages. */

import type { StreamIndex, StreamRow } from '../storage.ts';

const PAGE_LENGTH = 1000;

/** Yields all streams in name order; streams made or removed meanwhile may or may not be among them. */
export async function* allStreams(streams: StreamIndex): AsyncGenerator<StreamRow, void, undefined> {
  let page = await streams.listStreams({ limit: PAGE_LENGTH });
  for (;;) {
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_LENGTH) return;
    page = await streams.listStreams({ limit: PAGE_LENGTH, afterName: last.name });
  }
}
