/** What the service has of a stream, through the consumer. */
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { type MergedFragment, mergeSegments } from '../../sdk/consumer/merge.ts';
import type { MediaFragment } from '../../sdk/consumer/media-types.ts';
import { Core } from '../../sdk/core/core.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';

const LIMIT_MS = 60_000;
export const REGION = 'us-west-2';

const platform = createNodePlatform({ logLevel: 'error' });

function openMedia(endpoint: string, streamName: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const target = { platform, region: REGION, endpoint, credentials: staticCredentials(DEVELOPMENT_CREDENTIALS) };
  return getMedia(target, streamName, { type: 'EARLIEST' }, { signal });
}

/** Fragments from the earliest on, until `isEnough` says so. Rejects when that takes longer than a minute. */
export async function readBack(
  endpoint: string,
  streamName: string,
  isEnough: (fragments: readonly MediaFragment[]) => boolean,
): Promise<MediaFragment[]> {
  const body = await openMedia(endpoint, streamName, AbortSignal.timeout(LIMIT_MS));
  const fragments: MediaFragment[] = [];
  for await (const fragment of readFragments(Core.create(await platform.loadCore()), body)) {
    fragments.push(fragment);
    if (isEnough(fragments)) break;
  }
  return fragments;
}

/** Everything the service has of a stream, as one Matroska file. */
export async function mergedFile(endpoint: string, streamName: string): Promise<Uint8Array> {
  const body = await openMedia(endpoint, streamName, AbortSignal.timeout(LIMIT_MS));
  const pieces: Uint8Array[] = [];
  const until = ({ millisBehindNow }: MergedFragment): boolean => millisBehindNow === 0;
  for await (const piece of mergeSegments(Core.create(await platform.loadCore()), body, { until, rebase: true }))
    pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
